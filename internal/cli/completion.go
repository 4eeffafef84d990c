package cli

import (
	_ "embed"
	"io"

	"github.com/spf13/cobra"
)

// bashWithoutPackage is what Cobra's bash script needs where the package
// bash-completion, which it takes for granted, is not there.
//
//go:embed completion.bash
var bashWithoutPackage string

// completeWithoutPackage makes `completion bash` print that first.
func completeWithoutPackage(bash *cobra.Command) {
	script := bash.RunE
	bash.RunE = func(cmd *cobra.Command, args []string) error {
		if _, err := io.WriteString(cmd.OutOrStdout(), bashWithoutPackage); err != nil {
			return err
		}
		return script(cmd, args)
	}
}
