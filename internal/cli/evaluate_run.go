package cli

import (
	"context"
	"iter"

	"bagnet/internal/dataset"
	"bagnet/internal/evaluation"
	"bagnet/internal/results"
)

// evaluateRun puts images of known classes through the network.
type evaluateRun struct {
	*evaluateReport
	source  *source
	options *evaluateOptions
	truth   *dataset.Truth
	saved   *saved

	times results.Times
}

// run evaluates the trials and reports, or finishes the shard's part. It returns
// alreadyReported if some of them failed, and the context's error if it was interrupted.
func (r *evaluateRun) run(ctx context.Context, trials iter.Seq[results.Trial]) error {
	r.times.Start()
	defer r.bar.Hide()
	protocol := &results.Protocol[evaluation.Record]{
		File: r.saved.file, Run: r.saved.run, Decoder: r.source.decoder, Workers: r.source.threads, Passes: r.source.net.passes,
		Mismatch: func(t *results.Trial, record *evaluation.Record) string { return record.Mismatch(t, r.sums.Chosen) },
		Measure:  r.measure, Take: r.take,
	}
	if err := protocol.Each(ctx, trials); err != nil && ctx.Err() == nil {
		return err
	}
	r.sums.Measured, r.sums.Took = r.times.Measured, r.times.Span()
	r.bar.Hide()
	r.streams.Detailf("%s", r.times.Text(r.done))
	counts := evaluation.Counts{Counts: r.truth.Counts(), Measured: r.sums.Measured, Seconds: r.sums.Took.Seconds()}
	return r.conclude(ctx, r.source, r.truth, &r.options.saved, r.saved, counts, r.publish)
}

// measure makes the record of one image.
func (r *evaluateRun) measure(ctx context.Context, t *results.Trial) *evaluation.Record {
	return evaluation.Measure(ctx, r.source.net.Model, r.source.net.classes, r.sums.Chosen, t, r.saved.run)
}

// take counts the record of one image, nil if its class is not known, and its time.
func (r *evaluateRun) take(t *results.Trial, record *evaluation.Record) error {
	r.times.Add(t, record != nil && record.Error == "")
	r.evaluateReport.take(t, record)
	return nil
}
