package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
	"github.com/spf13/pflag"

	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// eachCommand calls do for cmd and all commands below it.
func eachCommand(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		eachCommand(sub, do)
	}
}

// showValue makes a man page show what a flag takes if it has no default:
// --crop=N|none for --crop=, --class=CLASS for --class=[].
func showValue(flag *pflag.Flag) {
	if flag.NoOptDefVal != "" || flag.DefValue != "" && flag.DefValue != "[]" {
		return
	}
	if flag.DefValue, _ = pflag.UnquoteUsage(flag); flag.DefValue == "" {
		flag.DefValue = "VALUE"
	}
	flag.Value = unquoted{flag.Value}
}

// unquoted is a value that man pages put no quotes around.
type unquoted struct{ pflag.Value }

func (unquoted) Type() string { return "" }

func newManCmd(s *terminal.Streams) *cobra.Command {
	return &cobra.Command{
		Use:     "man DIR",
		Short:   "Write the man pages into a directory",
		Long:    "Write one man page for each command into DIR, which is made if need be.",
		Example: "  bagnet man pages && man -l pages/bagnet-heatmap.1",
		Args:    cobra.ExactArgs(1),
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return fmt.Errorf("writing man pages: %w", err)
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			eachCommand(root, func(cmd *cobra.Command) {
				cmd.Long = text.Markdown(cmd.Long)
				cmd.LocalFlags().VisitAll(showValue)
			})
			header := &doc.GenManHeader{Section: "1", Source: "bagnet " + build().Version, Manual: "bagnet"}
			if err := doc.GenManTree(root, header, dir); err != nil {
				return fmt.Errorf("writing man pages: %w", err)
			}
			s.Notef("wrote man pages to %s", text.Path(dir))
			return nil
		}),
	}
}
