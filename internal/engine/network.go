// Package engine computes convolutional networks on float32 values, by kernels for the CPU
// at hand; docs/engine.md says how.
package engine

import (
	"fmt"
	"slices"
)

// A Network is a list of operations on activations, in the order in which they
// run. It knows no image size: Plan fixes one. Build it once, then share it.
type Network struct {
	nodes  []node
	ops    []op
	inputs []input
	group  string
	kernel *Kernel
}

// A Node is an activation of a Network: the input or the result of an operation.
type Node int

type node struct {
	channels int
	parts    []Node // of a concatenation
	group    string
}

// An input is a node that the caller gives. The extent of the first is that which
// a plan is made for.
type input struct {
	node Node
	extent
}

// An op computes one node from others.
type op struct {
	layer    layer
	in, out  Node
	residual Node   // what the layer adds or takes up, pixel by pixel of out; none if negative
	with     []Node // what it reads beside in, at the same pixels
	fixed    extent // of out, if that does not follow from in
	group    string
}

const none Node = -1

// NewNetwork returns a network without operations for inputs of the given
// number of channels, and its input. What is no convolution runs on kernel k.
func NewNetwork(k *Kernel, channels int) (*Network, Node) {
	n := &Network{kernel: k}
	return n, n.input(channels, extent{})
}

// input adds an input, of that extent if it is not the first.
func (n *Network) input(channels int, e extent) Node {
	c := n.add(channels)
	n.inputs = append(n.inputs, input{c, e})
	return c
}

// Group names the operations that follow, for profiles.
func (n *Network) Group(name string) { n.group = name }

func (n *Network) add(channels int, parts ...Node) Node {
	n.nodes = append(n.nodes, node{channels, parts, n.group})
	return Node(len(n.nodes) - 1)
}

func (n *Network) apply(l layer, in, residual Node) Node {
	s := l.shape()
	if !s.valid() || n.nodes[in].channels != s.In || residual != none && n.nodes[residual].channels != s.Out {
		panic(fmt.Sprintf("engine: applying %+v to %d channels", s, n.nodes[in].channels))
	}
	out := n.add(s.Out)
	n.ops = append(n.ops, op{layer: l, in: in, out: out, residual: residual, group: n.group})
	return out
}

// isInput reports whether the caller gives c.
func (n *Network) isInput(c Node) bool {
	return slices.ContainsFunc(n.inputs, func(in input) bool { return in.node == c })
}

// Conv applies c, its bias and its ReLU to in.
func (n *Network) Conv(c *Conv, in Node) Node { return n.apply(c, in, none) }

// ConvAdd applies c to in and adds residual before the ReLU. Of the two, rows
// and columns at the bottom and right that the other lacks are left out.
func (n *Network) ConvAdd(c *Conv, in, residual Node) Node { return n.apply(c, in, residual) }

// MaxPool takes the largest value in each window of s, which may be padded by
// up to half its size.
func (n *Network) MaxPool(s Shape, in Node) Node {
	if s.In != s.Out || 2*s.Pad > s.reach() {
		panic(fmt.Sprintf("engine: maximum pooling by %+v", s))
	}
	return n.apply(maxPool{s, n.kernel}, in, none)
}

// AvgPool takes the mean of each window of s, which must not be padded.
func (n *Network) AvgPool(s Shape, in Node) Node {
	if s.In != s.Out || s.Pad != 0 {
		panic(fmt.Sprintf("engine: average pooling by %+v", s))
	}
	return n.apply(avgPool{s, n.kernel}, in, none)
}

// AdaptiveAvgPool divides a map of any size into size x size windows of about
// the same size and takes the mean of each, as PyTorch's AdaptiveAvgPool2d does.
func (n *Network) AdaptiveAvgPool(size int, in Node) Node {
	if size < 1 {
		panic(fmt.Sprintf("engine: adaptive average pooling to %d", size))
	}
	return n.apply(adaptiveAvgPool{n.nodes[in].channels, size, n.kernel}, in, none)
}

// ScaleShiftReLU computes max(0, scale[c]*x + shift[c]).
func (n *Network) ScaleShiftReLU(scale, shift []float32, in Node) Node {
	if len(scale) != len(shift) {
		panic("engine: scale and shift differ in length")
	}
	return n.apply(scaleShiftReLU{scale, shift, n.kernel}, in, none)
}

// Concat joins the channels of maps of one size. They are computed in place:
// a node can be part of one concatenation only, and not be the input.
func (n *Network) Concat(parts ...Node) Node {
	channels := 0
	for _, p := range parts {
		channels += n.nodes[p].channels
	}
	return n.add(channels, parts...)
}

// Mean averages each channel over all pixels, summing in float64, row by row:
// one pixel remains.
func (n *Network) Mean(in Node) Node {
	return n.apply(mean{pointwise(n.nodes[in].channels)}, in, none)
}

// Layers returns the names of the groups, in their order.
func (n *Network) Layers() []string {
	var names []string
	for _, o := range n.ops {
		if !slices.Contains(names, o.group) {
			names = append(names, o.group)
		}
	}
	return names
}

// Layer returns the last node of a group.
func (n *Network) Layer(group string) (Node, bool) {
	for c := len(n.nodes) - 1; c > 0; c-- {
		if n.nodes[c].group == group && !n.isInput(Node(c)) {
			return Node(c), true
		}
	}
	return none, false
}

// Channels returns how many channels a node has.
func (n *Network) Channels(c Node) int { return n.nodes[c].channels }

// MACs counts the multiply-adds of all convolutions for an input of h x w
// pixels, whatever a Plan leaves out. It is an error if no pixel is left of out.
func (n *Network) MACs(h, w int, out Node) (int64, error) {
	s, err := n.size(extent{h, w}, []Node{out})
	if err != nil {
		return 0, err
	}
	var total int64
	for _, o := range n.ops {
		if c, ok := o.layer.(*Conv); ok {
			e := s.have[o.out]
			total += int64(e.h) * int64(e.w) * int64(c.multiplications())
		}
	}
	return total, nil
}

// reads returns the nodes o is computed from.
func (o *op) reads() []Node {
	reads := append([]Node{o.in}, o.with...)
	if o.residual != none {
		reads = append(reads, o.residual)
	}
	return reads
}
