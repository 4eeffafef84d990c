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
	classes []class.Class // ranked; empty until the one image's likeliest is known
	truth   *dataset.Truth
	sheets  *sheets // nil if none are drawn
	bar     *terminal.Progress

	ranking.Collection
}

// picture ranks the patches of one picture.
func (r *topPatchesRun) picture(ctx context.Context, p pipeline.Picture) error {
	limitMemory(p.Width * p.Height)
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	patches, err := r.net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{Classes: publicClasses(r.classes), Stride: r.options.stride, Progress: bar.Set})
	if err != nil {
		return err
	}
	if r.Lists == nil {
		r.begin(patches.Classes)
	}
	values := patches.Values.Float32s()
	if r.options.lowest {
		for i := range values {
			values[i] = -values[i]
		}
	}
	truth := r.truth.Of(p.Image)
	if err := refusal(r.truth); err != nil && len(r.options.truth) > 0 {
		return ending(err)
	}
	size := p.Pixels.Size()
	r.Add(p.Path, ranking.Map{Grid: grid.Grid(patches.Grid), Values: values, Classes: len(patches.Classes), Height: size.Y, Width: size.X}, p.Pixels.Picture(), truth, patches.Answer.Best())
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
