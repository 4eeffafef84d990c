package words

import (
	"context"
	"fmt"
	"math"
	"slices"

	"gorgonia.org/tensor"

	"bagnet/internal/grid"
	"bagnet/internal/inference"
)

// Strides returns the distances between patches that Maps can be asked for, the native one
// first.
func (n *Network) Strides() []int { return []int{Stride, 4, 2, 1} }

// Sees returns the side of a patch: a vote depends on nothing else.
func (n *Network) Sees() int { return n.patch }

// Channels returns how many words the vocabularies have together.
func (n *Network) Channels() int {
	sum := 0
	for _, v := range n.vocabularies {
		sum += v.Len
	}
	return sum
}

// NativeGrid returns where the patches lie in an image of h x w pixels, or CheckSize's
// error.
func (n *Network) NativeGrid(h, w int) (grid.Grid, error) {
	if err := n.CheckSize(h, w); err != nil {
		return grid.Grid{}, err
	}
	return nativeGrid(h, w, n.patch), nil
}

// refined is the native grid of an h x w image, or the finer one that contains it: a patch
// centred on every stride-th pixel, as a BagNet without padding has it.
func (n *Network) refined(h, w, stride int) grid.Grid {
	g := nativeGrid(h, w, n.patch)
	if stride == Stride {
		return g
	}
	g.Step, g.Stride = Stride/stride, stride
	g.First, g.Origin = g.Origin/stride, 0 // 4, 8 and 16 are multiples of the finer strides
	g.Rows, g.Cols = (h+stride-1)/stride, (w+stride-1)/stride
	return g
}

// stripPatches bounds the patches of a strip, which are described together. One of a wide
// image has stripRows rows all the same: less would describe most pixels more than once.
const (
	stripPatches = 4096
	stripRows    = 16
)

// strip returns how many rows of patches are described together.
func strip(g grid.Grid) int {
	return min(g.Rows, max(stripRows, stripPatches/g.Cols))
}

// Bytes returns about how much memory Classify needs for an image of h x w pixels, weights
// and input not counted.
func (n *Network) Bytes(h, w int) (int, error) { return n.MapBytes(h, w, Stride) }

// MapBytes returns about how much memory Maps needs, values not counted.
func (n *Network) MapBytes(h, w, stride int) (int, error) {
	if err := n.CheckSize(h, w); err != nil {
		return 0, err
	}
	g := n.refined(h, w, stride)
	rows := strip(g)
	pixels := ((rows-1)*g.Stride + n.patch) * ((g.Cols-1)*g.Stride + n.patch)
	each := 3 + 2*(directions+channels) // a pixel, its corner and, at most, its cell
	return 4 * (pixels*each + rows*g.Cols*(ShapeLength+ColourLength+len(n.vocabularies)) + batch*n.longest()), nil
}

// longest returns how many words the larger vocabulary has.
func (n *Network) longest() int {
	return slices.MaxFunc(n.vocabularies, func(a, b *Vocabulary) int { return a.Len - b.Len }).Len
}

// Maps computes the votes for classes, or which words there are, of the patches on a grid.
// At strides below the native one the image is framed by zeros after normalisation, and
// patches that lie within it have the native grid's values, bit for bit.
func (n *Network) Maps(ctx context.Context, img inference.Pixels, o inference.MapOptions) (out inference.Maps, err error) {
	h, w := img.Size()
	if err := n.CheckSize(h, w); err != nil {
		return out, err
	}
	if !slices.Contains(n.Strides(), o.Stride) {
		return out, fmt.Errorf("a map with a stride of %d pixels: this network has %v", o.Stride, n.Strides())
	}
	if out.Logits, err = n.Classify(ctx, img); err != nil {
		return out, err
	}
	out.Grid = n.refined(h, w, o.Stride)
	depth := n.Channels()
	if !o.Features {
		out.Choose(&o)
		depth = len(out.Classes)
	}
	out.Values = tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(out.Rows, out.Cols, depth))
	values := out.Values.Float32s()
	err = n.runners.Do(ctx, func(r *inference.Runner) error {
		return n.look(ctx, r, img, o.Stride, o.Progress, func(first int, words [][]int32) {
			part := values[first*depth:][:len(words[0])*depth]
			if o.Features {
				n.mark(words, part)
			} else {
				n.evidence(words, out.Classes, part)
			}
		})
	})
	return out, err
}

// mark fills in which words patches have: [patches, Channels].
func (n *Network) mark(words [][]int32, values []float32) {
	channels := n.Channels()
	n.each(words, func(patch, word int) {
		if word < 0 {
			values[patch*channels] = float32(math.NaN())
		} else {
			values[patch*channels+word] = 1
		}
	})
}

// evidence fills in the votes of patches for classes: [patches, classes]. Each is a sum in
// float64.
func (n *Network) evidence(words [][]int32, classes []int, values []float32) {
	sums := make([]float64, len(values))
	for i := range sums {
		sums[i] = float64(n.bias[classes[i%len(classes)]])
	}
	n.each(words, func(patch, word int) {
		for i, c := range classes {
			if word < 0 {
				sums[patch*len(classes)+i] = math.NaN()
			} else {
				sums[patch*len(classes)+i] += float64(n.votes[word*len(n.bias)+c])
			}
		}
	})
	for i, v := range sums {
		values[i] = float32(v)
	}
}

// look finds the words of the patches on a grid, a strip of rows after the other: do gets
// the number of a strip's first patch, and the words of its patches in each vocabulary,
// which are valid until it returns.
func (n *Network) look(ctx context.Context, r *inference.Runner, img inference.Pixels, stride int, progress func(done, total int), do func(first int, words [][]int32)) error {
	h, w := img.Size()
	g := n.refined(h, w, stride)
	rows, corner := strip(g), g.Origin-n.patch/2
	var f field
	descriptors := make([][]float32, 2)
	words := make([][]int32, len(n.vocabularies))
	for from := 0; from < g.Rows; from += rows {
		if err := ctx.Err(); err != nil {
			return err
		}
		height := min(rows, g.Rows-from)
		descriptors[0], descriptors[1] = f.describe(img, (n.patch-1)/side, stride, corner+from*stride, corner, height, g.Cols, descriptors[0][:0], descriptors[1][:0])
		for i, v := range n.vocabularies {
			words[i] = slices.Grow(words[i][:0], height*g.Cols)[:height*g.Cols]
			if err := v.Nearest(ctx, r, descriptors[i], words[i], nil); err != nil {
				return err
			}
		}
		do(from*g.Cols, words)
		if progress != nil && g.Rows > rows {
			progress(from/rows+1, (g.Rows+rows-1)/rows)
		}
	}
	return nil
}
