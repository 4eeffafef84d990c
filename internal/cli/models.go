package cli

import (
	"bytes"
	"context"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/library"
	"bagnet/internal/terminal"
)

func newModelsCmd(s *terminal.Streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "models",
		Short: "List, describe, download, verify and convert models",
		Long: `List the models that are known by name, download and verify them, describe a
model, or convert a checkpoint into a file that carries its classes and
preprocessing with it.`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },

		SuggestionsMinimumDistance: 2,
	}
	cmd.AddCommand(newModelsListCmd(s), newModelsInfoCmd(s), newModelsPullCmd(s), newModelsVerifyCmd(s), newModelsPathCmd(s), newModelsConvertCmd(s))
	return cmd
}

func newModelsListCmd(s *terminal.Streams) *cobra.Command {
	var format flagvalue.Choice
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the models that are known by name",
		Long: `List the models that are known by name: what they are, whether they are there,
the size and the SHA-256 of their file (as many digits as are known), and the
licence of the weights. The one marked with * is used when no other is named
($BAGNET_MODEL, if that is one of them).

  embedded      part of this program
  downloaded    in the cache, verified
  downloadable  'bagnet models pull', or using it for the first time, downloads it
  damaged       in the cache, but not the right file
  manual        the weights state no licence: give the path of your own copy

JSON: one object a line.`,
		Args: cobra.NoArgs,
		RunE: withStatus(func(cmd *cobra.Command, _ []string) error {
			return runModelsList(cmd.Context(), s, format.Value)
		}),
	}
	registerChoice(cmd, &format, "format", "how to print the list", formatText, formatJSON)
	return cmd
}

func runModelsList(ctx context.Context, s *terminal.Streams, format string) error {
	var table bytes.Buffer
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	for _, registered := range known.Models {
		m, err := library.List(ctx, registered)
		if err != nil {
			return modelError(err)
		}
		if format == formatJSON {
			if err := writeJSON(s, m); err != nil {
				return err
			}
			continue
		}
		m.Row(w)
	}
	w.Flush() // into memory, which does not fail
	return s.Write(table.Bytes())
}
