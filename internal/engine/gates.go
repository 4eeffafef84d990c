package engine

// The layers below take a gradient, their residual, through something that is done to
// every value by itself. They read the values that it was done to, or what came of it.

// A gate lets the gradient at a ReLU pass where its output, which is what the gate
// reads, is above zero.
type gate struct {
	Shape
	kernel *Kernel
}

func (l gate) shape() Shape         { return l.Shape }
func (l gate) multiplications() int { return 0 }

func (l gate) rows(_ *tiler, s *step, in, out view, res *view, y0, y1 int) {
	eachPixel(s, y0, y1, func(y, x int) {
		l.kernel.gate(out.pixels(y, x, x+1, l.Out), in.pixels(y, x, x+1, l.Out), res.pixels(y, x, x+1, l.Out))
	})
}

// A scaleGate is the same for max(0, scale[c]*x + shift[c]); it reads x.
type scaleGate struct{ scaleShiftReLU }

func (l scaleGate) rows(_ *tiler, s *step, in, out view, res *view, y0, y1 int) {
	n := len(l.scale)
	eachPixel(s, y0, y1, func(y, x int) {
		l.kernel.scaleGate(out.pixels(y, x, x+1, n), in.pixels(y, x, x+1, n), res.pixels(y, x, x+1, n), l.scale, l.shift)
	})
}

// A sum adds its input and its residual.
type sum struct {
	Shape
	kernel *Kernel
}

func (l sum) shape() Shape         { return l.Shape }
func (l sum) multiplications() int { return 0 }

func (l sum) rows(_ *tiler, s *step, in, out view, res *view, y0, y1 int) {
	eachPixel(s, y0, y1, func(y, x int) {
		dst := out.pixels(y, x, x+1, l.Out)
		copy(dst, res.pixels(y, x, x+1, l.Out)) // may be itself
		l.kernel.add(dst, in.pixels(y, x, x+1, l.Out))
	})
}

// A cut is the channels [from, from+Out) of its input, and zeros where this has no
// pixels: its result may be larger.
type cut struct {
	Shape
	from int
}

func (l cut) shape() Shape                  { return l.Shape }
func (l cut) multiplications() int          { return 0 }
func (l cut) inputs(a, b, n int) (int, int) { return min(a, n), min(b, n) }

func (l cut) rows(_ *tiler, s *step, in, out view, _ *view, y0, y1 int) {
	eachPixel(s, y0, y1, func(y, x int) {
		if dst := out.pixels(y, x, x+1, l.Out); y < s.inH && x < s.inW {
			copy(dst, in.pixels(y, x, x+1, l.from+l.Out)[l.from:])
		} else {
			clear(dst)
		}
	})
}

// eachPixel calls f for the pixels of rows [y0, y1) that a step computes.
func eachPixel(s *step, y0, y1 int, f func(y, x int)) {
	for y := y0; y < y1; y++ {
		for x := range s.w {
			f(y, x)
		}
	}
}
