package engine

import "fmt"

// A Shape is the geometry of a convolution or a pooling. Pixels outside the
// input are zero (for max pooling: left out).
type Shape struct {
	In, Out  int // channels
	Size     int // height and width of the window, in taps
	Stride   int // pixels from one window to the next
	Dilation int // pixels from one tap to the next
	Pad      int // pixels added on every side of the input
}

// pointwise is the geometry of what looks at one pixel at a time.
func pointwise(channels int) Shape {
	return Shape{In: channels, Out: channels, Size: 1, Stride: 1, Dilation: 1}
}

// reach returns how many pixels a window covers along each axis.
func (s Shape) reach() int { return (s.Size-1)*s.Dilation + 1 }

// output returns the output length of an input of n pixels along one axis, 0
// if the window does not fit.
func (s Shape) output(n int) int {
	if n += 2 * s.Pad; n < s.reach() {
		return 0
	}
	return (n-s.reach())/s.Stride + 1
}

// inputs returns the range of input pixels along one axis, of n that there
// are, that output pixels from a up to b are computed from.
func (s Shape) inputs(a, b, n int) (int, int) {
	return max(0, a*s.Stride-s.Pad), min(n, (b-1)*s.Stride-s.Pad+s.reach())
}

func (s Shape) valid() bool {
	return s.In >= 1 && s.Out >= 1 && s.Size >= 1 && s.Stride >= 1 && s.Dilation >= 1 && s.Pad >= 0 && s.Pad < s.reach()
}

// A Conv is a convolution packed for one kernel: weights in panels of the
// kernel's width, bias alike, and the choice of the kernel itself. A linear
// layer is a Conv of size 1, or, behind a feature map, one of the map's size:
// its weights, [Out][In*Size*Size] for a map flattened by channels as PyTorch
// does, are those of the Conv.
// Once packed it is read-only and may be used concurrently.
type Conv struct {
	Shape
	ReLU     bool
	Winograd bool // whether it may be computed by Winograd's filtering, which rounds in other places
	kernel   *Kernel
	taps     extent    // of the window: Size x Size, but for the parts of an adjoint
	panels   []float32 // [panel][ky][kx][in][width of the panel]
	bias     []float32 // [panel][width of the panel]
	adjoints *adjoints
	quick    *quickened
}

// NewConv returns a convolution without weights. Networks can be built of it, but
// planned only when Pack has given it some.
func NewConv(k *Kernel, s Shape, relu bool) *Conv {
	if !s.valid() {
		panic(fmt.Sprintf("engine: a convolution of %+v", s))
	}
	return &Conv{Shape: s, ReLU: relu, kernel: k, taps: extent{s.Size, s.Size}, adjoints: new(adjoints), quick: new(quickened),
		bias: make([]float32, (s.Out+k.lanes-1)/k.lanes*k.lanes)}
}

// Pack takes weights, [Out][In][Size][Size] as PyTorch stores them, each output
// channel multiplied in float64 by its scale if that is not nil (a BatchNorm
// behind the convolution), and bias, [Out], zero if nil. It keeps none of them
// and returns c. Nothing may use c meanwhile.
func (c *Conv) Pack(weights []float32, scale []float64, bias []float32) *Conv {
	if len(weights) != c.Out*c.depth() || bias != nil && len(bias) != c.Out || scale != nil && len(scale) != c.Out {
		panic(fmt.Sprintf("engine: packing %+v with %d weights, %d scales and %d biases", c.Shape, len(weights), len(scale), len(bias)))
	}
	copy(c.bias, bias)
	c.adjoints, c.quick = new(adjoints), new(quickened)
	c.panels = make([]float32, len(c.bias)*c.depth())
	largePages(c.panels)
	for p := range c.panelCount() {
		c.pack(p, weights, scale)
	}
	return c
}

// Repack gives c, which was packed, other weights, [Out][In][Size][Size]; those that share
// its weights, as plans do, have them too. Nothing may use them meanwhile. Gradients through
// it are not for such a convolution: its adjoint, if there is one, keeps the old ones.
func (c *Conv) Repack(weights []float32) {
	if len(weights) != len(c.panels)/len(c.bias)*c.Out {
		panic(fmt.Sprintf("engine: packing %+v with %d weights", c.Shape, len(weights)))
	}
	for p := range c.panelCount() {
		c.pack(p, weights, nil)
	}
}

// pack fills panel p. It goes through a few input channels of all its output
// channels at a time, so that both sides stay in the cache, and takes four of
// these at once, of which there are lanes: channels that only fill are zeros.
func (c *Conv) pack(p int, weights []float32, scale []float64) {
	const block = 16
	panel, n, area := c.panel(p), c.panelWidth(p), c.Size*c.Size
	for i0 := 0; i0 < c.In; i0 += block {
		i1 := min(i0+block, c.In)
		for o := 0; o < n; o += 4 {
			var rows [4][]float32
			var by [4]float64
			for k := range rows {
				row := p*c.kernel.nr + o + k
				switch {
				case row >= c.Out:
					row = c.Out - 1
				case scale == nil:
					by[k] = 1
				default:
					by[k] = scale[row]
				}
				rows[k] = weights[(row*c.In+i0)*area : (row*c.In+i1)*area]
			}
			s0, s1, s2, s3 := rows[0], rows[1][:len(rows[0])], rows[2][:len(rows[0])], rows[3][:len(rows[0])]
			for t := range area {
				at := (t*c.In+i0)*n + o
				for i := t; i < len(s0); i += area {
					dst := (*[4]float32)(panel[at:])
					dst[0] = float32(float64(s0[i]) * by[0])
					dst[1] = float32(float64(s1[i]) * by[1])
					dst[2] = float32(float64(s2[i]) * by[2])
					dst[3] = float32(float64(s3[i]) * by[3])
					at += n
				}
			}
		}
	}
}

func (c *Conv) panelCount() int { return (len(c.bias) + c.kernel.nr - 1) / c.kernel.nr }

// panelWidth returns the channels of panel p, the last of which may be filling.
func (c *Conv) panelWidth(p int) int { return min(c.kernel.nr, len(c.bias)-p*c.kernel.nr) }

func (c *Conv) panel(p int) []float32 { return c.panels[p*c.kernel.nr*c.depth():] }

// depth returns the length of the sums: the products in one output value.
func (c *Conv) depth() int { return c.taps.h * c.taps.w * c.In }

// With returns c with another stride and dilation. The weights are shared.
func (c *Conv) With(stride, dilation int) *Conv {
	moved := *c
	moved.Stride, moved.Dilation = stride, dilation
	return &moved
}

// Select returns a convolution that computes only the given output channels of
// c, in that order, to the same bits.
func (c *Conv) Select(channels []int) *Conv {
	weights := make([]float32, len(channels)*c.depth())
	bias := make([]float32, len(channels))
	area := c.Size * c.Size
	for k, o := range channels {
		p := o / c.kernel.nr
		panel, n := c.panel(p), c.panelWidth(p)
		for t := range area {
			for i := range c.In {
				weights[(k*c.In+i)*area+t] = panel[(t*c.In+i)*n+o%c.kernel.nr]
			}
		}
		bias[k] = c.bias[o]
	}
	s := c.Shape
	s.Out = len(channels)
	return NewConv(c.kernel, s, c.ReLU).Pack(weights, nil, bias)
}
