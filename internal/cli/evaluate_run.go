package cli

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/evaluation"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// evaluateRun puts images of known classes through the network and counts how it does.
type evaluateRun struct {
	streams *terminal.Streams
	source  *source
	options *evaluateOptions
	truth   *dataset.Truth
	classes class.Choice
	sums    *evaluation.Evaluation // of classes by their places
	two     *evaluation.Two        // nil unless there are two
	saved   *results.File          // nil without --predictions
	runID   string                 // of its records
	bar     *terminal.Progress

	tally
	unlabelled int
	all        int           // images before --limit
	ran        int           // images that went through the network
	decoding   time.Duration // summed over pictures, which are decoded side by side
	inference  time.Duration
	first      time.Time // when the first of them began to be decoded
	last       time.Time // when the last one's result was there
}

// limit leaves those images that --limit asks for.
func (r *evaluateRun) limit(ctx context.Context) error {
	if r.options.limit == 0 {
		return nil
	}
	all, err := r.source.inputs.List(ctx)
	if err != nil {
		return err
	}
	chosen := dataset.Sample(all, r.options.limit, r.options.seed)
	r.all = len(all)
	r.source.inputs = &dataset.Images{Total: len(chosen), Seq: slices.Values(chosen)}
	return nil
}

// labelled yields the images with their classes. What is wrong with all of
// them is said before any work is done, if all are known by then.
func labelled(s *terminal.Streams, images *dataset.Images, truth *dataset.Truth) (iter.Seq[results.Trial], error) {
	if err := truth.InOrder(images.Total, images.Paths()); err != nil {
		return nil, err
	}
	trials := func(yield func(results.Trial) bool) {
		for in := range images.Seq {
			t := results.Trial{Image: in, Class: class.None}
			if in.Err == nil {
				t.Class = truth.Of(in.Path, in.Root)
				t.End = refusal(truth)
			}
			if !yield(t) {
				return
			}
		}
	}
	if images.Total < 0 {
		return trials, nil
	}
	all := slices.Collect(trials)
	if err := noneThere(s, all, func(t results.Trial) dataset.Image { return t.Image }); err != nil {
		return nil, err
	}
	if err := refusal(truth); err != nil {
		return nil, err
	}
	truth.Report(s.Warnf)
	if n := truth.Unlabelled(); n > 0 && n == len(all) {
		return nil, noneKnown(usageErrorf, n)
	}
	return slices.Values(all), nil
}

// noneKnown makes the error of a run that has nothing to evaluate.
func noneKnown(errorf func(string, ...any) error, n int) error {
	return hint.Add(errorf("the true class of none of %s is known", text.Count(n, "image", "images")),
		"name directories after classes (WordNet id, name or number), or list the images in a CSV file of path,label")
}

// run evaluates the trials and prints the report. It returns alreadyReported
// if some of them failed, and the context's error if it was interrupted; the
// report and the files are then about what was finished.
func (r *evaluateRun) run(ctx context.Context, trials iter.Seq[results.Trial]) error {
	start := time.Now()
	defer r.bar.Hide()
	protocol := &results.Protocol[evaluation.Record]{
		File: r.saved, Run: r.runID, Decoder: r.source.decoder, Workers: r.options.model.threads,
		Mismatch: func(t *results.Trial, record *evaluation.Record) string { return record.Mismatch(t, r.classes) },
		Measure:  r.measure, Take: r.take,
	}
	if err := protocol.Each(ctx, trials); err != nil && ctx.Err() == nil {
		return err
	}
	r.bar.Hide()
	r.streams.Detailf("%s in %s: %s decoding (side by side), %s in the network", text.Count(r.done, "image", "images"),
		time.Since(start).Round(time.Millisecond), r.decoding.Round(time.Millisecond), r.inference.Round(time.Millisecond))
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
	matrixErr := r.writeConfusions(interrupted)
	if err := r.print(interrupted); err != nil {
		return err
	}
	if matrixErr != nil {
		return matrixErr
	}
	return r.outcome(ctx, r.streams)
}

// finishResults puts a file of results, if there is one, in its place.
func finishResults(f *results.File, interrupted bool) error {
	switch {
	case f == nil:
		return nil
	case interrupted:
		return f.Interrupt()
	}
	return f.Commit()
}

// measure makes the record of one image.
func (r *evaluateRun) measure(ctx context.Context, t *results.Trial) *evaluation.Record {
	record := &evaluation.Record{Head: results.Head{Path: t.Path, Run: r.runID}}
	if t.Class != class.None {
		record.Label = &r.source.net.classes[t.Class]
	}
	var err error
	if err = t.Err; err == nil {
		r.decoding += t.Picture.Took
		if err = t.Picture.Err; err == nil {
			err = r.classify(ctx, t.Picture, record)
		}
	}
	if err != nil {
		record.Error = err.Error()
	}
	return record
}

// classify adds what the network says of a picture to its record.
func (r *evaluateRun) classify(ctx context.Context, p pipeline.Picture, record *evaluation.Record) error {
	start := time.Now()
	answer, err := r.source.net.Classify(ctx, p.Pixels)
	if err != nil {
		return err
	}
	r.last = time.Now()
	if r.ran++; r.ran == 1 {
		r.first = p.Began
	}
	r.inference += r.last.Sub(start)
	if r.classes.Among != nil {
		answer = answer.Among(r.classes.Among)
	}
	record.Predictions = answer.Top(evaluation.TopFive)
	return nil
}

// take counts the record of one image, nil if its class is not known.
func (r *evaluateRun) take(t *results.Trial, record *evaluation.Record) {
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
		r.sums.Add(record.Result(t, r.classes.Places))
		if r.two != nil {
			r.two.Add(r.classes.Places[t.Class], record.Predictions)
		}
	}
}

// writeConfusions writes the confusion matrix wherever it was asked for. That
// of an interrupted run replaces nothing.
func (r *evaluateRun) writeConfusions(interrupted bool) error {
	for _, path := range r.options.confusion {
		if interrupted && output.Exists(path) {
			r.streams.Notef("interrupted: %s stays as it was", text.Path(path))
			continue
		}
		if err := r.writeConfusion(path); err != nil {
			return err
		}
	}
	return nil
}

// print prints the report.
func (r *evaluateRun) print(interrupted bool) error {
	run := evaluation.Run{
		Model: r.source.net.Name(), Images: r.done, Failed: r.failed, Unlabelled: r.unlabelled, Measured: r.ran, Took: r.last.Sub(r.first),
		Interrupted: interrupted, Classes: r.classes, Of: r.all, Ordinal: r.options.ordinal, Two: r.two,
	}
	if r.options.limit > 0 {
		run.Seed = &r.options.seed
	}
	report := r.sums.Report(run)
	if r.options.format.Value == formatJSON {
		return writeJSON(r.streams, report)
	}
	return r.streams.Write(report.Text("--format json has all"))
}
