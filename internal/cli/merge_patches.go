package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/evidence"
	"bagnet/internal/flagvalue"
	"bagnet/internal/parts"
	"bagnet/internal/predictions"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

func newMergePatchesCmd(s *terminal.Streams) *cobra.Command {
	var format flagvalue.Choice
	cmd := &cobra.Command{
		Use:   "patches [flags] PART...",
		Short: "Make the index of patches' arrays from its shards' parts",
		Long: `Print what 'bagnet patches' prints about the arrays that its shards wrote, a line
each, in the order of the images. The arrays stay where they are.`,
		Example: `  bagnet patches --shard 0/2 --part parts/ --npy arrays/ holiday/
  bagnet patches --shard 1/2 --part parts/ --npy arrays/ holiday/
  bagnet merge patches --format json parts/ > index.ndjson`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runMergePatches(cmd.Context(), s, format, args)
		}),
	}
	registerChoice(cmd, &format, "format", "how to print what was written", formatText, formatJSON)
	return cmd
}

func runMergePatches(ctx context.Context, s *terminal.Streams, format flagvalue.Choice, args []string) error {
	set, err := openParts("patches", args)
	if err != nil {
		return err
	}
	defer set.Close()
	var t tally
	for _, p := range set {
		for record, err := range parts.Records(ctx, p, (*evidence.Record).Damage) {
			if err != nil {
				return err
			}
			t.done++
			if record.Error == "" {
				err = printRow(s, record.Array, format)
			} else {
				err = t.failure(s, record.Path, record.Error, format.Value)
			}
			if err != nil {
				return err
			}
		}
	}
	return t.outcome(ctx, s)
}

// failure counts and reports an image that failed, as JSON too if that is the format.
func (t *tally) failure(s *terminal.Streams, path, reason, format string) error {
	t.failed++
	s.Errorf("%s: %s", text.Path(path), reason)
	if format != formatJSON {
		return nil
	}
	return writeJSON(s, predictions.Failure{Path: path, Error: reason})
}
