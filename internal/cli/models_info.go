package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/library"
	"bagnet/internal/terminal"
)

func newModelsInfoCmd(s *terminal.Streams) *cobra.Command {
	var format flagvalue.Choice
	var weights string
	cmd := &cobra.Command{
		Use:   "info [NAME|PATH]",
		Short: "Describe a model",
		Long: `Describe a model: its architecture as read off the weights, its classes, how
images are prepared for it, and the SHA-256 of its file. A BagNet's strides are
not in its weights: "(assumed)" says that nothing else told them, or how images
are prepared. Where its 3x3
convolutions stand is told if not as in BagNet-9, 17 and 33. Without an argument,
the model that classify would use. Models that can be downloaded are described
once they are ('bagnet models pull'). A part of a safetensors checkpoint, or the
index of its parts, stands for all of them; its SHA-256 is that of the parts one
after the other.`,
		Example: `  bagnet models info
  bagnet models info bagnet33
  bagnet models info --format json mine.safetensors | jq .preprocessing`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeModel,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runModelsInfo(cmd.Context(), s, library.Name(strings.Join(args, "")), weights, format.Value)
		}),
	}
	cmd.Flags().StringVar(&weights, "weights", "", "of several networks in the file, describe that under `KEY|PREFIX`")
	registerChoice(cmd, &format, "format", "how to print the description", formatText, formatJSON)
	return cmd
}

func runModelsInfo(ctx context.Context, s *terminal.Streams, nameOrPath, weights, format string) error {
	net, source, err := openFile(ctx, s, nameOrPath, weights, 1)
	if err != nil {
		return err
	}
	defer net.Close()
	digest, err := source.Digest(ctx)
	if err != nil {
		return modelError(err)
	}
	info := net.Describe(digest.SHA256)
	if format == formatJSON {
		return writeJSON(s, info)
	}
	return s.Write(info.Text())
}
