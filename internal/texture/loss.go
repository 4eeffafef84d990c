package texture

import (
	"context"
	"fmt"

	"bagnet/internal/engine"
	"bagnet/internal/hint"
)

// A Loss says how far a picture's statistics are from those of another one: the sum over
// layers of w/4 sum (G - G*)^2 / N^2, G being the mean over positions of the products of N
// channels. The w are such that it is 1 for a picture in which the layers find nothing, and
// all layers have the same part in that. One goroutine at a time can use it.
type Loss struct {
	k       *engine.Kernel
	colours *colours
	parts   []*part
	threads int
	white   *pyramid // the picture as filters see it
	back    *pyramid // the gradient there
}

// maxBytes bounds the memory of a search.
const maxBytes = 4 << 30

// NewLoss returns the loss that asks for the statistics of the picture p.
func NewLoss(ctx context.Context, f Features, p *Picture, threads int) (*Loss, error) {
	if least := f.least(); min(p.H, p.W) < least {
		return nil, hint.Add(fmt.Errorf("picture of %dx%d pixels is too small for the filters, which need %dx%d", p.W, p.H, least, least),
			"give a larger one, or %s", f.hint())
	}
	if bytes := f.Bytes(p.H, p.W); bytes > maxBytes {
		return nil, hint.Add(fmt.Errorf("a texture of %dx%d pixels needs %d MB, more than %d", p.W, p.H, bytes>>20, maxBytes>>20), "give a smaller picture, or resize it")
	}
	l := &Loss{k: f.kernel(), colours: newColours(p), threads: threads,
		white: newPyramid(p.H, p.W, f.levels(), false), back: newPyramid(p.H, p.W, f.levels(), f.wraps())}
	f.colours(l.colours)
	l.colours.apply(l.white.levels[0], float64s(p.Values))
	l.white.descend() // p itself does not wrap
	l.white.wraps = f.wraps()
	var err error
	if l.parts, err = f.fit(ctx, l.white, threads); err != nil {
		return nil, err
	}
	layers := l.layers()
	for _, layer := range layers {
		layer.weigh(1 / float64(len(layers)))
	}
	return l, nil
}

func (l *Loss) layers() (all []*layer) {
	for _, p := range l.parts {
		all = append(all, p.layers...)
	}
	return all
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
