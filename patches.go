package bagnet

import (
	"context"
	"fmt"
	"image"

	"gorgonia.org/tensor"

	"bagnet/internal/answer"
	"bagnet/internal/model"
)

// PatchOptions say what to compute of each patch. Nil stands for the zero value.
type PatchOptions struct {
	Classes  []Class                // whose logits, known by Index; none for those of Choose
	Choose   func(a Answer) []Class // names the classes when the image's answer is known; nil for the likeliest. It must not use the model.
	Features bool                   // the patches' features instead of logits
	Stride   int                    // pixels between neighbouring patches, one of Info().Strides; 0 for the native one
	Progress func(done, total int)  // called as parts of a large image are done; it must not use the model
}

// Patches are what a BagNet makes of every patch of an image.
type Patches struct {
	Answer  Answer        // to the image
	Classes []Class       // of Values; nil for features
	Values  *tensor.Dense // [Rows, Cols, len(Classes)] logits, or [Rows, Cols, channels] features, float32
	Grid                  // where they are

	picture *image.NRGBA
	model   *Model
	means   []float64 // of each class's values over the native grid
}

// A Grid says where patches lie in an image. Patch (row, col) is centred on pixel
// (x, y) = (Origin+col*Stride, Origin+row*Stride).
//
// The native grid, whose mean is the image's logit, is part of every finer one: its
// rows and columns are First, First+Step, ..., NativeRows and NativeCols of them.
type Grid struct {
	Rows, Cols             int
	Origin, Stride, Patch  int // pixels; Patch is the side of a patch
	First, Step            int
	NativeRows, NativeCols int
}

// Rect returns the pixels that a patch sees. It may reach beyond the image, where the
// network sees zeros: the mean colour of its training data.
func (g Grid) Rect(row, col int) image.Rectangle {
	x, y := g.Origin+col*g.Stride-(g.Patch-1)/2, g.Origin+row*g.Stride-(g.Patch-1)/2
	return image.Rect(x, y, x+g.Patch, y+g.Patch)
}

// Native reports whether a patch is one of the native grid.
func (g Grid) Native(row, col int) bool {
	on := func(i, n int) bool { i -= g.First; return i >= 0 && i%g.Step == 0 && i/g.Step < n }
	return on(row, g.NativeRows) && on(col, g.NativeCols)
}

// NativeCells returns how many patches the native grid has.
func (g Grid) NativeCells() int { return g.NativeRows * g.NativeCols }

// maxArray is the largest array of patches' values computed, bytes: it exists in memory
// as a whole.
const maxArray = 4 << 30

// checkArray refuses an image whose patches, with so many values each, would take more
// than maxArray.
func checkArray(size image.Point, stride, channels int) error {
	if bytes := 4 * int64(size.Y/stride+1) * int64(size.X/stride+1) * int64(channels); bytes > maxArray {
		return arrayError(fmt.Sprintf("an array of %d channels for every %d pixels of %d x %d takes %d MB, more than %d",
			channels, stride, size.X, size.Y, bytes>>20, maxArray>>20))
	}
	return nil
}

type arrayError string

func (e arrayError) Error() string { return string(e) }

func (arrayError) Is(err error) bool { return err == ErrTooLarge }

// Patches returns what the model makes of an image's patches. The error is ErrNoPatches
// for a network that is no BagNet.
func (m *Model) Patches(ctx context.Context, img *Image, o *PatchOptions) (*Patches, error) {
	b := m.net.BagNet
	if b == nil {
		return nil, ErrNoPatches
	}
	if o == nil {
		o = &PatchOptions{}
	}
	stride := o.Stride
	if stride == 0 {
		stride = b.Strides()[0]
	}
	channels := max(1, len(o.Classes))
	if o.Features {
		channels = b.Config().Features()
	}
	if err := checkArray(img.Size(), stride, channels); err != nil {
		return nil, err
	}
	p := &Patches{picture: img.picture, model: m}
	mo := model.MapOptions{Stride: stride, Features: o.Features, Progress: o.Progress, Choose: func(outputs []float32) []int {
		p.Classes = o.choose(newAnswer(outputs, m.classes))
		return m.outputs(p.Classes)
	}}
	if !o.Features {
		p.Classes = o.Classes
		mo.Classes = m.outputs(p.Classes)
	}
	maps, err := b.Maps(ctx, img.pixels, mo)
	if err != nil {
		return nil, err
	}
	if p.Answer, err = m.answer(maps.Logits); err != nil {
		return nil, err
	}
	p.Values = maps.Values
	values, shape := p.Values.Float32s(), p.Values.Shape()
	if !answer.Finite(values) {
		return nil, ErrNotFinite
	}
	p.Grid = Grid{shape[0], shape[1], maps.Origin, maps.Stride, b.Config().PatchSize, maps.First, maps.Step, maps.NativeRows, maps.NativeCols}
	for i, c := range p.Classes {
		mean := maps.NativeMean(i)
		if _, sign := answer.Output(m.net.Architecture().Classes, c.Index); sign != 1 {
			mean *= float64(sign)
			for k := i; k < len(values); k += len(p.Classes) {
				values[k] *= sign
			}
		}
		p.means = append(p.means, mean)
	}
	return p, nil
}

// choose names the classes of an image without any in the options.
func (o *PatchOptions) choose(a Answer) []Class {
	if o.Choose != nil {
		return o.Choose(a)
	}
	return []Class{a.classes[a.Best()]}
}

// outputs are the outputs that some classes are read from.
func (m *Model) outputs(classes []Class) []int {
	var all []int
	for _, c := range classes {
		output, _ := answer.Output(m.net.Architecture().Classes, c.Index)
		all = append(all, output)
	}
	return all
}

// NativeGrid returns where the patches on the native grid lie in an image of w x h
// pixels, which must be as large as a patch. The error is ErrNoPatches for a network
// that is no BagNet.
func (m *Model) NativeGrid(w, h int) (Grid, error) {
	b := m.net.BagNet
	if b == nil {
		return Grid{}, ErrNoPatches
	}
	if err := b.CheckSize(h, w); err != nil {
		return Grid{}, err
	}
	c := b.Config()
	g := Grid{Stride: c.Stride(), Patch: c.PatchSize, Step: 1}
	g.Rows, g.Cols = c.Grid(h, w)
	g.NativeRows, g.NativeCols = g.Rows, g.Cols
	if c.Family == "v1" { // a v2's first patch is centred on the first pixel
		g.Origin = (c.PatchSize - 1) / 2
	}
	return g, nil
}
