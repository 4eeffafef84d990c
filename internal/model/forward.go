package model

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"bagnet/internal/engine"
	"bagnet/internal/inference"
)

// A pass is a model with what one forward pass runs on.
type pass struct {
	*Model
	runner *inference.Runner
}

// do runs a pass as soon as it may.
func (m *Model) do(ctx context.Context, run func(pass) error) error {
	return m.runners.Do(ctx, func(r *inference.Runner) error { return run(pass{m, r}) })
}

// Logits returns the [classes] float32 logits (before softmax) of an image,
// [H, W, 3] float32 and normalised: the classifier applied to the mean of all
// patches' features.
func (m *Model) Logits(ctx context.Context, img *tensor.Dense) ([]float32, error) {
	pixels, err := inference.FromTensor(img)
	if err != nil {
		return nil, err
	}
	return m.Classify(ctx, pixels)
}

// Classify is Logits for an image that is read in pieces.
func (m *Model) Classify(ctx context.Context, img inference.Pixels) (logits []float32, err error) {
	err = m.do(ctx, func(m pass) error {
		logits, _, err = m.native(ctx, img, readout{}, nil)
		return err
	})
	return logits, err
}

// PatchLogits returns the [rows, cols, classes] float32 logits of every patch
// on the native grid of an image, [H, W, 3] float32 and normalised. In a v1
// network cell (i, j) sees exactly the pixels from (8i, 8j) to
// (8i+q-1, 8j+q-1); in a v2 network it is centred on pixel (8i, 8j). Their mean
// over the grid equals Logits up to rounding.
func (m *Model) PatchLogits(ctx context.Context, img *tensor.Dense) (*tensor.Dense, error) {
	all := make([]int, m.config.Classes)
	for i := range all {
		all[i] = i
	}
	pixels, err := inference.FromTensor(img)
	if err != nil {
		return nil, err
	}
	maps, err := m.Maps(ctx, pixels, inference.MapOptions{Classes: all, Stride: m.config.Stride()})
	return maps.Values, err
}

// native computes the logits of an image and what is read off its patches on
// the native grid, [rows, cols, width], in one pass over the image.
func (m pass) native(ctx context.Context, img inference.Pixels, r readout, progress func(done, total int)) ([]float32, *tensor.Dense, error) {
	h, w := img.Size()
	if err := m.CheckSize(h, w); err != nil {
		return nil, nil, err
	}
	c := m.config
	rows, cols := c.Grid(h, w)
	whole := m.whole(r)
	logits := make([]float32, c.Classes)
	if fits, err := m.fits(whole, h, w); err != nil {
		return nil, nil, err
	} else if fits {
		outs := [][]float32{logits}
		var values *tensor.Dense
		if n := m.width(r); n > 0 {
			values = newMap(rows, cols, n)
			outs = [][]float32{values.Float32s(), logits}
		}
		return logits, values, m.runner.Run(ctx, whole, img, inference.Whole(img), outs...)
	}
	return m.nativeTiles(ctx, img, r, progress)
}

// whole returns the graph that reads something off every patch, if anything,
// and computes the image's logits in one pass over a whole image.
func (m pass) whole(r readout) *inference.Graph {
	return m.runner.Graph(fmt.Sprint("whole", r), func() (*engine.Network, []engine.Node) {
		net, x := m.features(m.config.Stride())
		var outs []engine.Node
		if m.width(r) > 0 {
			outs = append(outs, m.readout(net, x, r))
		}
		return net, append(outs, net.Conv(m.convs["fc"], net.Mean(x)))
	})
}

// fits reports whether a graph can run on a whole image of h x w pixels.
func (m pass) fits(g *inference.Graph, h, w int) (bool, error) {
	if h > m.tilePixels || w > m.tilePixels {
		return false, nil
	}
	p, err := g.Plan(h, w)
	return err == nil && p.Bytes() <= nativeBytes, err
}

func newMap(rows, cols, channels int) *tensor.Dense {
	return tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows, cols, channels))
}

// A readout is what is read off every patch: the evidence for some classes, or
// its features, or nothing.
type readout struct {
	classes  []int
	features bool
}

// width returns how many values that is a patch.
func (m *Model) width(r readout) int {
	if r.features {
		return m.config.Features()
	}
	return len(r.classes)
}

// readout reads it off the last feature map.
func (m *Model) readout(net *engine.Network, features engine.Node, r readout) engine.Node {
	if r.features {
		return features
	}
	return net.Conv(m.classifier(r.classes), features)
}

// classifier returns the linear layer for some classes only.
func (m *Model) classifier(classes []int) *engine.Conv {
	fc := m.convs["fc"]
	for i, c := range classes {
		if i != c || len(classes) != m.config.Classes {
			return fc.Select(classes)
		}
	}
	return fc
}
