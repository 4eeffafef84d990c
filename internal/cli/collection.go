package cli

import (
	"context"
	"image"

	"bagnet"

	"github.com/disintegration/imaging"

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

	images int
	ofEach map[int]int     // images by true class
	lists  []groupsOfLists // by class as in classes
}

// The groups in which patches are ranked, by what is known of their image's
// true class.
const (
	groupCorrect    = iota // it is the class
	groupDistractor        // it is another
	groupAll               // it is not known
	groups
)

var groupNames = [groups]string{"correct", "distractor", "all"}

// groupsOfLists are the best patches of a class in each group.
type groupsOfLists [groups]*ranking.List

// picture ranks the patches of one picture.
func (c *collection) picture(ctx context.Context, p pipeline.Picture) error {
	limitMemory(p.Width * p.Height)
	bar := terminal.NewTileProgress(c.bar)
	defer bar.Hide()
	patches, err := c.net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{Classes: publicClasses(c.classes), Stride: c.options.stride, Progress: bar.Set})
	if err != nil {
		return err
	}
	if c.lists == nil {
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
	c.images++
	c.ofEach[truth]++
	size := p.Pixels.Size()
	grid := ranking.Grid{Values: values, Rows: patches.Rows, Cols: patches.Cols, Classes: len(patches.Classes), Origin: patches.Origin,
		Stride: patches.Stride, Patch: patches.Patch, Height: size.Y, Width: size.X}
	shown := pictureOnce{picture: p.Pixels.Picture(), size: grid.Patch, wanted: c.sheets != nil, context: c.options.context}
	predicted := patches.Answer.Best()
	most := grid.Most()
	for i := range c.classes {
		list := c.lists[i][groupOf(truth, c.classes[i].Index)]
		if most[i] < list.AtLeast() {
			continue
		}
		selection := ranking.Selection{PerImage: min(c.options.perImage, c.options.n), Overlap: c.options.overlap, AtLeast: list.AtLeast()}
		for _, cell := range grid.Strongest(i, selection) {
			patch := &ranking.Patch{Path: p.Path, Cell: cell, Truth: truth, Predicted: predicted}
			if list.Offer(patch) {
				shown.show(patch)
			}
		}
	}
	return nil
}

// begin makes the lists of the classes.
func (c *collection) begin(classes []bagnet.Class) {
	c.classes = c.classes[:0:0]
	c.lists = make([]groupsOfLists, len(classes))
	c.ofEach = map[int]int{}
	for i, ranked := range classes {
		c.classes = append(c.classes, class.Class(ranked))
		for g := range c.lists[i] {
			c.lists[i][g] = ranking.NewList(c.options.n)
		}
	}
}

// groupOf returns the group of a class's patches in images of a true class.
func groupOf(truth, ranked int) int {
	switch truth {
	case class.None:
		return groupAll
	case ranked:
		return groupCorrect
	}
	return groupDistractor
}

// thumbnail bounds the sides of the images that a sheet shows patches in, pixels.
const thumbnail = 264

// pictureOnce cuts the patches that are shown out of a picture, which it reduces
// at most once.
type pictureOnce struct {
	picture *image.NRGBA
	size    int // of a patch
	wanted  bool
	context bool
	reduced *image.NRGBA
}

// show gives p its pictures.
func (o *pictureOnce) show(p *ranking.Patch) {
	if !o.wanted {
		return
	}
	patch := image.Rect(p.X, p.Y, p.X+o.size, p.Y+o.size)
	p.Image = imaging.Crop(o.picture, patch)
	if !o.context {
		return
	}
	if o.reduced == nil {
		o.reduced = imaging.Fit(o.picture, thumbnail, thumbnail, imaging.Box)
	}
	from, to := o.picture.Rect.Size(), o.reduced.Rect.Size()
	p.Context = o.reduced
	p.Outline.Min.X, p.Outline.Max.X = scaled(patch.Min.X, patch.Max.X, from.X, to.X)
	p.Outline.Min.Y, p.Outline.Max.Y = scaled(patch.Min.Y, patch.Max.Y, from.Y, to.Y)
}

// scaled returns where a range of pixels, one or more among from, lies among to
// pixels: at least one of them.
func scaled(a, b, from, to int) (int, int) {
	a = min((2*a*to+from)/(2*from), to-1)
	return a, max((2*b*to+from)/(2*from), a+1)
}
