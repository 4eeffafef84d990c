package convnet

import (
	"context"

	"bagnet/internal/inference"
)

// Gradient computes how logits of a normalised image change with its pixels or with a
// layer's activations.
func (n *Network) Gradient(ctx context.Context, img inference.Pixels, d inference.Derivative) (g inference.Gradient, err error) {
	h, w := img.Size()
	if err := n.CheckSize(h, w); err != nil {
		return g, err
	}
	err = n.do(ctx, func(n pass) error {
		g, err = n.runner.Gradient(ctx, n.differentiable, img, d)
		return err
	})
	return g, err
}

// GradientBytes returns about how much memory Gradient needs for an image of h x w pixels,
// weights not counted.
func (n *Network) GradientBytes(h, w int, d inference.Derivative) (bytes int, err error) {
	if err := n.CheckSize(h, w); err != nil {
		return 0, err
	}
	err = n.do(context.Background(), func(n pass) error {
		bytes, err = n.runner.GradientBytes(n.differentiable, h, w, d)
		return err
	})
	return bytes, err
}

// Layers returns the names of the layers whose gradients can be asked for, from the
// first on.
func (n *Network) Layers() []string { return n.differentiable().Layers() }

func (n *Network) differentiable() inference.Differentiable {
	return inference.Differentiable{Net: n.net, Features: n.features, Logits: n.logits}
}
