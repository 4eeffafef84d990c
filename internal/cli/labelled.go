package cli

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"

	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// labelledReport counts images of known classes, and says which of them failed.
type labelledReport struct {
	streams *terminal.Streams
	bar     *terminal.Progress

	tally
	unlabelled int
}

// skip counts an image whose class is not known.
func (r *labelledReport) skip() {
	r.unlabelled++
	r.count("", "")
}

// count counts the image at path, which failed unless reason is "".
func (r *labelledReport) count(path, reason string) {
	r.done++
	if reason != "" {
		r.failed++
		r.bar.Hide()
		r.streams.Errorf("%s: %s", text.Path(path), reason)
	}
	r.bar.Step()
}

// finish calls save, which puts the results in their place, and publish, which draws and
// prints. It returns alreadyReported if images failed, and ctx's error if the run was
// interrupted; the report and the files are then about what was finished.
func (r *labelledReport) finish(ctx context.Context, save func() error, publish func(interrupted bool) (drawing, printing error)) error {
	interrupted := ctx.Err() != nil
	if !interrupted && r.unlabelled > 0 && r.unlabelled == r.done-r.failed {
		return noneKnown(fmt.Errorf, r.unlabelled)
	}
	if err := save(); err != nil {
		return err
	}
	drawing, printing := publish(interrupted)
	if printing != nil {
		return printing
	}
	if drawing != nil {
		return drawing
	}
	return r.outcome(ctx, r.streams)
}

// conclude ends a run on the images of a source, or on a shard's: what was found is put in its
// place, with what end says of it, and published unless it is for merging to publish.
func (r *labelledReport) conclude(ctx context.Context, src *source, truth *dataset.Truth, flags *savedFlags, saved *saved, end any, publish func(interrupted bool) (drawing, printing error)) error {
	if src.inputs.Total < 0 && ctx.Err() == nil {
		truth.Report(r.streams.Warnf)
	}
	save := func() error { return flags.finish(ctx, r.streams, saved, r.tally, end) }
	if saved.part == nil {
		return r.finish(ctx, save, publish)
	}
	if err := save(); err != nil {
		return err
	}
	return r.outcome(ctx, r.streams)
}

// labelled yields the images with their classes. What is wrong with all of
// them is said before any work is done, if all are known by then.
func labelled(s *terminal.Streams, images *dataset.Images, truth *dataset.Truth) (iter.Seq[results.Trial], error) {
	all := cmp.Or(images.Whole, images)
	if err := truth.InOrder(all.Total, all.Paths()); err != nil {
		return nil, err
	}
	trials := results.Labelled(images.Seq, func(in dataset.Image) (int, error) { return truth.Of(in), refusal(truth) })
	if images.Total < 0 {
		return trials, nil
	}
	labelled := slices.Collect(trials)
	if err := noneThere(s, all.Seq); err != nil {
		return nil, err
	}
	if err := refusal(truth); err != nil {
		return nil, err
	}
	truth.Report(s.Warnf)
	if n := truth.Unlabelled(); n > 0 && n == len(labelled) && images.Whole == nil {
		return nil, noneKnown(usageErrorf, n)
	}
	return slices.Values(labelled), nil
}

// noneKnown makes the error of a run that has nothing to evaluate.
func noneKnown(errorf func(string, ...any) error, n int) error {
	return hint.Add(errorf("the true class of none of %s is known", text.Count(n, "image", "images")),
		"name directories after classes (WordNet id, name or number), or list the images in a CSV file of path,label")
}
