package inference

import (
	"fmt"

	"gorgonia.org/tensor"
)

// Pixels is a normalised image that is read in pieces, so that a large one need
// not exist as a whole in float32.
type Pixels interface {
	// Size returns the height and width in pixels.
	Size() (h, w int)
	// Read fills dst, [h, w, 3], with the pixels from (y, x) on. They lie within
	// the image; rows of dst are stride floats apart.
	Read(dst []float32, stride, y, x, h, w int)
}

// tensorImage is a [H, W, 3] float32 tensor as Pixels.
type tensorImage struct {
	data []float32
	h, w int
}

// FromTensor returns the pixels of a [H, W, 3] float32 tensor.
func FromTensor(img *tensor.Dense) (Pixels, error) {
	s := img.Shape()
	if len(s) != 3 || s[2] != 3 || img.Dtype() != tensor.Float32 {
		return nil, fmt.Errorf("running the network: image tensor is %v of %v, expected [H, W, 3] of float32", []int(s), img.Dtype())
	}
	return tensorImage{img.Float32s(), s[0], s[1]}, nil
}

func (t tensorImage) Size() (h, w int) { return t.h, t.w }

func (t tensorImage) Read(dst []float32, stride, y, x, h, w int) {
	for i := range h {
		copy(dst[i*stride:][:3*w], t.data[((y+i)*t.w+x)*3:])
	}
}

// A Rect is the rectangle of H x W pixels whose top left one is (Y, X). It may
// reach beyond the image.
type Rect struct{ Y, X, H, W int }

// Whole returns the rectangle that an image is.
func Whole(img Pixels) Rect {
	h, w := img.Size()
	return Rect{0, 0, h, w}
}

// read returns a rectangle of an image, [h, w, 3], with zeros for what lies
// beyond it. The result is valid until the next call.
func (r *Runner) read(img Pixels, from Rect) []float32 {
	h, w := img.Size()
	if t, ok := img.(tensorImage); ok && from == Whole(img) {
		return t.data
	}
	if n := 3 * from.H * from.W; cap(r.pixels) < n {
		r.pixels = make([]float32, n)
	}
	r.pixels = r.pixels[:3*from.H*from.W]
	y0, x0, y1, x1 := max(0, from.Y), max(0, from.X), min(h, from.Y+from.H), min(w, from.X+from.W)
	if y1-y0 < from.H || x1-x0 < from.W {
		clear(r.pixels)
	}
	if y0 < y1 && x0 < x1 {
		img.Read(r.pixels[3*((y0-from.Y)*from.W+x0-from.X):], 3*from.W, y0, x0, y1-y0, x1-x0)
	}
	return r.pixels
}
