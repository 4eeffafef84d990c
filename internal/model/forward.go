package model

import (
	"context"
	"fmt"

	"bagnet/internal/engine"
	"gorgonia.org/tensor"
)

// Logits returns the [classes] float32 logits (before softmax) of an image,
// [H, W, 3] float32 and normalised: the classifier applied to the mean of all
// patches' features.
func (m *Model) Logits(ctx context.Context, img *tensor.Dense) ([]float32, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	features, err := m.features(ctx, img)
	if err != nil {
		return nil, err
	}
	mean := engine.NewMap(meanPixel(features), 1, 1, features.C)
	logits := engine.NewMap(make([]float32, m.config.Classes), 1, 1, m.config.Classes)
	err = m.fc.Run(ctx, m.threads, mean, logits, nil)
	return logits.Data, err
}

// PatchLogits returns the [rows, cols, classes] float32 logits of every patch
// on the native grid of an image, [H, W, 3] float32 and normalised. In a v1
// network cell (i, j) sees exactly the pixels from (8i, 8j) to
// (8i+q-1, 8j+q-1); in a v2 network it is centred on pixel (8i, 8j). Their mean
// over the grid equals Logits up to rounding.
func (m *Model) PatchLogits(ctx context.Context, img *tensor.Dense) (*tensor.Dense, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	features, err := m.features(ctx, img)
	if err != nil {
		return nil, err
	}
	rows, cols, classes := features.H, features.W, m.config.Classes
	out := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows, cols, classes))
	err = m.fc.Run(ctx, m.threads, features, engine.NewMap(out.Float32s(), rows, cols, classes), nil)
	return out, err
}

// features runs the network up to its last feature map, [rows][cols][features],
// which is valid until the next pass.
//
// Departures from ResNet-50: no max-pooling after the stem; conv2 is 3x3 only
// in the first block of a stage, if at all; v1 pads nowhere, so a block's output
// is smaller than its input and the residual is cropped at the bottom and right.
func (m *Model) features(ctx context.Context, img *tensor.Dense) (engine.Map, error) {
	p := pass{Model: m, ctx: ctx}
	x, err := p.input(img)
	if err != nil {
		return x, err
	}
	x = p.conv(m.stem, x, "x", nil)
	for stage, blocks := range m.stages {
		out := []string{"y", "x"}[stage%2] // downsample writes apart from its input
		for _, b := range blocks {
			t := p.framed(b.conv1, x, "t1", b.conv2.Size)
			t = p.conv(b.conv2, t, "t2", nil)
			residual := x.Crop(t.H, t.W)
			if b.downsample != nil {
				residual = p.convTo(b.downsample, x, p.buffer(out, t.H, t.W, b.downsample.Out), nil)
			}
			x = p.convTo(b.conv3, t, residual, &residual)
		}
	}
	return x, p.err
}

// A pass is one forward pass: it keeps the first error, after which its methods
// do nothing, so that the network reads as a straight line.
type pass struct {
	*Model
	ctx context.Context
	err error
}

// input views img as a Map, in a frame of zeros for the stem if the network pads.
func (p *pass) input(img *tensor.Dense) (engine.Map, error) {
	s := img.Shape()
	if len(s) != 3 || s[2] != 3 || img.Dtype() != tensor.Float32 {
		return engine.Map{}, fmt.Errorf("running the network: image tensor is %v of %v, expected [H, W, 3] of float32", dims(img), img.Dtype())
	}
	h, w := s[0], s[1]
	if err := p.CheckSize(h, w); err != nil {
		return engine.Map{}, err
	}
	x := engine.NewMap(img.Float32s(), h, w, 3)
	pad := p.padding(p.stem.Size)
	if pad == 0 {
		return x, nil
	}
	frame := p.buffer("t1", h+2*pad, w+2*pad, 3)
	frame.ClearFrame(pad)
	inner := frame.Inner(pad)
	for y := range h {
		copy(inner.Data[y*inner.Stride:], x.Data[y*x.Stride:(y+1)*x.Stride])
	}
	return frame, nil
}

// conv applies c to x into the buffer called name.
func (p *pass) conv(c *engine.Conv, x engine.Map, name string, residual *engine.Map) engine.Map {
	return p.convTo(c, x, p.buffer(name, c.OutputSize(x.H), c.OutputSize(x.W), c.Out), residual)
}

// framed applies c to x and leaves the result in the frame of zeros that a
// following convolution of the given size needs.
func (p *pass) framed(c *engine.Conv, x engine.Map, name string, size int) engine.Map {
	pad := p.padding(size)
	frame := p.buffer(name, c.OutputSize(x.H)+2*pad, c.OutputSize(x.W)+2*pad, c.Out)
	frame.ClearFrame(pad)
	p.convTo(c, x, frame.Inner(pad), nil)
	return frame
}

func (p *pass) convTo(c *engine.Conv, x, out engine.Map, residual *engine.Map) engine.Map {
	if p.err == nil {
		p.err = c.Run(p.ctx, p.threads, x, out, residual)
	}
	return out
}

func (p *pass) padding(size int) int {
	if p.config.Family == "v2" {
		return size / 2
	}
	return 0
}

func (p *pass) buffer(name string, h, w, c int) engine.Map {
	return engine.NewMap(p.bufs.take(name, h*w*c), h, w, c)
}

// buffers are the activations of a pass, kept for the next one.
type buffers map[string][]float32

func (b buffers) take(name string, n int) []float32 {
	if cap(b[name]) < n {
		b[name] = make([]float32, n)
	}
	return b[name][:n]
}

// meanPixel returns the mean over all pixels, summed in float64.
func meanPixel(x engine.Map) []float32 {
	sums := make([]float64, x.C)
	for y := range x.H {
		row := x.Data[y*x.Stride : y*x.Stride+x.W*x.C]
		for i := 0; i < len(row); i += x.C {
			for c, v := range row[i : i+x.C] {
				sums[c] += float64(v)
			}
		}
	}
	mean := make([]float32, x.C)
	for c, s := range sums {
		mean[c] = float32(s / float64(x.H*x.W))
	}
	return mean
}
