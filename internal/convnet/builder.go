package convnet

import (
	"fmt"
	"slices"
	"strings"

	"bagnet/internal/engine"
	"bagnet/internal/weights"
)

// A builder connects a network, layer by layer as its definition has them, and
// notes which tensors of which shapes each calls for. Widths are read off the
// tensors; no weight is. Nothing is checked on the way: check says whether what
// was built is what the tensors are, then pack packs them.
type builder struct {
	*engine.Network
	image  engine.Node
	set    *weights.Set
	kernel *engine.Kernel

	average bool         // whether a VGG pools by means
	named   []TrunkLayer // of a VGG

	architecture weights.Architecture
	shapes       weights.Shapes
	layers       []weights.Layer
	norms        []norm
}

// A norm is a BatchNorm that cannot be folded, as no convolution precedes it.
type norm struct {
	name         string
	scale, shift []float32
}

func newBuilder(set *weights.Set, kernel *engine.Kernel) *builder {
	b := &builder{set: set, kernel: kernel, shapes: weights.Shapes{}}
	b.Network, b.image = engine.NewNetwork(kernel, 3)
	return b
}

// A conv is a torch.nn.Conv2d with what follows it. Its width is that of its
// tensor.
type conv struct {
	name              string
	size, stride, pad int
	bias              bool
	norm              string // the BatchNorm2d behind it, "" if there is none
	relu              bool
}

// conv applies a convolution.
func (b *builder) conv(c conv, x engine.Node) engine.Node {
	return b.Conv(b.declare(c, b.width(c.name), b.Channels(x)), x)
}

// convAdd applies a convolution and adds residual before the ReLU.
func (b *builder) convAdd(c conv, x, residual engine.Node) engine.Node {
	return b.ConvAdd(b.declare(c, b.Channels(residual), b.Channels(x)), x, residual)
}

// width returns how many channels a layer puts out, by its tensor.
func (b *builder) width(name string) int {
	shape := b.set.Shape(name + ".weight")
	if len(shape) == 0 || slices.Contains(shape, 0) {
		return 1 // check will complain
	}
	return shape[0]
}

func (b *builder) declare(c conv, out, in int) *engine.Conv {
	shape := engine.Shape{In: in, Out: out, Size: c.size, Stride: c.stride, Dilation: 1, Pad: c.pad}
	l := weights.Layer{Conv: engine.NewConv(b.kernel, shape, c.relu), Weight: c.name + ".weight", Norm: c.norm}
	l.Conv.Winograd = true
	b.shapes[l.Weight] = []int{out, in, c.size, c.size}
	if c.bias {
		l.Bias = c.name + ".bias"
		b.shapes[l.Bias] = []int{out}
	}
	if c.norm != "" {
		b.shapes.Norm(c.norm, out)
	}
	b.layers = append(b.layers, l)
	return l.Conv
}

// linear returns a torch.nn.Linear on a flattened map of size x size pixels of
// in channels.
func (b *builder) linear(name string, in, size int, relu bool) *engine.Conv {
	c := b.declare(conv{name: name, size: size, stride: 1, bias: true, relu: relu}, b.width(name), in)
	b.shapes[name+".weight"] = []int{c.Out, in * size * size} // the same floats
	return c
}

// A head is what a network does with its last feature map: apply applies that to
// a map in whatever network, and returns the logits. The group of its operations is
// "classifier".
type head struct {
	apply func(net *engine.Network, features engine.Node) engine.Node
	// linear is the layer, if the head is one linear layer on the mean of all
	// positions: the mean of the layer at each of them is the same. Else nil.
	linear *engine.Conv
}

// meanHead is one linear layer on the mean of all positions.
func (b *builder) meanHead(name string, features engine.Node) head {
	fc := b.linear(name, b.Channels(features), 1, false)
	return head{func(net *engine.Network, x engine.Node) engine.Node { return net.Conv(fc, net.Mean(x)) }, fc}
}

// normReLU applies a torch.nn.BatchNorm2d and a ReLU.
func (b *builder) normReLU(name string, x engine.Node) engine.Node {
	n := b.Channels(x)
	b.shapes.Norm(name, n)
	b.norms = append(b.norms, norm{name, make([]float32, n), make([]float32, n)})
	last := &b.norms[len(b.norms)-1]
	return b.ScaleShiftReLU(last.scale, last.shift, x)
}

// maxPool applies a torch.nn.MaxPool2d.
func (b *builder) maxPool(size, stride, pad int, x engine.Node) engine.Node {
	n := b.Channels(x)
	return b.MaxPool(engine.Shape{In: n, Out: n, Size: size, Stride: stride, Dilation: 1, Pad: pad}, x)
}

// avgPool applies a torch.nn.AvgPool2d.
func (b *builder) avgPool(size, stride int, x engine.Node) engine.Node {
	n := b.Channels(x)
	return b.AvgPool(engine.Shape{In: n, Out: n, Size: size, Stride: stride, Dilation: 1}, x)
}

// check returns the architecture of what was built, unless the tensors are
// others.
func (b *builder) check() (weights.Architecture, error) {
	a := b.architecture
	for i, l := range b.layers {
		want, shape := b.shapes[l.Weight], b.set.Shape(l.Weight)
		if i > 0 && len(want) == 4 && len(shape) == 4 && shape[1] > 0 && shape[1] < want[1] && want[1]%shape[1] == 0 {
			return a, fmt.Errorf("tensor %q has shape %v for %d channels: grouped convolutions (ResNeXt's) are not supported",
				b.set.Original(l.Weight), shape, want[1])
		}
		if !strings.Contains(l.Weight, ".downsample.") {
			a.Layers++
		}
	}
	a.StemWidth, a.Classes = b.layers[0].Conv.Out, b.layers[len(b.layers)-1].Conv.Out
	var err error
	a.Parameters, err = b.set.Check(b.shapes, "a network of family "+a.Family)
	return a, err
}

// pack reads the weights. It returns what a user should know about them.
func (b *builder) pack(threads int) (warnings []string, _ error) {
	for _, n := range b.norms {
		if err := b.set.ScaleShift(n.name, n.scale, n.shift); err != nil {
			return nil, err
		}
	}
	return b.set.Pack(b.layers, threads)
}
