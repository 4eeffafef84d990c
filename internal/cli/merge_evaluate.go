package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/dataset"
	"bagnet/internal/evaluation"
	"bagnet/internal/parts"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
)

func newMergeEvaluateCmd(s *terminal.Streams) *cobra.Command {
	o := &mergeEvaluateOptions{}
	cmd := &cobra.Command{
		Use:   "evaluate [flags] PART...",
		Short: "Make the report of evaluate from its shards' parts",
		Long: `Make the report of 'bagnet evaluate' from the parts of its shards, and with
--confusion and --predictions what these make of one run. All is equal to that
run's, but for the speed: it is that of one worker, the images over the seconds
that all together took.`,
		Example: `  bagnet evaluate --shard 0/2 --part parts/ imagenette/val
  bagnet evaluate --shard 1/2 --part parts/ imagenette/val
  bagnet merge evaluate --confusion confusion.png --predictions val.ndjson parts/`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runMergeEvaluate(cmd.Context(), s, o, args)
		}),
	}
	o.report.register(cmd)
	cmd.Flags().StringVar(&o.predictions, "predictions", "", "write the answer to each image to `FILE`, a line of JSON each")
	cmd.Flags().BoolVar(&o.results.force, "force", false, "replace the --predictions of an earlier run")
	return cmd
}

// mergeEvaluateOptions are the flags of merge evaluate.
type mergeEvaluateOptions struct {
	report      reportFlags
	predictions string
	results     resultsFlags
}

func runMergeEvaluate(ctx context.Context, s *terminal.Streams, o *mergeEvaluateOptions, args []string) error {
	if err := o.report.check(append([]string{o.predictions}, args...)); err != nil {
		return err
	}
	if err := o.results.check(predictionsKind, o.predictions); err != nil {
		return err
	}
	set, err := openParts("evaluate", args)
	if err != nil {
		return err
	}
	defer set.Close()
	m, err := newEvaluateMerge(s, o, set)
	if err != nil {
		return err
	}
	if o.predictions != "" {
		if m.saved, err = o.results.open(s, predictionsKind, o.predictions); err != nil {
			return err
		}
		defer m.saved.Abandon()
	}
	return m.run(ctx)
}

// evaluateMerge makes the report of what shards have recorded.
type evaluateMerge struct {
	*evaluateReport
	parts  parts.Set
	counts []evaluation.Counts // of each part
	saved  *results.File       // nil without --predictions
}

// newEvaluateMerge reads what the parts say of the run.
func newEvaluateMerge(s *terminal.Streams, o *mergeEvaluateOptions, set parts.Set) (*evaluateMerge, error) {
	var about evaluation.About
	counts, err := parts.Read[evaluation.Counts](set, &about)
	if err != nil {
		return nil, err
	}
	r, err := newEvaluateReport(s, &o.report, about)
	return &evaluateMerge{evaluateReport: r, parts: set, counts: counts}, err
}

// run counts the records of all parts.
func (m *evaluateMerge) run(ctx context.Context) error {
	var counted []dataset.Counts
	for _, c := range m.counts {
		counted = append(counted, c.Counts)
	}
	dataset.Counted(counted...).Report(m.streams.Warnf)
	m.bar = terminal.NewProgress(m.streams, -1)
	defer m.bar.Hide()
	for i, p := range m.parts {
		if err := m.count(ctx, p, m.counts[i]); err != nil {
			return err
		}
	}
	m.bar.Hide()
	return m.finish(ctx, func() error { return finishResults(m.saved, false) }, m.publish)
}

// count counts the records of one part.
func (m *evaluateMerge) count(ctx context.Context, p *parts.Part, counts evaluation.Counts) error {
	damage := func(r *evaluation.Record) string { return r.Damage(m.sums.Chosen) }
	for record, err := range parts.Records(ctx, p, damage) {
		if err != nil {
			return err
		}
		if m.saved != nil {
			if err := m.saved.Append(record); err != nil {
				return err
			}
		}
		m.take(results.TrialOf(record.Path, record.Label), record)
	}
	m.sums.AddPart(counts)
	m.done += counts.Unlabelled()
	m.unlabelled += counts.Unlabelled()
	return nil
}
