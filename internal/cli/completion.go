package cli

import (
	_ "embed"
	"io"

	"github.com/spf13/cobra"
)

// bashFallback defines what Cobra's script for bash calls and does not define.
//
//go:embed completion.bash
var bashFallback string

// completeInBash makes of Cobra's `completion bash` a script that works without
// the bash-completion package, too.
func completeInBash(cmd *cobra.Command) {
	cmd.Long = `Generate the autocompletion script for the bash shell.

To load completions in your current shell session:

  source <(bagnet completion bash)

To load completions for every new session, put that line into ~/.bashrc; or,
where the bash-completion package is installed, execute once:

  bagnet completion bash > ~/.local/share/bash-completion/completions/bagnet

The script works without that package, which only finds it by itself.`
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		bare, err := cmd.Flags().GetBool("no-descriptions")
		if err != nil {
			return err
		}
		out := cmd.OutOrStdout()
		if err := cmd.Root().GenBashCompletionV2(out, !bare); err != nil {
			return err
		}
		_, err = io.WriteString(out, bashFallback)
		return err
	}
}
