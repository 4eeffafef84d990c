package cli

import (
	"context"
	"iter"

	"github.com/spf13/cobra"

	"bagnet/internal/certificate"
	"bagnet/internal/dataset"
	"bagnet/internal/flagvalue"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
)

// certifyFlags say what becomes of a summary of certificates.
type certifyFlags struct {
	plot   plotFlags
	format flagvalue.Choice
}

func (f *certifyFlags) register(cmd *cobra.Command) {
	f.plot.register(cmd, "with --summary: draw accuracy over the size of the sticker in `FILE.png|FILE.svg|FILE.pdf` (repeatable)", "methods")
	registerChoice(cmd, &f.format, "format", "how to print results", formatText, formatJSON)
}

// certifyReport counts certificates of images of known classes, and reports.
type certifyReport struct {
	labelledReport
	flags  *certifyFlags
	counts *certificate.Counts
	about  certificate.About
}

// summaryRun certifies the answers to images of known classes.
type summaryRun struct {
	certifyReport
	source  *source
	options *certifyOptions
	truth   *dataset.Truth
	saved   *saved
}

// summarize reports on images of known classes.
func summarize(ctx context.Context, s *terminal.Streams, o *certifyOptions, src *source, truth *dataset.Truth) error {
	r := &summaryRun{source: src, options: o, truth: truth}
	r.certifyReport = certifyReport{labelledReport: labelledReport{streams: s}, flags: &o.report,
		counts: certificate.NewCounts(o.settings, src.net.classes), about: certificate.About{Model: src.net.Name(), Classes: src.net.classes, Settings: o.settings}}
	var err error
	if r.about.Sampling, err = o.sample.choose(ctx, src, &o.saved); err != nil {
		return err
	}
	r.bar = terminal.NewProgress(s, src.inputs.Total)
	trials, err := labelled(s, src.inputs, truth)
	if err != nil {
		return err
	}
	if err := src.sideBySide(s, src.net.info.Strides[0]); err != nil {
		return err
	}
	if r.saved, err = o.saved.begin(ctx, s, src, "certify", o.settings, r.about); r.saved == nil {
		return err
	}
	defer r.saved.abandon()
	return r.run(ctx, trials)
}

// run certifies the trials and reports, or finishes the shard's part. It returns
// alreadyReported if some of them failed, and the context's error if it was interrupted;
// the report and the files are then about what was finished.
func (r *summaryRun) run(ctx context.Context, trials iter.Seq[results.Trial]) error {
	defer r.bar.Hide()
	protocol := &results.Protocol[certificate.Record]{
		File: r.saved.file, Run: r.saved.run, Decoder: r.source.decoder, Workers: r.source.threads, Passes: r.source.net.passes,
		Mismatch: func(t *results.Trial, record *certificate.Record) string {
			return r.options.settings.Mismatch(t, record, len(r.source.net.classes))
		},
		Measure: func(ctx context.Context, t *results.Trial) *certificate.Record {
			limitMemory(t.Picture.Width*t.Picture.Height, r.source.net.memory)
			return r.options.settings.Measure(ctx, r.source.net.Model, r.source.net.classes, t, r.saved.run, advise)
		},
		Take: func(t *results.Trial, record *certificate.Record) error { r.take(t.Path, record); return nil },
	}
	if err := protocol.Each(ctx, trials); err != nil && ctx.Err() == nil {
		return err
	}
	r.bar.Hide()
	return r.conclude(ctx, r.source, r.truth, &r.options.saved, r.saved, r.truth.Counts(), r.publish)
}

// take counts the record of one image, nil if its class is not known.
func (r *certifyReport) take(path string, record *certificate.Record) {
	if record == nil {
		r.skip()
		return
	}
	if r.count(path, record.Error); record.Error == "" {
		r.counts.Add(&record.Image)
	}
}

// publish draws and prints the report.
func (r *certifyReport) publish(interrupted bool) (drawing, printing error) {
	report := r.counts.Report(certificate.Run{
		Model: r.about.Model, Images: r.done, Failed: r.failed, Unlabelled: r.unlabelled, Interrupted: interrupted, Sampling: r.about.Sampling})
	drawing = drawEach(r.streams, r.flags.plot.plots, interrupted, r.flags.plot.drawn(report.Figure()).Draw)
	return drawing, r.print(report)
}

// print prints the report.
func (r *certifyReport) print(report *certificate.Report) error {
	if r.flags.format.Value == formatJSON {
		return writeJSON(r.streams, report)
	}
	return r.streams.Write(report.Text("--format json has all"))
}
