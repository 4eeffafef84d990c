package cli

import (
	"context"
	"fmt"
	"iter"

	"bagnet/internal/certificate"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/output"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// summaryRun certifies the answers to images of known classes, and counts them.
type summaryRun struct {
	streams *terminal.Streams
	source  *source
	options *certifyOptions
	truth   *dataset.Truth
	counts  *certificate.Counts
	saved   *results.File // nil without --records
	runID   string        // of its records
	bar     *terminal.Progress

	tally
	unlabelled int
}

// summarize reports on images of known classes.
func summarize(ctx context.Context, s *terminal.Streams, o *certifyOptions, src *source, truth *dataset.Truth) error {
	r := &summaryRun{streams: s, source: src, options: o, truth: truth, counts: certificate.NewCounts(o.settings, src.net.classes)}
	r.bar = terminal.NewProgress(s, src.inputs.Total)
	trials, err := labelled(s, src.inputs, truth)
	if err != nil {
		return err
	}
	if o.records != "" {
		if r.runID, err = src.net.identity(ctx, src.decoder.Options, o.settings); err != nil {
			return err
		}
		if r.saved, err = o.results.open(s, certificatesKind, o.records); err != nil {
			return err
		}
		defer r.saved.Abandon()
	}
	return r.run(ctx, trials)
}

// run certifies the trials and prints the report. It returns alreadyReported if some of
// them failed, and the context's error if it was interrupted; the report and the files are
// then about what was finished.
func (r *summaryRun) run(ctx context.Context, trials iter.Seq[results.Trial]) error {
	defer r.bar.Hide()
	protocol := &results.Protocol[certificate.Record]{
		File: r.saved, Run: r.runID, Decoder: r.source.decoder, Workers: r.options.model.threads,
		Mismatch: func(t *results.Trial, record *certificate.Record) string {
			return r.options.settings.Mismatch(t, record, len(r.source.net.classes))
		},
		Measure: r.measure, Take: r.take,
	}
	if err := protocol.Each(ctx, trials); err != nil && ctx.Err() == nil {
		return err
	}
	r.bar.Hide()
	interrupted := ctx.Err() != nil
	if !interrupted {
		if r.source.inputs.Total < 0 {
			r.truth.Report(r.streams.Warnf)
		}
		if r.unlabelled > 0 && r.unlabelled == r.done-r.failed {
			return noneKnown(fmt.Errorf, r.unlabelled)
		}
	}
	if err := finishResults(r.saved, interrupted); err != nil {
		return err
	}
	report := r.counts.Report(certificate.Run{
		Model: r.source.net.Name(), Images: r.done, Failed: r.failed, Unlabelled: r.unlabelled, Interrupted: interrupted})
	plotErr := r.plot(report)
	if err := r.print(report); err != nil {
		return err
	}
	if plotErr != nil {
		return plotErr
	}
	return r.outcome(ctx, r.streams)
}

// measure makes the record of one image.
func (r *summaryRun) measure(ctx context.Context, t *results.Trial) *certificate.Record {
	record := &certificate.Record{Head: results.Head{Path: t.Path, Run: r.runID}}
	err := t.Err
	if err == nil {
		err = t.Picture.Err
	}
	if t.Class != class.None {
		record.Label = &r.source.net.classes[t.Class]
	}
	if err == nil {
		limitMemory(t.Picture.Width * t.Picture.Height)
		var found *certificate.Image
		if found, err = r.options.settings.Certify(ctx, r.source.net.Model, t.Picture.Pixels, record.Label); err == nil {
			record.Image = *found
		}
	}
	if err != nil {
		record.Error = advise(err).Error()
	}
	return record
}

// take counts the record of one image, nil if its class is not known.
func (r *summaryRun) take(t *results.Trial, record *certificate.Record) {
	defer r.bar.Step()
	r.done++
	switch {
	case record == nil:
		r.unlabelled++
	case record.Error != "":
		r.failed++
		r.bar.Hide()
		r.streams.Errorf("%s: %s", text.Path(t.Path), record.Error)
	default:
		r.counts.Add(&record.Image)
	}
}

// plot draws the report wherever it was asked for. That of an interrupted run replaces
// nothing.
func (r *summaryRun) plot(report *certificate.Report) error {
	for _, path := range r.options.plots {
		if report.Interrupted && output.Exists(path) {
			r.streams.Notef("interrupted: %s stays as it was", text.Path(path))
			continue
		}
		drawn, err := report.Figure().Draw(output.Extension(path))
		if err != nil {
			return fmt.Errorf("writing %q: %w", path, err)
		}
		if err := output.WriteFile(path, drawn); err != nil {
			return err
		}
	}
	return nil
}

// print prints the report.
func (r *summaryRun) print(report *certificate.Report) error {
	if r.options.format.Value == formatJSON {
		return writeJSON(r.streams, report)
	}
	return r.streams.Write(report.Text("--format json has all"))
}
