package cli

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

func newManCmd(s *streams) *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the man pages into a directory",
		Long:   "Write one man page for each command into DIR, which is made if need be.",
		Args:   cobra.ExactArgs(1),
		Hidden: true,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			dir := args[0]
			if err := os.MkdirAll(dir, 0o777); err != nil {
				return fmt.Errorf("writing man pages: %w", err)
			}
			root := cmd.Root()
			root.DisableAutoGenTag = true
			number, _ := buildOf(recordedBuild())
			header := &doc.GenManHeader{Section: "1", Source: "bagnet " + number, Manual: "bagnet"}
			if err := doc.GenManTree(root, header, dir); err != nil {
				return fmt.Errorf("writing man pages: %w", err)
			}
			s.notef("wrote man pages to %s", displayPath(dir))
			return nil
		}),
	}
}
