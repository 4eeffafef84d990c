// Package experiment has the measurements that tell networks which add up what
// small patches say from those that do more: what becomes of their answers when
// parts of an image change places, or vanish. docs/experiments.md has the
// definitions with the papers'.
//
// A Run makes one of the experiments, each of which has a package of its own below this
// one, on images and networks, and has what reports on them have in common.
package experiment

import (
	"context"

	"gorgonia.org/tensor"

	"bagnet"
)

// A Classifier is a network, such as a bagnet.Model.
type Classifier interface {
	Classify(ctx context.Context, img *bagnet.Image) (bagnet.Answer, error)
}

// outputs returns what a network computes of an image: its logits before softmax, or of
// one output before sigmoid.
func outputs(ctx context.Context, net Classifier, img Image) ([]float32, error) {
	a, err := net.Classify(ctx, img.Pixels())
	return a.Outputs, err
}

// An Image is a normalised image: [H, W, 3] float32 values, row by row.
type Image struct {
	Values []float32
	H, W   int // pixels
}

// NewImage returns a black image: zeros, which are the mean colour of the
// images that a network was trained on.
func NewImage(h, w int) Image { return Image{make([]float32, 3*h*w), h, w} }

// ImageOf returns a copy of an image's pixels.
func ImageOf(img *bagnet.Image) Image {
	size := img.Size()
	return Image{img.Tensor().Float32s(), size.Y, size.X}
}

// Pixels returns the image as networks read it. It shares the values.
func (m Image) Pixels() *bagnet.Image {
	p, err := bagnet.FromTensor(tensor.New(tensor.WithShape(m.H, m.W, 3), tensor.WithBacking(m.Values)))
	if err != nil {
		panic("experiment: " + err.Error())
	}
	return p
}

// Crop returns a copy of the h x w pixels from (y, x) on, which lie within the
// image.
func (m Image) Crop(y, x, h, w int) Image {
	out := NewImage(h, w)
	m.copyTo(out, 0, 0, y, x, h, w)
	return out
}

// Paste copies all of src to the pixels from (y, x) on, within the image.
func (m Image) Paste(src Image, y, x int) { src.copyTo(m, y, x, 0, 0, src.H, src.W) }

// copyTo copies h x w pixels from (y, x) on to those of dst from (dstY, dstX) on.
func (m Image) copyTo(dst Image, dstY, dstX, y, x, h, w int) {
	for i := range h {
		copy(dst.Values[3*((dstY+i)*dst.W+dstX):][:3*w], m.Values[3*((y+i)*m.W+x):])
	}
}
