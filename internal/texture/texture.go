// Package texture makes pictures of the same texture as a given one: the statistics of what
// filters find in it, without their places (L. Gatys, A. Ecker, M. Bethge, Texture synthesis
// using convolutional neural networks, NIPS 2015). The filters are random, of several sizes
// (I. Ustyuzhaninov, W. Brendel, L. Gatys, M. Bethge, Texture synthesis using shallow
// convolutional networks with random filters, arXiv:1606.00021), or a VGG's layers.
package texture

import (
	"context"
	"fmt"

	"bagnet/internal/engine"
)

// A Picture has h x w pixels, [h, w, 3] values from 0 to 1, row by row.
type Picture struct {
	Values []float32
	H, W   int
}

// Features are what textures are described by. They may be shared.
type Features interface {
	// fit returns the parts for textures of a picture, white, and aims them at it.
	fit(ctx context.Context, white *pyramid, threads int) ([]*part, error)
	// levels are how many scales of the picture they read.
	levels() int
	// Wraps reports whether their textures go on at the other end.
	Wraps() bool
	// Least is the side of the smallest picture, pixels.
	Least() int
	// colours are what pixels become before filters see them.
	colours(p *Picture) *colours
	// kernel is what computes them.
	kernel() *engine.Kernel
}

// A part is a network on a picture made smaller, and the layers whose statistics count.
type part struct {
	level  int // of the pyramid
	fold   fold
	passes *engine.Passes
	layers []*layer
	input  []float32 // of the network
	back   []float32 // the gradient there
	given  [][]float32
}

// A layer is activations F, [positions, channels], of which the Gram matrix
// G = F^T F / positions counts.
type layer struct {
	name                string
	channels, positions int
	weight              float64     // w of the loss
	target              []float64   // G*, [channels][channels]
	gram                []float64   // G of the latest picture
	chunks              [][]float64 // of sums over positions, added up in their order whoever computed them
	rooms               [][]float32 // of the kernel, for each chunk
	mix                 *engine.Conv
	mixed               *engine.Plan // F times a matrix, [positions, channels]
	ws                  engine.Workspace
}

// newPart prepares a network, whose input of h x w pixels has what fold makes of a picture,
// for gradients from the nodes at; pixels of a folded one are split positions each.
func newPart(k *engine.Kernel, net *engine.Network, f fold, at []engine.Node, names []string, split, threads int) (*part, error) {
	p := &part{fold: f}
	d := engine.Derivative{Of: at[0], Also: at[1:], At: []engine.Node{0}, Outputs: at}
	var err error
	if p.passes, err = net.PlanPasses(f.outH, f.outW, threads, d); err != nil {
		return nil, err
	}
	p.input, p.back = make([]float32, f.floats()), make([]float32, f.floats())
	for i, name := range names {
		h, w, c := p.passes.Size(i)
		l := &layer{name: name, channels: c / split, positions: h * w * split, weight: 1}
		l.target, l.gram = make([]float64, l.channels*l.channels), make([]float64, l.channels*l.channels)
		for range chunks {
			l.chunks, l.rooms = append(l.chunks, make([]float64, len(l.gram))), append(l.rooms, nil)
		}
		shape := engine.Shape{In: l.channels, Out: l.channels, Size: 1, Stride: 1, Dilation: 1}
		l.mix = engine.NewConv(k, shape, false).Pack(make([]float32, len(l.gram)), nil, nil)
		mixer, in := engine.NewNetwork(k, l.channels)
		if l.mixed, err = mixer.Plan(h*split, w, threads, mixer.Conv(l.mix, in)); err != nil {
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

// backward adds the gradient of loss to that of the picture, white.
func (p *part) backward(ctx context.Context, white []float32) error {
	values := p.passes.Values()
	for i, l := range p.layers {
		if err := l.gradient(ctx, p.given[i], values[i]); err != nil {
			return err
		}
	}
	if err := p.passes.Backward(ctx, p.given, p.back); err != nil {
		return err
	}
	p.fold.adjoint(white, p.back)
	return nil
}

func tooSmall(p *Picture, least int) error {
	return fmt.Errorf("picture of %dx%d pixels is too small for these filters, which need %dx%d: give a larger one, or fewer scales", p.W, p.H, least, least)
}
