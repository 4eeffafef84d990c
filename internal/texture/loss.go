package texture

import (
	"context"

	"bagnet/internal/engine"
)

// A Loss says how far a picture's statistics are from those of another one: the sum over
// layers of w/4 sum (G - G*)^2 / N^2. For one goroutine at a time.
type Loss struct {
	k       *engine.Kernel
	colours *colours
	parts   []*part
	threads int
	white   *pyramid // the picture as filters see it
	back    *pyramid // the gradient there
}

// NewLoss returns the loss that is zero for the picture p.
func NewLoss(ctx context.Context, f Features, p *Picture, threads int) (*Loss, error) {
	if least := f.Least(); min(p.H, p.W) < least {
		return nil, tooSmall(p, least)
	}
	l := &Loss{k: f.kernel(), colours: f.colours(p), threads: threads}
	pixels := float64s(p.Values)
	wraps := f.Wraps()
	l.white, l.back = newPyramid(p.H, p.W, f.levels(), false), newPyramid(p.H, p.W, f.levels(), wraps)
	l.colours.apply(l.white.levels[0], pixels)
	l.white.descend() // p itself does not wrap, even if textures do
	var err error
	if l.parts, err = f.fit(ctx, l.white, threads); err != nil {
		return nil, err
	}
	l.white.wraps = wraps
	layers := 0
	for _, p := range l.parts {
		layers += len(p.layers)
	}
	for _, p := range l.parts {
		for _, layer := range p.layers {
			layer.aim(1 / float64(layers))
		}
	}
	return l, nil
}

// Value returns the loss of pixels, [h][w][3] from 0 to 1.
func (l *Loss) Value(ctx context.Context, pixels []float64) (float64, error) {
	l.colours.apply(l.white.levels[0], pixels)
	l.white.descend()
	sum := 0.0
	for _, p := range l.parts {
		if err := p.forward(ctx, l.k, l.white.levels[p.level], l.threads); err != nil {
			return 0, err
		}
		sum += p.loss()
	}
	return sum, nil
}

// Gradient makes grad that of the latest Value at its pixels.
func (l *Loss) Gradient(ctx context.Context, grad []float64) error {
	for _, level := range l.back.levels {
		clear(level)
	}
	for _, p := range l.parts {
		if err := p.backward(ctx, l.back.levels[p.level]); err != nil {
			return err
		}
	}
	l.back.ascend()
	l.colours.adjoint(grad, l.back.levels[0])
	return nil
}

func float64s(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}
