package engine

// thin returns what outs need of n, with strides moved towards the input. Where all that reads a
// node skips pixels of it, as pointwise convolutions with a stride do, the node
// need not be computed at those pixels, nor what it is computed from. In a
// BagNet-9 that leaves out three quarters of the second stage.
func (n *Network) thin(outs []Node) *Network {
	every := n.lattice(outs)
	thinned := &Network{nodes: n.nodes, inputs: n.inputs, kernel: n.kernel}
	for _, o := range n.ops {
		if every[o.out] == 0 {
			continue // nobody needs it
		}
		if c, ok := o.layer.(*Conv); ok {
			o.layer = c.With(c.Stride*every[o.out]/every[o.in], c.Dilation)
		}
		thinned.ops = append(thinned.ops, o)
	}
	return thinned
}

// lattice returns for each node the largest step, in pixels along both axes,
// at which it is needed for outs; 0 if it is not needed.
func (n *Network) lattice(outs []Node) []int {
	limit := make([]int, len(n.nodes)) // the steps allowed are its divisors; 0 allows all
	for _, in := range n.inputs {
		limit[in.node] = 1
	}
	for _, out := range outs {
		limit[out] = 1
	}
	for c, node := range n.nodes {
		for _, p := range node.parts {
			limit[c], limit[p] = 1, 1
		}
	}
	for i := range n.ops {
		// What may be computed in squares stays whole: its bits must not depend on who reads it.
		if c, ok := n.ops[i].layer.(*Conv); !ok || n.ops[i].fixed.h > 0 || c.filterable() {
			limit[n.ops[i].out] = 1
		}
	}
	for {
		every := make([]int, len(n.nodes))
		for _, out := range outs {
			n.want(every, out, 1)
		}
		for i := len(n.ops) - 1; i >= 0; i-- {
			o := &n.ops[i]
			if every[o.out] == 0 {
				continue
			}
			every[o.out] = gcd(every[o.out], limit[o.out])
			step := 1
			if c, ok := o.layer.(*Conv); ok && c.Size == 1 && c.Pad == 0 {
				step = gcd(c.Stride*every[o.out], limit[o.in])
			}
			n.want(every, o.in, step)
			if o.residual != none {
				n.want(every, o.residual, gcd(every[o.out], limit[o.residual]))
			}
			for _, c := range o.with {
				n.want(every, c, 1)
			}
		}
		agreed := true
		for i := range n.ops { // a sum and its residual must have the same step
			o := &n.ops[i]
			if every[o.out] > 0 && o.residual != none && every[o.residual] != every[o.out] {
				limit[o.out], agreed = every[o.residual], false
			}
		}
		if agreed {
			return every
		}
	}
}

// want notes that c is needed at every step-th pixel.
func (n *Network) want(every []int, c Node, step int) {
	every[c] = gcd(every[c], step)
	for _, p := range n.nodes[c].parts {
		n.want(every, p, step)
	}
}

// gcd returns the greatest common divisor; that of 0 and n is n.
func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
