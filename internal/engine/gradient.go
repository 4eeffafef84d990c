package engine

import (
	"fmt"
	"slices"
)

// A Derivative says what of a network's gradients to compute.
type Derivative struct {
	Of      Node   // the gradient at Of is given, and taken backwards
	Also    []Node // those at these are given too, and added to what comes to them from elsewhere; none twice
	At      []Node // to these
	Outputs []Node // what else is wanted, activations
	// Rescale asks, instead of for gradients, for the multipliers of DeepLIFT's Rescale
	// rule (A. Shrikumar, P. Greenside, A. Kundaje, Learning Important Features Through
	// Propagating Activation Differences, ICML 2017) against another input: what they
	// give, multiplied by the difference of the inputs, adds up to the difference at Of.
	// Of what the maximum of a window changes by, the part above the lower of the two
	// maxima belongs to where the higher one is.
	Rescale bool
}

// PlanGradient prepares the computation of gradients, for inputs of h x w pixels on
// threads CPUs. RunInputs takes the input, with Rescale the other one that it is held
// against, and the gradients at Of and Also; it gives the Outputs, then the gradients At. The network computes forwards what the
// gradients need and keeps it, so a pass needs memory for all activations that a ReLU or
// a maximum has made; its plan is a plan like any other. Weights are packed once
// more, for the way back, when a convolution is first gone through, and kept.
func (n *Network) PlanGradient(h, w, threads int, d Derivative) (*Plan, error) {
	net, outs, err := n.derive(h, w, d)
	if err != nil {
		return nil, err
	}
	return net.Plan(h, w, threads, outs...)
}

// derive returns a network that goes forwards and backwards, and what is wanted of it.
func (n *Network) derive(h, w int, d Derivative) (*Network, []Node, error) {
	b := &backward{Network: n.copy()}
	if d.Rescale {
		d = b.rescaled(n, d, extent{h, w})
	}
	s, err := b.size(extent{h, w}, slices.Concat([]Node{d.Of}, d.Also, d.At, d.Outputs))
	if err != nil {
		return nil, nil, err
	}
	b.have = s.have
	return b.Network, slices.Concat(d.Outputs, b.gradients(d)), nil
}

// copy returns a network to which more can be added. Its convolutions are direct: gates and
// maxima turn at what is nearly equal, so that a gradient jumps where an activation is rounded
// otherwise.
func (n *Network) copy() *Network {
	c := *n
	c.nodes = append([]node{}, n.nodes...)
	c.ops = append([]op{}, n.ops...)
	for i := range c.ops {
		if conv, ok := c.ops[i].layer.(*Conv); ok {
			direct := *conv
			direct.Winograd = false
			c.ops[i].layer = &direct
		}
	}
	c.inputs = append([]input{}, n.inputs...)
	return &c
}

// backward is a network to which the way back is added.
type backward struct {
	*Network
	have      []extent
	leads     []bool        // whether a node depends on one where the gradient is wanted
	grads     []Node        // of each node: its gradient, as far as it is added up; none if it has none yet
	reference map[Node]Node // with Rescale: of a node, that computed from the other input
}

// gradients adds the operations that take the gradients that are given backwards, and
// returns where they arrive.
func (b *backward) gradients(d Derivative) []Node {
	forward := len(b.nodes)
	b.grads, b.leads = make([]Node, forward), make([]bool, forward)
	for i := range b.grads {
		b.grads[i] = none
	}
	made := make([]*op, forward)
	for i := range b.ops {
		made[b.ops[i].out] = &b.ops[i]
	}
	for _, at := range d.At {
		b.leads[at] = true
	}
	for c := range b.nodes {
		for _, p := range b.nodes[c].parts {
			b.leads[c] = b.leads[c] || b.leads[p]
		}
		if o := made[c]; o != nil {
			b.leads[c] = b.leads[c] || b.leads[o.in] || o.residual != none && b.leads[o.residual]
		}
	}
	last := d.Of
	for _, of := range append([]Node{d.Of}, d.Also...) {
		b.grads[of] = b.input(b.nodes[of].channels, b.have[of])
		b.have = append(b.have, b.have[of])
		last = max(last, of)
	}
	for c := last; c >= 0; c-- {
		switch g := b.grads[c]; {
		case g == none || !b.leads[c]:
		case len(b.nodes[c].parts) > 0:
			b.part(c, g)
		case made[c] != nil:
			o := *made[c] // b.ops grows
			b.Group(o.group)
			b.through(&o, g)
		}
	}
	var outs []Node
	for _, at := range d.At {
		if at > last || b.grads[at] == none {
			panic(fmt.Sprintf("engine: node %d does not depend on node %d", last, at))
		}
		outs = append(outs, b.cut(b.grads[at], 0, b.nodes[at].channels, b.have[at]))
	}
	return outs
}

// apply adds an operation of the way back, with a result of extent to.
func (b *backward) apply(l layer, in, residual Node, to extent, with ...Node) Node {
	out := b.add(l.shape().Out)
	b.ops = append(b.ops, op{layer: l, in: in, out: out, residual: residual, with: with, fixed: to, group: b.group})
	b.have = append(b.have, to)
	return out
}

// give adds g to the gradient at c.
func (b *backward) give(c, g Node) {
	if acc := b.grads[c]; acc != none {
		g = b.apply(sum{pointwise(b.nodes[c].channels), b.kernel}, g, acc, b.have[c])
	}
	b.grads[c] = g
}

// cut returns n channels of g from the given one on, with zeros where it is smaller than
// extent to. It is g itself if that is all.
func (b *backward) cut(g Node, from, n int, to extent) Node {
	if from == 0 && n == b.nodes[g].channels && b.have[g] == to {
		return g
	}
	return b.apply(cut{pointwise(n), from}, g, none, to)
}

// part gives the parts of concatenation c theirs of its gradient. The first one's begins
// where all of it does: what reads it leaves the other channels alone.
func (b *backward) part(c, g Node) {
	from := 0
	for i, p := range b.nodes[c].parts {
		n := b.nodes[p].channels
		switch {
		case !b.leads[p]:
		case i == 0 && b.grads[p] == none:
			b.grads[p] = g
		default:
			b.give(p, b.cut(g, from, n, b.have[c]))
		}
		from += n
	}
}

// through takes g, the gradient at what o computes, to what o reads.
func (b *backward) through(o *op, g Node) {
	to := b.have[o.in]
	switch l := o.layer.(type) {
	case *Conv:
		b.throughConv(l, o, g)
	case relu:
		b.give(o.in, b.apply(rescale(l), o.in, g, to, b.reference[o.in]))
	case scaleShiftReLU:
		if other, ok := b.reference[o.in]; ok {
			b.give(o.in, b.apply(scaleRescale{l}, o.in, g, to, other))
		} else {
			b.give(o.in, b.apply(scaleGate{l}, o.in, g, to))
		}
	case maxPool:
		if _, ok := b.reference[o.in]; ok {
			b.throughMaxima(l, o, g)
		} else {
			b.grads[o.in] = b.apply(maxGather{gather(l)}, g, b.grads[o.in], to, b.index(l, o.in, o.out))
		}
	case avgPool:
		b.grads[o.in] = b.apply(avgGather{gather(l)}, g, b.grads[o.in], to)
	case adaptiveAvgPool:
		b.grads[o.in] = b.apply(adaptiveGather{l, to}, g, b.grads[o.in], to)
	case mean:
		b.grads[o.in] = b.apply(adaptiveGather{adaptiveAvgPool{l.In, 1, b.kernel}, to}, g, b.grads[o.in], to)
	default:
		panic(fmt.Sprintf("engine: no gradient of %T", l))
	}
}

// throughConv takes g through a convolution, its ReLU and its sum.
func (b *backward) throughConv(c *Conv, o *op, g Node) {
	if c.ReLU {
		g = b.apply(gate{pointwise(c.Out), b.kernel}, o.out, g, b.have[o.out])
	}
	if o.residual != none && b.leads[o.residual] {
		b.give(o.residual, b.cut(g, 0, c.Out, b.have[o.residual]))
	}
	if !b.leads[o.in] {
		return
	}
	to := b.have[o.in]
	if whole := (extent{c.output(to.h), c.output(to.w)}); b.have[g] != whole { // less the sum's rims
		g = b.cut(g, 0, c.Out, whole)
	}
	var l layer
	switch {
	case c.Size > 1 && c.Dilation == 1 && b.have[g] == (extent{1, 1}) && to == (extent{c.Size, c.Size}):
		// A linear layer: each pixel has a tap of its own, as if the window moved on by its size.
		l = c.With(c.Size, 1).adjoint().on(b.have[g], to)
	case c.Stride == 1: // all pixels are of one phase
		back := *c.adjoint().convs[0]
		back.Pad = (c.Size-1)*c.Dilation - c.Pad
		l = &back
	default:
		l = c.adjoint().on(b.have[g], to)
	}
	b.grads[o.in] = b.apply(l, g, b.grads[o.in], to)
}

// index returns where the maxima of the windows are.
func (b *backward) index(l maxPool, in, out Node) Node {
	return b.apply(maxIndex(l), in, none, b.have[out])
}
