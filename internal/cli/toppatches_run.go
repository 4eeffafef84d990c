package cli

import (
	"context"
	"errors"
	"fmt"

	"bagnet"
	"bagnet/internal/hint"
	"bagnet/internal/pipeline"
	"bagnet/internal/predictions"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
	"bagnet/internal/toppatches"
)

// topPatchesRun puts images through the network and ranks their patches.
type topPatchesRun struct {
	*topPatchesReport
	recording[toppatches.Record, *toppatches.Record]
	net     *opened
	options *topPatchesOptions
	asked   []bagnet.Class // for; none for the one image's likeliest
}

// settings are what a record depends on beside the model.
func (r *topPatchesRun) settings() any {
	o := r.options
	return struct {
		Command           string
		Classes           []int
		N, PerImage       int
		Overlap           float64
		Lowest            bool
		Stride            int
		Pictures, Context bool
		Mistakes          bool `json:",omitempty"` // so that records of before there was it stay good
	}{"top-patches", r.Classes, o.n, o.perImage, o.overlap, o.lowest, o.stride, r.Pictures, r.Context, o.mistakes}
}

// run ranks the patches of all images.
func (r *topPatchesRun) run(ctx context.Context) error {
	r.Mismatch, r.Measure, r.Take, r.failure = r.damage, r.compute, r.rank, r.fail
	if err := r.recording.run(ctx); err != nil {
		return err
	}
	if err := r.options.saved.finish(ctx, r.recording.streams, r.saved, r.tally, r.Truth.Counts()); err != nil {
		return err
	}
	if r.options.mistakes && r.Images > 0 && r.Truth.Known == 0 && r.saved.part == nil {
		return hint.Add(noneKnown(fmt.Errorf, r.Images), "--mistakes are images of other classes: name directories after classes, or give --truth")
	}
	if r.Images > 0 && r.saved.part == nil {
		if err := r.topPatchesReport.finish(ctx); err != nil {
			return err
		}
	}
	return r.outcome(ctx, r.recording.streams)
}

// damage says why a record is none that the run could make.
func (r *topPatchesRun) damage(_ *results.Trial, record *toppatches.Record) string {
	if !record.Valid(len(r.net.classes)) {
		return "it is damaged"
	}
	return ""
}

// compute computes the patches of one picture. What is ranked is their values: with
// --lowest, the negative ones.
func (r *topPatchesRun) compute(ctx context.Context, p *pipeline.Picture, record *toppatches.Record) error {
	limitMemory(p.Width*p.Height, r.net.memory)
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	patches, err := r.net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{Classes: r.asked, Stride: r.options.stride, Progress: bar.Set})
	if err != nil {
		return advise(err)
	}
	if r.options.lowest {
		toppatches.Negate(patches)
	}
	record.Computed = patches
	return nil
}

// rank ranks the patches of one picture.
func (r *topPatchesRun) rank(t *results.Trial, record *toppatches.Record) (err error) {
	truth := r.Truth.Of(t.Image)
	if err := refusal(r.Truth); err != nil && len(r.options.truth) > 0 {
		return pipeline.Ending(err)
	}
	if record.Computed != nil {
		record.Found, err = r.AddPatches(t.Path, record.Computed, t.Picture.Pixels, truth)
		record.Computed = nil
		return err
	}
	if record.Truth != truth {
		return pipeline.Ending(usageErrorf("--resume: the true class of %q was another: give the --truth and the images of the interrupted run", t.Path))
	}
	return pipeline.Ending(r.AddFound(t.Path, record.Found))
}

// fail says in JSON that an image failed.
func (r *topPatchesRun) fail(t *results.Trial, record *toppatches.Record) error {
	if r.flags.format.Value != formatJSON || r.saved.part != nil {
		return nil
	}
	return writeJSON(r.recording.streams, predictions.NewFailure(t.Path, errors.New(record.Error)))
}
