package cli

import (
	"github.com/spf13/cobra"

	"bagnet/internal/terminal"
)

func newWordsCmd(s *terminal.Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "words",
		Short: "Train a bag of visual words, the BagNets' ancestor",
		Long: `Train a bag of visual words: patches are described by their gradients and
colours, take the nearest word of a vocabulary, and vote by it. An image's logits
are the means of its patches' votes, as a BagNet's are, so that classify, evaluate,
heatmap, explore, top-patches, patches, certify and the experiments take the file:
-m FILE.`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newWordsTrainCmd(s))
	return cmd
}
