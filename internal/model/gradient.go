package model

import (
	"context"

	"bagnet/internal/inference"
)

// Gradient computes how logits of a normalised image change with its pixels or with a
// layer's activations. Large images are not computed in tiles here.
func (m *Model) Gradient(ctx context.Context, img inference.Pixels, d inference.Derivative) (g inference.Gradient, err error) {
	h, w := img.Size()
	if err := m.CheckSize(h, w); err != nil {
		return g, err
	}
	err = m.do(ctx, func(m pass) error {
		g, err = m.runner.Gradient(ctx, m.differentiable, img, d)
		return err
	})
	return g, err
}

// GradientBytes returns about how much memory Gradient needs for an image of h x w pixels,
// weights not counted.
func (m *Model) GradientBytes(h, w int, d inference.Derivative) (bytes int, err error) {
	if err := m.CheckSize(h, w); err != nil {
		return 0, err
	}
	err = m.do(context.Background(), func(m pass) error {
		bytes, err = m.runner.GradientBytes(m.differentiable, h, w, d)
		return err
	})
	return bytes, err
}

// Layers returns the names of the layers whose gradients can be asked for, from the
// first on.
func (m *Model) Layers() (names []string) {
	// The network is the same on any Runner but for its memory.
	_ = m.do(context.Background(), func(m pass) error {
		names = m.differentiable().Layers()
		return nil
	})
	return names
}

func (m pass) differentiable() inference.Differentiable {
	net, x := m.features(m.config.Stride())
	return inference.Differentiable{Net: net, Features: x, Logits: net.Conv(m.convs["fc"], net.Mean(x))}
}
