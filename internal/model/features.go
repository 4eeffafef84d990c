package model

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"bagnet/internal/engine"
	"bagnet/internal/inference"
)

// Features returns the last feature map of a normalised image on the native
// grid, [rows, cols, Config.Features()] float32: what Head makes the logits of.
func (m *Model) Features(ctx context.Context, img inference.Pixels) (*tensor.Dense, error) {
	maps, err := m.Maps(ctx, img, inference.MapOptions{Features: true, Stride: m.config.Stride()})
	return maps.Values, err
}

// Head returns the [classes] float32 logits that the rest of the network makes
// of a feature map like those of Features: the classifier applied to the mean of
// all positions, of which there can be any number.
func (m *Model) Head(ctx context.Context, features *tensor.Dense) (logits []float32, err error) {
	s := features.Shape()
	if len(s) != 3 || s[2] != m.config.Features() || features.Dtype() != tensor.Float32 {
		return nil, fmt.Errorf("running the classifier: feature map is %v of %v, expected [rows, cols, %d] of float32", []int(s), features.Dtype(), m.config.Features())
	}
	err = m.do(ctx, func(m pass) error {
		logits, err = m.head(ctx, features.Float32s(), s[0], s[1])
		return err
	})
	return logits, err
}

// head applies the classifier to the mean of a feature map.
func (m pass) head(ctx context.Context, features []float32, rows, cols int) ([]float32, error) {
	g := m.runner.Graph("head", func() (*engine.Network, []engine.Node) {
		net, x := engine.NewNetwork(m.runner.Kernel(), m.config.Features())
		net.Group("classifier")
		return net, []engine.Node{net.Conv(m.convs["fc"], net.Mean(x))}
	})
	plan, err := g.Plan(rows, cols)
	if err != nil {
		return nil, err
	}
	logits := make([]float32, m.config.Classes)
	return logits, m.runner.Execute(ctx, plan, features, logits)
}
