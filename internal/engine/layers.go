package engine

import "math"

// A layer computes one activation from another. It sees rows at a time: rows
// [y0, y1) of its output need those of its input that inputs says.
type layer interface {
	shape() Shape
	// output returns the output length of an input of n pixels along one axis, 0
	// if that is too short.
	output(n int) int
	// inputs returns the range of input pixels along one axis, of n that there
	// are, that output pixels from a up to b are computed from.
	inputs(a, b, n int) (int, int)
	// multiplications counts the multiply-adds of one output pixel.
	multiplications() int
	// rows computes rows [y0, y1) of out, all columns of s.
	rows(t *tiler, s *step, in, out view, res *view, y0, y1 int)
}

// convolutions returns those that a layer is computed by.
func convolutions(l layer) []*Conv {
	switch l := l.(type) {
	case *Conv:
		return []*Conv{l}
	case adjointOn:
		return l.convs
	}
	return nil
}

// weights counts those that a layer reads.
func weights(l layer) int {
	if w, ok := l.(winograd); ok {
		return len(w.weights)
	}
	total := 0
	for _, c := range convolutions(l) {
		total += len(c.panels)
	}
	return total
}

// margin returns how many zeros a layer wants on every side of its input.
func margin(l layer) int {
	switch l := l.(type) {
	case *Conv:
		return l.Pad
	case winograd:
		return l.Pad
	case adjointOn:
		return l.margin
	}
	return 0
}

func (c *Conv) shape() Shape         { return c.Shape }
func (c *Conv) multiplications() int { return c.Out * c.depth() }

func (c *Conv) rows(t *tiler, s *step, in, out view, res *view, y0, y1 int) {
	p := part(c.panelCount(), t.panels.i, t.panels.n)
	t.conv(c, s.blocks[0], in, out, res, s.w, y0, y1, p.a, p.b)
}

// A maxPool takes the largest value of each window; pixels that do not exist
// are left out. NaN wins.
type maxPool struct {
	Shape
	kernel *Kernel
}

func (p maxPool) shape() Shape         { return p.Shape }
func (p maxPool) multiplications() int { return 0 }

func (p maxPool) rows(_ *tiler, s *step, in, out view, _ *view, y0, y1 int) {
	for y := y0; y < y1; y++ {
		for x := range s.w {
			dst := out.pixels(y, x, x+1, p.Out)
			for c := range dst {
				dst[c] = float32(math.Inf(-1))
			}
			for ky := range p.Size {
				for kx := range p.Size {
					iy, ix := y*p.Stride-p.Pad+ky*p.Dilation, x*p.Stride-p.Pad+kx*p.Dilation
					if iy < 0 || iy >= s.inH || ix < 0 || ix >= s.inW {
						continue
					}
					p.kernel.larger(dst, in.pixels(iy, ix, ix+1, p.In))
				}
			}
		}
	}
}

// An avgPool takes the mean of each window.
type avgPool struct {
	Shape
	kernel *Kernel
}

func (p avgPool) shape() Shape         { return p.Shape }
func (p avgPool) multiplications() int { return 0 }

func (p avgPool) rows(_ *tiler, s *step, in, out view, _ *view, y0, y1 int) {
	scale := 1 / float32(p.Size*p.Size)
	for y := y0; y < y1; y++ {
		for x := range s.w {
			dst := out.pixels(y, x, x+1, p.Out)
			clear(dst)
			for ky := range p.Size {
				for kx := range p.Size {
					ix := x*p.Stride + kx*p.Dilation
					p.kernel.add(dst, in.pixels(y*p.Stride+ky*p.Dilation, ix, ix+1, p.In))
				}
			}
			for c := range dst {
				dst[c] *= scale
			}
		}
	}
}

// An adaptiveAvgPool takes the mean of each of size x size windows, by which an
// input of any size is divided as PyTorch's AdaptiveAvgPool2d does: window i of
// n pixels goes from floor(i*n/size) up to ceil((i+1)*n/size). Where n is not a
// multiple of size, neighbours share pixels.
type adaptiveAvgPool struct {
	channels int
	size     int
	kernel   *Kernel
}

func (p adaptiveAvgPool) shape() Shape         { return pointwise(p.channels) }
func (p adaptiveAvgPool) multiplications() int { return 0 }
func (p adaptiveAvgPool) output(n int) int     { return min(1, n) * p.size }

func (p adaptiveAvgPool) inputs(a, b, n int) (int, int) {
	return a * n / p.size, (b*n + p.size - 1) / p.size
}

func (p adaptiveAvgPool) rows(_ *tiler, s *step, in, out view, _ *view, y0, y1 int) {
	for y := y0; y < y1; y++ {
		top, bottom := p.inputs(y, y+1, s.inH)
		for x := range s.w {
			left, right := p.inputs(x, x+1, s.inW)
			dst := out.pixels(y, x, x+1, p.channels)
			clear(dst)
			for iy := top; iy < bottom; iy++ {
				for ix := left; ix < right; ix++ {
					p.kernel.add(dst, in.pixels(iy, ix, ix+1, p.channels))
				}
			}
			scale := 1 / float32((bottom-top)*(right-left))
			for c := range dst {
				dst[c] *= scale
			}
		}
	}
}

// A scaleShiftReLU computes max(0, scale[c]*x + shift[c]): a BatchNorm and ReLU
// that cannot be folded because they stand before a convolution.
type scaleShiftReLU struct {
	scale, shift []float32
	kernel       *Kernel
}

func (l scaleShiftReLU) shape() Shape                  { return pointwise(len(l.scale)) }
func (l scaleShiftReLU) multiplications() int          { return len(l.scale) }
func (l scaleShiftReLU) output(n int) int              { return n }
func (l scaleShiftReLU) inputs(a, b, _ int) (int, int) { return a, b }

func (l scaleShiftReLU) rows(_ *tiler, s *step, in, out view, _ *view, y0, y1 int) {
	for y := y0; y < y1; y++ {
		for x := range s.w {
			l.kernel.scaleShiftReLU(out.pixels(y, x, x+1, len(l.scale)), in.pixels(y, x, x+1, len(l.scale)), l.scale, l.shift)
		}
	}
}

// A mean averages over all pixels. In strips it adds up rows; what they give
// is added up when all rows are done, always in the same order.
type mean struct{ Shape }

func (m mean) shape() Shape                  { return m.Shape }
func (m mean) multiplications() int          { return 0 }
func (m mean) output(n int) int              { return min(1, n) }
func (m mean) inputs(_, _, n int) (int, int) { return 0, n }

func (m mean) rows(t *tiler, s *step, in, _ view, _ *view, y0, y1 int) {
	for y := y0; y < y1; y++ {
		sums := t.sums[s.sums+y*m.In:][:m.In]
		clear(sums)
		for x := range s.w {
			for c, v := range in.pixels(y, x, x+1, m.In) {
				sums[c] += float64(v)
			}
		}
	}
}

// finish writes the mean of h x w pixels to out from the sums of its rows.
func (m mean) finish(sums []float64, h, w int, out []float32) {
	for c := range out {
		total := 0.0
		for y := range h {
			total += sums[y*m.In+c]
		}
		out[c] = float32(total / float64(h*w))
	}
}
