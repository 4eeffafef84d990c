package bagnet

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"image"
	"slices"

	"gorgonia.org/tensor"

	"bagnet/internal/answer"
	"bagnet/internal/grid"
	"bagnet/internal/inference"
)

// PatchOptions say what to compute of each patch. Nil stands for the zero value: the
// logits for the likeliest class on the native grid.
//
// Choose and Progress are called during the pass. They may call Release, but a pass of
// the same model that they wait for may never begin.
type PatchOptions struct {
	Classes  []Class                // whose logits; none for those of Choose
	Choose   func(a Answer) []Class // names one class at least when the image's answer is known; nil for the likeliest
	Features bool                   // the patches' features instead of logits; Classes and Choose do not count then
	Stride   int                    // pixels between neighbouring patches, one of Info().Strides; 0 for the native one
	Progress func(done, total int)  // called as parts of a large image are done
}

// Patches are what a network makes of every patch of an image: logits, or features, whose
// mean decides. A BagNet's depend on their patch alone. In ResNets and DenseNets they are
// those at the positions of the last feature map, which depend on a much larger part of the
// image (Grid.Sees), mostly all of it: evidence at a position is not evidence from there.
type Patches struct {
	Answer  Answer        // to the image
	Classes []Class       // of Values, in the order asked for; nil for features
	Values  *tensor.Dense // [Rows, Cols, len(Classes)] logits, or [Rows, Cols, channels] features, float32
	Grid                  // where they are

	img   *Image
	model string
	means []float64 // of each class's values over the native grid
}

// A Grid says where patches lie in an image. Patch (row, col) is centred on pixel
// (x, y) = (Origin+col*Stride, Origin+row*Stride); where Patch is even, there is one pixel
// more to the left of it and above.
//
// What a patch's values depend on is Sees x Sees pixels with the same centre. In a BagNet
// that is the patch. In other networks patches are cells of Stride x Stride pixels side by
// side. A ResNet's are centred on pixels 0, 32, 64, ..., where the middle of what they see
// is, so that the map need not lie in the middle of the image.
//
// The native grid, whose mean is the image's logit, is part of every finer one: its
// rows and columns are First, First+Step, ..., NativeRows and NativeCols of them.
type Grid struct {
	Rows, Cols             int
	Origin, Stride, Patch  int // pixels; Patch is the side of a patch
	Sees                   int // side of what its values depend on, pixels
	First, Step            int
	NativeRows, NativeCols int
}

// Rect returns the pixels of a patch. It may reach beyond the image, where the network
// sees zeros: the mean colour of its training data.
func (g Grid) Rect(row, col int) image.Rectangle { return grid.Grid(g).Rect(row, col) }

// Native reports whether a patch is one of the native grid.
func (g Grid) Native(row, col int) bool { return grid.Grid(g).Native(row, col) }

// NativeCells returns how many patches the native grid has.
func (g Grid) NativeCells() int { return g.NativeRows * g.NativeCols }

// maxArray is the largest array of patches' values computed, bytes: it exists in memory
// as a whole.
const maxArray = 4 << 30

// checkArray refuses an image whose patches, with so many values each, would take more
// than maxArray.
func checkArray(size image.Point, stride, channels int) error {
	if bytes := 4 * int64(size.Y/stride+1) * int64(size.X/stride+1) * int64(channels); bytes > maxArray {
		return kindError{fmt.Errorf("an array of %d channels for every %d pixels of %d x %d takes %d MB, more than %d",
			channels, stride, size.X, size.Y, bytes>>20, maxArray>>20), ErrTooLarge}
	}
	return nil
}

// Patches returns what the model makes of an image's patches, and its answer to the
// image. The error is ErrNoPatches for a VGG or AlexNet, and of the kind ErrTooLarge
// where Values would take more than 4 GiB.
func (m *Model) Patches(ctx context.Context, img *Image, o *PatchOptions) (*Patches, error) {
	b := m.net.Mapper()
	if b == nil {
		return nil, ErrNoPatches
	}
	pixels, err := img.read()
	if err != nil {
		return nil, err
	}
	if o == nil {
		o = &PatchOptions{}
	}
	stride := cmp.Or(o.Stride, b.Strides()[0])
	if !slices.Contains(b.Strides(), stride) {
		return nil, fmt.Errorf("a stride of %d pixels between patches: model %s has %v", stride, m.Name(), b.Strides())
	}
	p := &Patches{img: img, model: m.Name()}
	mo := inference.MapOptions{Stride: stride, Features: o.Features, Progress: o.Progress}
	channels := b.Channels()
	if !o.Features {
		if p.Classes, mo.Classes, err = m.outputs(o.Classes); err != nil {
			return nil, err
		}
		channels = max(1, len(o.Classes))
	}
	if err := checkArray(img.Size(), stride, channels); err != nil {
		return nil, err
	}
	ctx, end := context.WithCancel(ctx)
	defer end()
	var refused error // by Choose, which ends the pass then
	mo.Choose = func(outputs []float32) (chosen []int) {
		if p.Classes, chosen, refused = m.choose(o, slices.Clone(outputs)); refused == nil {
			refused = checkArray(img.Size(), stride, len(chosen))
		}
		if refused != nil {
			end()
			return []int{0}
		}
		return chosen
	}
	maps, err := b.Maps(ctx, pixels, mo)
	if err := cmp.Or(refused, err); err != nil {
		return nil, err
	}
	if p.Answer, err = m.answer(maps.Logits); err != nil {
		return nil, err
	}
	p.Values = maps.Values
	values := p.Values.Float32s()
	if !answer.Finite(values) {
		return nil, ErrNotFinite
	}
	p.Grid = Grid(maps.Grid)
	for i, c := range p.Classes {
		mean := maps.NativeMean(i)
		if _, sign := answer.Output(m.net.Architecture().Classes, c.Index); sign < 0 {
			mean = 0 - mean
			for k := i; k < len(values); k += len(p.Classes) {
				values[k] = 0 - values[k] // never -0
			}
		}
		p.means = append(p.means, mean)
	}
	return p, nil
}

// choose returns the classes of an image for which the options name none, and the
// outputs they are read from.
func (m *Model) choose(o *PatchOptions, outputs []float32) ([]Class, []int, error) {
	a, err := m.answer(outputs)
	if err != nil {
		return nil, nil, err
	}
	classes := []Class{m.classes[a.Best()]}
	if o.Choose != nil {
		classes = o.Choose(a)
	}
	if len(classes) == 0 {
		return nil, nil, errors.New("computing patches: Choose names no class")
	}
	return m.outputs(classes)
}

// outputs returns the model's classes with the Index of those given, and the outputs
// that they are read from.
func (m *Model) outputs(classes []Class) (own []Class, outputs []int, err error) {
	for _, c := range classes {
		if c.Index < 0 || c.Index >= len(m.classes) {
			return nil, nil, fmt.Errorf("class %d: model %s has classes 0 to %d", c.Index, m.Name(), len(m.classes)-1)
		}
		output, _ := answer.Output(m.net.Architecture().Classes, c.Index)
		own, outputs = append(own, m.classes[c.Index]), append(outputs, output)
	}
	return own, outputs, nil
}

// NativeGrid returns where the patches on the native grid lie in an image of w x h
// pixels, which must be large enough for the network. The error is ErrNoPatches for a VGG
// or AlexNet.
func (m *Model) NativeGrid(w, h int) (Grid, error) {
	b := m.net.Mapper()
	if b == nil {
		return Grid{}, ErrNoPatches
	}
	g, err := b.NativeGrid(h, w)
	return Grid(g), err
}
