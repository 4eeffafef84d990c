package model

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

func tensorPixels(img *tensor.Dense) (Pixels, error) {
	s := img.Shape()
	if len(s) != 3 || s[2] != 3 || img.Dtype() != tensor.Float32 {
		return nil, fmt.Errorf("running the network: image tensor is %v of %v, expected [H, W, 3] of float32", dims(img), img.Dtype())
	}
	return tensorImage{img.Float32s(), s[0], s[1]}, nil
}

func (t tensorImage) Size() (h, w int) { return t.h, t.w }

func (t tensorImage) Read(dst []float32, stride, y, x, h, w int) {
	for i := range h {
		copy(dst[i*stride:][:3*w], t.data[((y+i)*t.w+x)*3:])
	}
}

// A rect is the rectangle of h x w pixels whose top left one is (y, x). It may
// reach beyond the image.
type rect struct{ y, x, h, w int }

// read returns a rectangle of an image, [h, w, 3], with zeros for what lies
// beyond it. The result is valid until the next call.
func (m *Model) read(img Pixels, r rect) []float32 {
	h, w := img.Size()
	if t, ok := img.(tensorImage); ok && r == (rect{0, 0, h, w}) {
		return t.data
	}
	if n := 3 * r.h * r.w; cap(m.pixels) < n {
		m.pixels = make([]float32, n)
	}
	m.pixels = m.pixels[:3*r.h*r.w]
	y0, x0, y1, x1 := max(0, r.y), max(0, r.x), min(h, r.y+r.h), min(w, r.x+r.w)
	if y1-y0 < r.h || x1-x0 < r.w {
		clear(m.pixels)
	}
	if y0 < y1 && x0 < x1 {
		img.Read(m.pixels[3*((y0-r.y)*r.w+x0-r.x):], 3*r.w, y0, x0, y1-y0, x1-x0)
	}
	return m.pixels
}
