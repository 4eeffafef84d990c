package engine

import "math"

// A layer computes one activation from another. It sees rows at a time: rows
// [y0, y1) of its output need those of its input that Shape.inputs says.
type layer interface {
	shape() Shape
	// multiplications counts the multiply-adds of one output pixel.
	multiplications() int
	// rows computes rows [y0, y1) of out, all columns of s.
	rows(t *tiler, s *step, in, out view, res *view, y0, y1 int)
}

func (c *Conv) shape() Shape         { return c.Shape }
func (c *Conv) multiplications() int { return c.Out * c.depth() }

func (c *Conv) rows(t *tiler, s *step, in, out view, res *view, y0, y1 int) {
	p := part(c.panelCount(), t.panels.i, t.panels.n)
	t.conv(c, &s.taps, in, out, res, s.w, y0, y1, p.a, p.b)
}

// A maxPool takes the largest value of each window; pixels that do not exist
// are left out. NaN wins.
type maxPool struct{ Shape }

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
					for c, v := range in.pixels(iy, ix, ix+1, p.In) {
						if v > dst[c] || v != v {
							dst[c] = v
						}
					}
				}
			}
		}
	}
}

// An avgPool takes the mean of each window.
type avgPool struct{ Shape }

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
					for c, v := range in.pixels(y*p.Stride+ky*p.Dilation, ix, ix+1, p.In) {
						dst[c] += v
					}
				}
			}
			for c := range dst {
				dst[c] *= scale
			}
		}
	}
}

// A scaleShiftReLU computes max(0, scale[c]*x + shift[c]): a BatchNorm and ReLU
// that cannot be folded because they stand before a convolution.
type scaleShiftReLU struct{ scale, shift []float32 }

func (l scaleShiftReLU) shape() Shape         { return pointwise(len(l.scale)) }
func (l scaleShiftReLU) multiplications() int { return len(l.scale) }

func (l scaleShiftReLU) rows(_ *tiler, s *step, in, out view, _ *view, y0, y1 int) {
	for y := y0; y < y1; y++ {
		for x := range s.w {
			src, dst := in.pixels(y, x, x+1, len(l.scale)), out.pixels(y, x, x+1, len(l.scale))
			scale, shift := l.scale[:len(src)], l.shift[:len(src)]
			dst = dst[:len(src)]
			for c, v := range src {
				dst[c] = atLeast(0, float32(v*scale[c])+shift[c])
			}
		}
	}
}

// A mean averages over all pixels. In strips it adds up rows; what they give
// is added up when all rows are done, always in the same order.
type mean struct{ Shape }

func (m mean) shape() Shape         { return m.Shape }
func (m mean) multiplications() int { return 0 }

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
