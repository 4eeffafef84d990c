package cli

import (
	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/terminal"
)

// registerChoice adds a choice flag whose first allowed word is the default.
func registerChoice(cmd *cobra.Command, c *flagvalue.Choice, name, usage string, allowed ...string) {
	*c = flagvalue.Choice{Value: allowed[0], Allowed: allowed}
	cmd.Flags().Var(c, name, usage)
	complete(cmd, name, cobra.FixedCompletions(allowed, cobra.ShellCompDirectiveNoFileComp))
}

// complete sets how the shell completes a flag, which must exist.
func complete(cmd *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(err)
	}
}

// checkPicture refuses a picture on standard output that has something else there too,
// or is a terminal.
func checkPicture(s *terminal.Streams, output, format string) error {
	switch {
	case output == "-" && format == formatJSON:
		return usageErrorf("-o - and --format json would both write to standard output")
	case output == "-" && terminal.Is(s.Out):
		return usageErrorf("-o - would write a PNG file to the terminal: send it to a file or a program")
	}
	return nil
}
