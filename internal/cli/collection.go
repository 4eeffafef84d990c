package cli

import (
	"context"

	"bagnet"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/pipeline"
	"bagnet/internal/ranking"
	"bagnet/internal/terminal"
)

// collection is one run of top-patches: it ranks the patches of many images.
type collection struct {
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
func (c *collection) picture(ctx context.Context, p pipeline.Picture) error {
	limitMemory(p.Width * p.Height)
	bar := terminal.NewTileProgress(c.bar)
	defer bar.Hide()
	patches, err := c.net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{Classes: publicClasses(c.classes), Stride: c.options.stride, Progress: bar.Set})
	if err != nil {
		return err
	}
	if c.Lists == nil {
		c.begin(patches.Classes)
	}
	values := patches.Values.Float32s()
	if c.options.lowest {
		for i := range values {
			values[i] = -values[i]
		}
	}
	truth := c.truth.Of(p.Path, p.Root)
	if err := refusal(c.truth); err != nil && len(c.options.truth) > 0 {
		return ending(err)
	}
	size := p.Pixels.Size()
	c.Add(p.Path, ranking.Grid{Values: values, Rows: patches.Rows, Cols: patches.Cols, Classes: len(patches.Classes), Origin: patches.Origin,
		Stride: patches.Stride, Patch: patches.Patch, Height: size.Y, Width: size.X}, p.Pixels.Picture(), truth, patches.Answer.Best())
	return nil
}

// begin makes the lists of the classes that the first image was mapped for.
func (c *collection) begin(classes []bagnet.Class) {
	c.classes = nil
	var indices []int
	for _, ranked := range classes {
		c.classes, indices = append(c.classes, class.Class(ranked)), append(indices, ranked.Index)
	}
	c.Begin(indices)
}
