package cli

import (
	"context"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/grid"
	"bagnet/internal/pipeline"
	"bagnet/internal/ranking"
	"bagnet/internal/terminal"
)

// topPatchesRun ranks the patches of many images.
type topPatchesRun struct {
	streams *terminal.Streams
	net     *opened
	options *topPatchesOptions
	asked   []bagnet.Class // for; none for the one image's likeliest
	classes []class.Class  // ranked; empty until that is known
	truth   *dataset.Truth
	sheets  *sheets // nil if none are drawn
	bar     *terminal.Progress

	ranking.Collection
}

// measure computes the patches of one picture. What is ranked is their values: with
// --lowest, the negative ones.
func (r *topPatchesRun) measure(ctx context.Context, p pipeline.Picture) (*bagnet.Patches, error) {
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	patches, err := r.net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{Classes: r.asked, Stride: r.options.stride, Progress: bar.Set})
	if err == nil && r.options.lowest {
		values := patches.Values.Float32s()
		for i := range values {
			values[i] = -values[i]
		}
	}
	return patches, err
}

// take ranks the patches of one picture.
func (r *topPatchesRun) take(p pipeline.Picture, patches *bagnet.Patches) error {
	if r.Lists == nil {
		r.begin(patches.Classes)
	}
	truth := r.truth.Of(p.Image)
	if err := refusal(r.truth); err != nil && len(r.options.truth) > 0 {
		return ending(err)
	}
	size := p.Pixels.Size()
	m := ranking.Map{Grid: grid.Grid(patches.Grid), Values: patches.Values.Float32s(), Classes: len(patches.Classes), Height: size.Y, Width: size.X}
	r.Add(p.Path, m, p.Pixels.Picture(), truth, patches.Answer.Best())
	return nil
}

// begin makes the lists of the classes that the first image was mapped for.
func (r *topPatchesRun) begin(classes []bagnet.Class) {
	r.classes = nil
	var indices []int
	for _, ranked := range classes {
		r.classes, indices = append(r.classes, class.Class(ranked)), append(indices, ranked.Index)
	}
	r.Begin(indices)
}
