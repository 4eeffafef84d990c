package attribution

import (
	"context"
	"math"

	"bagnet"
)

// gradCAM is that of R. Selvaraju et al., Grad-CAM: Visual Explanations from Deep Networks via
// Gradient-based Localization (ICCV 2017).
func (s *Settings) gradCAM(ctx context.Context, t task) (*Map, error) {
	return s.activations(ctx, t, func(gradients []float32, channels int) func(i, c int) float64 {
		means := make([]float64, channels)
		for i, v := range gradients {
			means[i%channels] += float64(v)
		}
		for c := range means {
			means[c] /= float64(len(gradients) / channels)
		}
		return func(_, c int) float64 { return means[c] }
	})
}

// layerCAM is that of P.-T. Jiang et al., LayerCAM: Exploring Hierarchical Class Activation
// Maps for Localization (IEEE Transactions on Image Processing 2021).
func (s *Settings) layerCAM(ctx context.Context, t task) (*Map, error) {
	return s.activations(ctx, t, func(gradients []float32, channels int) func(i, c int) float64 {
		return func(i, c int) float64 { return max(0, float64(gradients[i*channels+c])) }
	})
}

// activations returns what is above 0 of the sum over a layer's channels of its activations,
// each with its weight: that of channel c at position i.
func (s *Settings) activations(ctx context.Context, t task, weigh func(gradients []float32, channels int) func(i, c int) float64) (*Map, error) {
	g, err := t.gradient(ctx, t.img, bagnet.GradientOptions{Layer: s.Layer}, 1, 1)
	if err != nil {
		return nil, err
	}
	shape, layer := g.Layer.Shape(), g.Layer.Float32s()
	channels := shape[2]
	weight := weigh(g.Values.Float32s(), channels)
	m := &Map{Values: make([]float32, shape[0]*shape[1]), Rows: shape[0], Cols: shape[1], Against: math.NaN()}
	for i := range m.Values {
		sum := 0.0
		for c, v := range layer[i*channels : (i+1)*channels] {
			sum += float64(weight(i, c) * float64(v))
		}
		m.Values[i] = float32(max(0, sum))
	}
	return m, nil
}
