package engine

// A Field is the part of the input that a pixel of a node depends on, padding not
// looked at: the square of Size x Size pixels whose centre is at Origin + i*Stride along
// each axis, for pixel i.
type Field struct {
	Size, Stride int
	Origin       int // the pixel left of and above the centre where Size is even
}

// look is a Field by the first and last pixel that pixel 0 depends on.
type look struct{ first, last, stride int }

// Field returns the field of out, which is computed from the input by convolutions, by
// pooling with windows, and pixel by pixel: not by means over all pixels, which have
// no field. Paths that meet must have taken strides of the same product.
func (n *Network) Field(out Node) Field {
	looks := make([]look, len(n.nodes))
	looks[0].stride = 1
	for _, o := range n.ops {
		s, in := o.layer.shape(), n.look(looks, o.in)
		in.first -= s.Pad * in.stride
		in.last += (s.reach() - 1 - s.Pad) * in.stride
		in.stride *= s.Stride
		if o.residual != none {
			in = in.with(n.look(looks, o.residual))
		}
		looks[o.out] = in
	}
	s := n.look(looks, out)
	return Field{Size: s.last - s.first + 1, Stride: s.stride, Origin: (s.first + s.last) >> 1}
}

// look returns that of a node: for a concatenation, that of all its parts.
func (n *Network) look(looks []look, c Node) look {
	parts := n.nodes[c].parts
	if len(parts) == 0 {
		return looks[c]
	}
	s := n.look(looks, parts[0])
	for _, p := range parts[1:] {
		s = s.with(n.look(looks, p))
	}
	return s
}

func (a look) with(b look) look {
	return look{min(a.first, b.first), max(a.last, b.last), a.stride}
}

// Size returns how many rows and columns a node has for an input of h x w pixels. It
// is an error if none is left.
func (n *Network) Size(h, w int, out Node) (rows, cols int, err error) {
	s, err := n.size(extent{h, w}, []Node{out})
	if err != nil {
		return 0, 0, err
	}
	return s.have[out].h, s.have[out].w, nil
}
