package cli

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"bagnet"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/evaluation"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// evaluating is one run of evaluate: it puts images of known classes through
// the network and counts how it does.
type evaluating struct {
	streams *terminal.Streams
	source  *source
	options *evaluateOptions
	truth   *dataset.Truth
	classes class.Choice
	sums    *evaluation.Evaluation // of classes by their places
	two     *twoClasses            // nil unless there are two
	saved   *resultsFile           // nil without --predictions
	runID   string                 // of its records
	bar     *terminal.Progress

	tally
	unlabelled int
	all        int           // images before --limit
	ran        int           // images that went through the network
	decoding   time.Duration // summed over pictures, which are decoded side by side
	inference  time.Duration
	clock      clock
}

// clock measures from the first image's decoding to the last one's result.
type clock struct {
	begin       sync.Once
	first, last time.Time
}

// trial is an image to evaluate.
type trial struct {
	dataset.Image
	class   int          // the true one, or class.None
	earlier *savedResult // what an earlier run found
	end     error        // why the run cannot go on
}

// attempt is a trial made ready for the network.
type attempt struct {
	trial
	picture pipeline.Picture
}

// limit leaves those images that --limit asks for.
func (e *evaluating) limit(ctx context.Context) error {
	if e.options.limit == 0 {
		return nil
	}
	all, err := e.source.inputs.List(ctx)
	if err != nil {
		return err
	}
	chosen := dataset.Sample(all, e.options.limit, e.options.seed)
	e.all = len(all)
	e.source.inputs = &dataset.Images{Total: len(chosen), Seq: func(yield func(dataset.Image) bool) {
		for _, c := range chosen {
			if !yield(c) {
				return
			}
		}
	}}
	return nil
}

// labelled yields the images with their classes. What is wrong with all of
// them is said before any work is done, if all are known by then.
func (e *evaluating) labelled() (iter.Seq[trial], error) {
	inputs := e.source.inputs
	if err := e.truth.InOrder(inputs.Total, inputs.Paths()); err != nil {
		return nil, err
	}
	trials := func(yield func(trial) bool) {
		for in := range inputs.Seq {
			t := trial{Image: in, class: class.None}
			if in.Err == nil {
				t.class = e.truth.Of(in.Path, in.Root)
				t.end = refusal(e.truth)
			}
			if !yield(t) {
				return
			}
		}
	}
	if inputs.Total < 0 {
		return trials, nil
	}
	all := slices.Collect(trials)
	if err := noneThere(e.streams, all, func(t trial) dataset.Image { return t.Image }); err != nil {
		return nil, err
	}
	if err := refusal(e.truth); err != nil {
		return nil, err
	}
	e.truth.Report(e.streams.Warnf)
	if n := e.truth.Unlabelled(); n > 0 && n == len(all) {
		return nil, noneKnown(usageErrorf, n)
	}
	return slices.Values(all), nil
}

// noneKnown makes the error of a run that has nothing to evaluate.
func noneKnown(errorf func(string, ...any) error, n int) error {
	return hint.Add(errorf("the true class of none of %s is known", text.Count(n, "image", "images")),
		"name directories after classes (WordNet id, name or number), or list the images in a CSV file of path,label")
}

// resumed yields the trials with what the file has on them.
func (e *evaluating) resumed(trials iter.Seq[trial]) iter.Seq[trial] {
	return func(yield func(trial) bool) {
		for t := range trials {
			if (t.class != class.None || t.Err != nil) && t.end == nil {
				t.earlier, t.end = nextResult(e.saved, recordHead{t.Path, e.runID}, func(r *savedResult) string {
					return r.mismatch(t, e.classes)
				})
			}
			if !yield(t) {
				return
			}
		}
	}
}

// prepare decodes the image of a trial that has a class and no result yet.
func (e *evaluating) prepare(t trial) attempt {
	a := attempt{trial: t}
	if t.class != class.None && t.earlier == nil && t.end == nil {
		e.clock.begin.Do(func() { e.clock.first = time.Now() })
		a.picture = e.source.decoder.Decode(t.Image)
	}
	return a
}

// run evaluates the trials and prints the report. It returns alreadyReported
// if some of them failed, and the context's error if it was interrupted; the
// report and the files are then about what was finished.
func (e *evaluating) run(ctx context.Context, trials iter.Seq[trial]) error {
	start := time.Now()
	defer e.bar.Hide()
	if e.saved != nil {
		trials = e.resumed(trials)
	}
	failed := func(err error) attempt { return attempt{trial: trial{end: err}} }
	for a := range pipeline.Ahead(ctx, trials, e.source.decoder.Workers(e.options.model.threads), e.prepare, failed) {
		if err := e.attempt(ctx, a); err != nil {
			if ctx.Err() != nil {
				break
			}
			return err
		}
		e.bar.Step()
	}
	e.bar.Hide()
	e.streams.Detailf("%s in %s: %s decoding (side by side), %s in the network", text.Count(e.done, "image", "images"),
		time.Since(start).Round(time.Millisecond), e.decoding.Round(time.Millisecond), e.inference.Round(time.Millisecond))
	interrupted := ctx.Err() != nil
	if !interrupted {
		if e.source.inputs.Total < 0 {
			e.truth.Report(e.streams.Warnf)
		}
		if e.unlabelled > 0 && e.unlabelled == e.done-e.failed {
			return noneKnown(fmt.Errorf, e.unlabelled)
		}
	}
	if err := e.finishResults(interrupted); err != nil {
		return err
	}
	matrixErr := e.writeConfusions(interrupted)
	if err := e.print(e.report(interrupted)); err != nil {
		return err
	}
	if matrixErr != nil {
		return matrixErr
	}
	return e.outcome(ctx, e.streams)
}

// attempt evaluates one image. Its errors are those that end the run.
func (e *evaluating) attempt(ctx context.Context, a attempt) error {
	if a.end != nil {
		return a.end
	}
	if a.class == class.None && a.Err == nil {
		e.done++
		e.unlabelled++
		return nil
	}
	result := a.earlier
	if result == nil {
		predictions, err := e.classify(ctx, a)
		if err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
		result = &savedResult{recordHead: recordHead{a.Path, e.runID}, Predictions: predictions}
		if a.class != class.None {
			result.Label = &e.source.net.classes[a.class]
		}
		if err != nil {
			result.Error = err.Error()
		}
		if e.saved != nil {
			if err := e.saved.append(result); err != nil {
				return err
			}
		}
	}
	e.done++
	if result.Error != "" {
		e.failed++
		e.bar.Hide()
		e.streams.Errorf("%s: %s", text.Path(a.Path), result.Error)
		return nil
	}
	e.sums.Add(result.of(a.trial, e.classes.Places))
	if e.two != nil {
		e.two.add(e.classes.Places[a.class], result.Predictions, e.source.net.info.Outputs == 1)
	}
	return nil
}

// classify returns what the network says of one image.
func (e *evaluating) classify(ctx context.Context, a attempt) ([]bagnet.Prediction, error) {
	if a.Err != nil {
		return nil, a.Err
	}
	e.decoding += a.picture.Took
	if a.picture.Err != nil {
		return nil, a.picture.Err
	}
	start := time.Now()
	answer, err := e.source.net.Classify(ctx, a.picture.Pixels)
	if err != nil {
		return nil, err
	}
	e.ran++
	e.clock.last = time.Now()
	e.inference += e.clock.last.Sub(start)
	if e.classes.Among != nil {
		answer = answer.Among(e.classes.Among)
	}
	return answer.Top(evaluation.TopFive), nil
}

// seconds is how long the images that went through the network took.
func (e *evaluating) seconds() float64 {
	if e.ran == 0 {
		return 0
	}
	return e.clock.last.Sub(e.clock.first).Seconds()
}

// finishResults puts the --predictions in their place.
func (e *evaluating) finishResults(interrupted bool) error {
	switch {
	case e.saved == nil:
		return nil
	case interrupted:
		return e.saved.interrupt()
	}
	return e.saved.commit()
}

// writeConfusions writes the confusion matrix wherever it was asked for. That
// of an interrupted run replaces nothing.
func (e *evaluating) writeConfusions(interrupted bool) error {
	for _, path := range e.options.confusion {
		if interrupted && output.Exists(path) {
			e.streams.Notef("interrupted: %s stays as it was", text.Path(path))
			continue
		}
		if err := e.writeConfusion(path); err != nil {
			return err
		}
	}
	return nil
}

// predictionsKind is what evaluate calls its results.
var predictionsKind = resultsKind{"--predictions", "predictions", "the model, its class names, the preprocessing or --among"}
