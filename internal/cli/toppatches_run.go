package cli

import (
	"context"
	"errors"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/grid"
	"bagnet/internal/pipeline"
	"bagnet/internal/predictions"
	"bagnet/internal/ranking"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
)

// topPatchesRun puts images through the network and ranks their patches.
type topPatchesRun struct {
	*topPatchesReport
	recording[rankedImage, *rankedImage]
	net     *opened
	options *topPatchesOptions
	asked   []bagnet.Class // for; none for the one image's likeliest
}

// rankedImage is the record of a picture.
type rankedImage struct {
	imageRecord
	*ranking.Found

	patches *bagnet.Patches // to be ranked; nil if they are
}

// topPatchesCounts are what there is to say of a shard's images beside their records.
type topPatchesCounts struct {
	Known   int            `json:"known"`   // images whose true class is known
	Unknown map[string]int `json:"unknown"` // the others, by the reason why
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
	}{"top-patches", r.Classes, o.n, o.perImage, o.overlap, o.lowest, o.stride, r.Pictures, r.Context}
}

// run ranks the patches of all images.
func (r *topPatchesRun) run(ctx context.Context) error {
	r.mismatch, r.measure, r.take, r.failure = r.damage, r.compute, r.rank, r.fail
	if err := r.recording.run(ctx); err != nil {
		return err
	}
	counts := topPatchesCounts{r.truth.Known, r.truth.Unknown}
	if err := r.options.saved.finish(ctx, r.recording.streams, r.saved, r.tally, counts); err != nil {
		return err
	}
	if r.Images > 0 && r.saved.part == nil {
		if err := r.topPatchesReport.finish(ctx); err != nil {
			return err
		}
	}
	return r.outcome(ctx, r.recording.streams)
}

// damage says why a record is none that the run could make.
func (r *topPatchesRun) damage(_ *results.Trial, record *rankedImage) string {
	if !record.valid(len(r.net.classes)) {
		return "it is damaged"
	}
	return ""
}

// valid reports whether a network of that many classes can have made the record.
func (record *rankedImage) valid(classes int) bool {
	return record.Found != nil && record.Truth >= class.None && record.Truth < classes && record.Predicted >= 0 && record.Predicted < classes
}

// compute computes the patches of one picture. What is ranked is their values: with
// --lowest, the negative ones.
func (r *topPatchesRun) compute(ctx context.Context, p *pipeline.Picture, record *rankedImage) error {
	limitMemory(p.Width*p.Height, r.net.memory)
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	patches, err := r.net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{Classes: r.asked, Stride: r.options.stride, Progress: bar.Set})
	if err != nil {
		return advise(err)
	}
	if r.options.lowest {
		values := patches.Values.Float32s()
		for i := range values {
			values[i] = -values[i]
		}
	}
	record.patches = patches
	return nil
}

// rank ranks the patches of one picture.
func (r *topPatchesRun) rank(t *results.Trial, record *rankedImage) (err error) {
	truth := r.truth.Of(t.Image)
	if err := refusal(r.truth); err != nil && len(r.options.truth) > 0 {
		return ending(err)
	}
	if record.patches == nil {
		if record.Truth != truth {
			return ending(usageErrorf("--resume: the true class of %q was another: give the --truth and the images of the interrupted run", t.Path))
		}
		return ending(r.AddFound(t.Path, record.Found))
	}
	patches, pixels := record.patches, t.Picture.Pixels
	record.patches = nil
	if r.Lists == nil {
		r.beginPublic(patches.Classes)
	}
	size := pixels.Size()
	m := ranking.Map{Grid: grid.Grid(patches.Grid), Values: patches.Values.Float32s(), Classes: len(patches.Classes), Height: size.Y, Width: size.X}
	record.Found, err = r.Add(t.Path, m, pixels.Picture(), truth, patches.Answer.Best())
	return err
}

// beginPublic is begin with the classes that the one image was mapped for.
func (r *topPatchesRun) beginPublic(classes []bagnet.Class) {
	var all []class.Class
	for _, c := range classes {
		all = append(all, class.Class(c))
	}
	r.begin(all)
}

// fail says in JSON that an image failed.
func (r *topPatchesRun) fail(t *results.Trial, record *rankedImage) error {
	if r.flags.format.Value != formatJSON || r.saved.part != nil {
		return nil
	}
	return writeJSON(r.recording.streams, predictions.NewFailure(t.Path, errors.New(record.Error)))
}
