package cli

import (
	"github.com/spf13/cobra"

	"bagnet/internal/hint"
	"bagnet/internal/parts"
	"bagnet/internal/terminal"
)

func newMergeCmd(s *terminal.Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "merge COMMAND PART...",
		Short: "Put together what shards of a run have found",
		Long: `Put together the parts that the shards of a run wrote (--shard, --part), as if one
run had made it all: the same report, files and sheets. Parts have all that is
needed: no model and no images.

PART is a file, or a directory of them. Parts that are missing, that are there
twice, or that belong to another run are named, and nothing is written.`,
		Args: cobra.NoArgs,
	}
	cmd.AddCommand(newMergeEvaluateCmd(s), newMergeTopPatchesCmd(s), newMergePatchesCmd(s), newMergeCertifyCmd(s))
	return cmd
}

// openParts opens the parts of a command's run that the arguments name.
func openParts(command string, args []string) (parts.Set, error) {
	if len(args) == 0 {
		return nil, hint.Add(usageErrorf("no parts given"), "give the files that --part named, or their directory")
	}
	return parts.OpenAll(command, args)
}
