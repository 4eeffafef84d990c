package engine

import "math"

// The layers below take the gradient at the windows of a pooling to the pixels of its
// input: each pixel gathers it from the windows that it is in, in their order. What is
// added to it, if anything, is their residual.

// A maxIndex says for each window of a maximum pooling which tap has its largest
// value, row by row from 0: the first one, as PyTorch has it. NaN wins.
type maxIndex struct {
	Shape
	kernel *Kernel
}

func (l maxIndex) shape() Shape         { return l.Shape }
func (l maxIndex) multiplications() int { return 0 }

func (l maxIndex) rows(t *tiler, s *step, in, out view, _ *view, y0, y1 int) {
	if len(t.largest) < l.Out {
		t.largest = make([]float32, l.Out)
	}
	largest := t.largest[:l.Out]
	eachPixel(s, y0, y1, func(y, x int) {
		for c := range largest {
			largest[c] = float32(math.Inf(-1))
		}
		index, none := out.pixels(y, x, x+1, l.Out), true
		for tap := range l.Size * l.Size {
			iy, ix := y*l.Stride-l.Pad+tap/l.Size*l.Dilation, x*l.Stride-l.Pad+tap%l.Size*l.Dilation
			if iy < 0 || iy >= s.inH || ix < 0 || ix >= s.inW {
				continue
			}
			if none { // where all are -Inf it is the first
				none = false
				for c := range index {
					index[c] = float32(tap)
				}
			}
			l.kernel.largerAt(largest, index, in.pixels(iy, ix, ix+1, l.Out), float32(tap))
		}
	})
}

// A gather is what all of them have in common: the windows' shape.
type gather struct {
	Shape
	kernel *Kernel
}

func (l gather) shape() Shape         { return l.Shape }
func (l gather) multiplications() int { return 0 }

func (l gather) inputs(from, to, n int) (int, int) {
	first := max(0, ceilDiv(from+l.Pad-(l.Size-1)*l.Dilation, l.Stride))
	last := min(n, floorDiv(to-1+l.Pad, l.Stride)+1)
	return min(first, last), last
}

// windows calls f for the windows that pixel (y, x) is in, of those that there are, with
// the tap under which it lies.
func (l gather) windows(s *step, y, x int, f func(wy, wx, tap int)) {
	for ky := l.Size - 1; ky >= 0; ky-- {
		wy := y + l.Pad - ky*l.Dilation
		if wy < 0 || wy%l.Stride != 0 || wy/l.Stride >= s.inH {
			continue
		}
		for kx := l.Size - 1; kx >= 0; kx-- {
			wx := x + l.Pad - kx*l.Dilation
			if wx >= 0 && wx%l.Stride == 0 && wx/l.Stride < s.inW {
				f(wy/l.Stride, wx/l.Stride, ky*l.Size+kx)
			}
		}
	}
}

// A maxGather gives the gradient at a window to the pixel that a maxIndex, which it
// reads beside the gradient, has found.
type maxGather struct{ gather }

func (l maxGather) rows(t *tiler, s *step, in, out view, res *view, y0, y1 int) {
	eachPixel(s, y0, y1, func(y, x int) {
		dst := out.pixels(y, x, x+1, l.Out)
		begin(dst, res, y, x)
		l.windows(s, y, x, func(wy, wx, tap int) {
			l.kernel.addWhere(dst, in.pixels(wy, wx, wx+1, l.Out), t.with[0].pixels(wy, wx, wx+1, l.Out), float32(tap))
		})
	})
}

// An avgGather divides it evenly.
type avgGather struct{ gather }

func (l avgGather) rows(_ *tiler, s *step, in, out view, res *view, y0, y1 int) {
	share := 1 / float32(l.Size*l.Size)
	eachPixel(s, y0, y1, func(y, x int) {
		dst := out.pixels(y, x, x+1, l.Out)
		begin(dst, res, y, x)
		l.windows(s, y, x, func(wy, wx, _ int) { addTimes(dst, in.pixels(wy, wx, wx+1, l.Out), share) })
	})
}

// An adaptiveGather divides that of an adaptive average pooling, or of a mean, which is
// one window, evenly. Its result is of the extent that the pooling has read.
type adaptiveGather struct {
	adaptiveAvgPool
	to extent
}

func (l adaptiveGather) inputs(_, _, n int) (int, int) { return 0, n }

func (l adaptiveGather) rows(_ *tiler, s *step, in, out view, res *view, y0, y1 int) {
	eachPixel(s, y0, y1, func(y, x int) {
		dst := out.pixels(y, x, x+1, l.channels)
		begin(dst, res, y, x)
		for wy := range l.size {
			top, bottom := l.adaptiveAvgPool.inputs(wy, wy+1, l.to.h)
			for wx := range l.size {
				left, right := l.adaptiveAvgPool.inputs(wx, wx+1, l.to.w)
				if y >= top && y < bottom && x >= left && x < right {
					addTimes(dst, in.pixels(wy, wx, wx+1, l.channels), 1/float32((bottom-top)*(right-left)))
				}
			}
		}
	})
}

// begin sets dst to what is to be added to it at pixel (y, x).
func begin(dst []float32, res *view, y, x int) {
	if res == nil {
		clear(dst)
	} else {
		copy(dst, res.pixels(y, x, x+1, len(dst)))
	}
}

func addTimes(dst, src []float32, factor float32) {
	src = src[:len(dst)]
	for i, v := range src {
		dst[i] += float32(v * factor)
	}
}
