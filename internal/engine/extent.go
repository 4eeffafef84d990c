package engine

import "fmt"

// An extent is a height and width in pixels.
type extent struct{ h, w int }

func (a extent) min(b extent) extent { return extent{min(a.h, b.h), min(a.w, b.w)} }
func (a extent) max(b extent) extent { return extent{max(a.h, b.h), max(a.w, b.w)} }

// sizes says, for an input of one size, what of a network must be computed.
type sizes struct {
	have []extent // of each node
	need []extent // the part of it at the top left that the outputs depend on
	live []int    // operations the outputs depend on, by index, in order
}

// size propagates the input's extent forwards and the demand of outs backwards:
// windows with a stride, and crops, leave rows and columns at the bottom and
// right that nobody asks for.
func (n *Network) size(input extent, outs []Node) (sizes, error) {
	s, err := n.forwards(input, outs)
	if err != nil {
		return s, err
	}
	for _, out := range outs {
		n.demand(&s, out, s.have[out])
	}
	for i := len(n.ops) - 1; i >= 0; i-- {
		o := &n.ops[i]
		need := s.need[o.out]
		if need.h == 0 {
			continue
		}
		s.live = append(s.live, i)
		n.demand(&s, o.in, o.input(need, s.have[o.in]))
		if o.residual != none {
			n.demand(&s, o.residual, need)
		}
		for _, c := range o.with {
			n.demand(&s, c, o.input(need, s.have[c]))
		}
	}
	for i, j := 0, len(s.live)-1; i < j; i, j = i+1, j-1 {
		s.live[i], s.live[j] = s.live[j], s.live[i]
	}
	return s, nil
}

// forwards propagates the input's extent, and reports whether there is anything of outs.
func (n *Network) forwards(input extent, outs []Node) (sizes, error) {
	s := sizes{have: make([]extent, len(n.nodes)), need: make([]extent, len(n.nodes))}
	for _, in := range n.inputs {
		s.have[in.node] = in.extent
	}
	s.have[0] = input
	for i := range n.ops {
		o := &n.ops[i]
		if err := n.join(&s, o.in); err != nil {
			return s, err
		}
		for _, c := range o.with {
			if err := n.join(&s, c); err != nil {
				return s, err
			}
		}
		s.have[o.out] = o.output(s.have[o.in])
		if o.residual != none {
			if err := n.join(&s, o.residual); err != nil {
				return s, err
			}
			s.have[o.out] = s.have[o.out].min(s.have[o.residual])
		}
	}
	for _, out := range outs {
		if err := n.join(&s, out); err != nil {
			return s, err
		}
		if e := s.have[out]; e.h < 1 || e.w < 1 {
			return s, fmt.Errorf("an input of %dx%d pixels is too small for the network", input.w, input.h)
		}
	}
	return s, nil
}

// join sets the extent of a concatenation to that of its parts.
func (n *Network) join(s *sizes, c Node) error {
	for i, p := range n.nodes[c].parts {
		if err := n.join(s, p); err != nil {
			return err
		}
		if i > 0 && s.have[p] != s.have[c] {
			return fmt.Errorf("an input of %dx%d pixels leads to maps of %dx%d and %dx%d that should be joined",
				s.have[0].w, s.have[0].h, s.have[c].w, s.have[c].h, s.have[p].w, s.have[p].h)
		}
		s.have[c] = s.have[p]
	}
	return nil
}

// demand notes that e of node c is needed.
func (n *Network) demand(s *sizes, c Node, e extent) {
	s.need[c] = s.need[c].max(e)
	for _, p := range n.nodes[c].parts {
		n.demand(s, p, e)
	}
}

// output returns the extent of o's result for an input of extent in.
func (o *op) output(in extent) extent {
	if o.fixed.h > 0 {
		return o.fixed
	}
	return extent{o.layer.output(in.h), o.layer.output(in.w)}
}

// input returns the part of an input that out of the result depends on.
func (o *op) input(out, have extent) extent {
	if _, ok := o.layer.(adaptiveAvgPool); ok {
		return have // the size of its windows does
	}
	_, h := o.layer.inputs(0, out.h, have.h)
	_, w := o.layer.inputs(0, out.w, have.w)
	return extent{h, w}
}
