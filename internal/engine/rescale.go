package engine

// rescaled makes b compute n twice, from its input and from another one, with every ReLU
// an operation of its own, as its own input matters. It returns what d says of n in
// terms of the first of the two.
func (b *backward) rescaled(n *Network, d Derivative, e extent) Derivative {
	net, in := NewNetwork(n.kernel, n.nodes[0].channels)
	b.Network, b.reference = net, map[Node]Node{}
	one, other := b.unfused(n, in), b.unfused(n, net.input(n.nodes[0].channels, e))
	for i, c := range one.all {
		b.reference[c] = other.all[i]
	}
	moved := Derivative{Of: one.node[d.Of]}
	for _, c := range d.Also {
		moved.Also = append(moved.Also, one.node[c])
	}
	for _, c := range d.At {
		moved.At = append(moved.At, one.node[c])
	}
	for _, c := range d.Outputs {
		moved.Outputs = append(moved.Outputs, one.node[c])
	}
	return moved
}

// unfused are the nodes of a copy of a network.
type unfused struct {
	node map[Node]Node // of each node of the network
	all  []Node        // with those that it lacks, before ReLUs, in order
}

// unfused adds the operations of n, with in for its input.
func (b *backward) unfused(n *Network, in Node) unfused {
	u := unfused{map[Node]Node{0: in}, []Node{in}}
	made := make(map[Node]*op)
	for i := range n.ops {
		made[n.ops[i].out] = &n.ops[i]
	}
	keep := func(c Node) Node {
		u.all = append(u.all, c)
		return c
	}
	for c := Node(1); int(c) < len(n.nodes); c++ {
		if parts := n.nodes[c].parts; len(parts) > 0 {
			var moved []Node
			for _, p := range parts {
				moved = append(moved, u.node[p])
			}
			u.node[c] = keep(b.Concat(moved...))
			continue
		}
		o := made[c]
		residual := none
		if o.residual != none {
			residual = u.node[o.residual]
		}
		b.Group(o.group)
		l, ok := o.layer.(*Conv)
		if !ok {
			u.node[c] = keep(b.Network.apply(o.layer, u.node[o.in], residual))
			continue
		}
		linear := *l
		// Equal windows of the two inputs have to give equal bits, whatever is beside them: what
		// rounding makes different would be divided by.
		linear.ReLU, linear.Winograd = false, false
		z := keep(b.Network.apply(&linear, u.node[o.in], residual))
		if !l.ReLU {
			u.node[c] = z
			continue
		}
		u.node[c] = keep(b.Network.apply(relu{pointwise(l.Out)}, z, none))
	}
	return u
}

// throughMaxima takes g through a maximum pooling by the Rescale rule.
func (b *backward) throughMaxima(l maxPool, o *op, g Node) {
	in, out := b.reference[o.in], b.reference[o.out]
	to, windows := b.have[o.in], b.have[o.out]
	here, there := b.index(l, o.in, o.out), b.index(l, in, out)
	at := maxGather{gather(l)}
	rise := b.apply(rise{l.Shape.pointwise()}, o.out, g, windows, out)
	fall := b.apply(fall{l.Shape.pointwise()}, o.out, g, windows, out)
	share := b.apply(at, fall, b.apply(at, rise, none, to, here), to, there)
	plain := b.apply(at, g, none, to, here)
	b.give(o.in, b.apply(quotient{l.Shape.pointwise()}, o.in, plain, to, in, share))
}

// pointwise is the geometry of what looks at one pixel of what s puts out.
func (s Shape) pointwise() Shape { return pointwise(s.Out) }

// relu is a ReLU by itself.
type relu struct{ Shape }

func (l relu) shape() Shape         { return l.Shape }
func (l relu) multiplications() int { return 0 }

func (l relu) rows(_ *tiler, s *step, in, out view, _ *view, y0, y1 int) {
	eachPixel(s, y0, y1, func(y, x int) {
		dst := out.pixels(y, x, x+1, l.Out)
		for c, v := range in.pixels(y, x, x+1, l.Out) {
			dst[c] = atLeast(0, v)
		}
	})
}

// A rescale multiplies the gradient at a ReLU, its residual, by the slope of the line
// between what the ReLU does to its input and to the other one.
type rescale struct{ Shape }

func (l rescale) shape() Shape         { return l.Shape }
func (l rescale) multiplications() int { return 0 }

func (l rescale) rows(t *tiler, s *step, in, out view, res *view, y0, y1 int) {
	eachPixel(s, y0, y1, func(y, x int) {
		dst, g, z0 := out.pixels(y, x, x+1, l.Out), res.pixels(y, x, x+1, l.Out), t.with[0].pixels(y, x, x+1, l.Out)
		for c, z := range in.pixels(y, x, x+1, l.Out) {
			dst[c] = g[c] * slope(z, z0[c])
		}
	})
}

// slope returns (ReLU(a) - ReLU(b)) / (a - b), and the ReLU's derivative where a = b.
func slope(a, b float32) float32 {
	switch {
	case a > 0 && b > 0:
		return 1
	case a > 0:
		return a / (a - b)
	case b > 0:
		return b / (b - a)
	}
	return 0
}

// A scaleRescale is a rescale for max(0, scale[c]*x + shift[c]).
type scaleRescale struct{ scaleShiftReLU }

func (l scaleRescale) rows(t *tiler, s *step, in, out view, res *view, y0, y1 int) {
	n := len(l.scale)
	eachPixel(s, y0, y1, func(y, x int) {
		dst, g, x0 := out.pixels(y, x, x+1, n), res.pixels(y, x, x+1, n), t.with[0].pixels(y, x, x+1, n)
		for c, v := range in.pixels(y, x, x+1, n) {
			dst[c] = g[c] * l.scale[c] * slope(float32(v*l.scale[c])+l.shift[c], float32(x0[c]*l.scale[c])+l.shift[c])
		}
	})
}

// A rise multiplies the gradient at a maximum by how far it is above the other one, if
// it is; a fall by how far below.
type (
	rise struct{ Shape }
	fall struct{ Shape }
)

func (l rise) shape() Shape         { return l.Shape }
func (l rise) multiplications() int { return 0 }
func (l fall) shape() Shape         { return l.Shape }
func (l fall) multiplications() int { return 0 }

func (l rise) rows(t *tiler, s *step, in, out view, res *view, y0, y1 int) {
	eachPixel(s, y0, y1, func(y, x int) {
		dst, g, other := out.pixels(y, x, x+1, l.Out), res.pixels(y, x, x+1, l.Out), t.with[0].pixels(y, x, x+1, l.Out)
		for c, v := range in.pixels(y, x, x+1, l.Out) {
			dst[c] = g[c] * max(0, v-other[c])
		}
	})
}

func (l fall) rows(t *tiler, s *step, in, out view, res *view, y0, y1 int) {
	eachPixel(s, y0, y1, func(y, x int) {
		dst, g, other := out.pixels(y, x, x+1, l.Out), res.pixels(y, x, x+1, l.Out), t.with[0].pixels(y, x, x+1, l.Out)
		for c, v := range in.pixels(y, x, x+1, l.Out) {
			dst[c] = g[c] * min(0, v-other[c])
		}
	})
}

// A quotient divides the shares of pixels in what the maxima change by, by what the
// pixels themselves do; the residual, the gradient, is for those that do not.
type quotient struct{ Shape }

func (l quotient) shape() Shape         { return l.Shape }
func (l quotient) multiplications() int { return 0 }

func (l quotient) rows(t *tiler, s *step, in, out view, res *view, y0, y1 int) {
	eachPixel(s, y0, y1, func(y, x int) {
		dst, plain := out.pixels(y, x, x+1, l.Out), res.pixels(y, x, x+1, l.Out)
		other, share := t.with[0].pixels(y, x, x+1, l.Out), t.with[1].pixels(y, x, x+1, l.Out)
		for c, v := range in.pixels(y, x, x+1, l.Out) {
			if v == other[c] {
				dst[c] = plain[c]
			} else {
				dst[c] = share[c] / (v - other[c])
			}
		}
	})
}
