// Package texture makes pictures of the same texture as a given one: with the statistics of
// what filters find in it, but not its places (L. Gatys, A. Ecker, M. Bethge, Texture
// synthesis using convolutional neural networks, NIPS 2015). The filters are random, of
// several sizes (I. Ustyuzhaninov, W. Brendel, L. Gatys, M. Bethge, Texture synthesis using
// shallow convolutional networks with random filters, arXiv:1606.00021), or a VGG's layers.
package texture

import (
	"context"

	"bagnet/internal/engine"
)

// A Picture has h x w pixels, [h, w, 3] values from 0 to 1, row by row.
type Picture struct {
	Values []float32
	H, W   int
}

// Features are what textures are described by: a Random or a VGG. Several goroutines may use
// them.
type Features interface {
	// fit returns the parts for textures of a picture, white, with their targets.
	fit(ctx context.Context, white *pyramid, threads int) ([]*part, error)
	// colours chooses what pixels become before filters see them.
	colours(c *colours)
	// levels are how many scales of the picture are read.
	levels() int
	// wraps reports whether textures go on at the other end, so that they have no border:
	// at a border filters find less, and a texture would keep places by that.
	wraps() bool
	// least is the side of the smallest picture, pixels; hint is what makes it smaller.
	least() int
	hint() string
	kernel() *engine.Kernel
	// Bytes returns about how much memory a search needs for a picture of h x w pixels.
	Bytes(h, w int) int
}

// bytesOf is Bytes where floats of activations are kept: they, gradients there and two
// matrix products, and what L-BFGS remembers of the pixels.
func bytesOf(h, w, floats int) int { return 4*4*floats + 8*3*h*w*(2*remembered+8) }

// A part is a network on one level of the picture, and the layers whose statistics count.
type part struct {
	level  int
	fold   fold
	passes *engine.Passes
	layers []*layer
	input  []float32   // of the network
	back   []float32   // the gradient there
	given  [][]float32 // those at the layers
}

// newPart prepares a network, whose input has what fold makes of a level, for gradients from
// the nodes at; a pixel there is so many positions.
func newPart(k *engine.Kernel, net *engine.Network, level int, f fold, at []engine.Node, names []string, positions, threads int) (*part, error) {
	p := &part{level: level, fold: f, input: make([]float32, f.floats()), back: make([]float32, f.floats())}
	d := engine.Derivative{Of: at[0], Also: at[1:], At: []engine.Node{0}, Outputs: at}
	var err error
	if p.passes, err = net.PlanPasses(f.outH, f.outW, threads, d); err != nil {
		return nil, err
	}
	for i, name := range names {
		h, w, c := p.passes.Size(i)
		l, err := newLayer(k, name, h*positions, w, c/positions, threads)
		if err != nil {
			return nil, err
		}
		p.layers, p.given = append(p.layers, l), append(p.given, make([]float32, h*w*c))
	}
	return p, nil
}

// forward computes the activations of all layers, and their Gram matrices.
func (p *part) forward(ctx context.Context, k *engine.Kernel, white []float32, threads int) error {
	p.fold.apply(p.input, white)
	values, err := p.passes.Forward(ctx, p.input)
	if err != nil {
		return err
	}
	for i, l := range p.layers {
		l.measure(k, values[i], threads)
	}
	return nil
}

// loss returns what the layers add to it.
func (p *part) loss() float64 {
	sum := 0.0
	for _, l := range p.layers {
		sum += l.loss()
	}
	return sum
}

// backward adds the gradient of loss to that of the level.
func (p *part) backward(ctx context.Context, white []float32) error {
	for i, values := range p.passes.Values() {
		if err := p.layers[i].gradient(ctx, p.given[i], values); err != nil {
			return err
		}
	}
	if err := p.passes.Backward(ctx, p.given, p.back); err != nil {
		return err
	}
	p.fold.adjoint(white, p.back)
	return nil
}
