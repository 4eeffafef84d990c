package engine

import "sync"

// An adjoint is a convolution backwards: from the gradient at its output, without
// bias and ReLU, that at its input. Pixels of the input differ in which taps of the
// window reach them, by the remainder of their row and column on division by the
// stride: pixels of one remainder, a phase, are computed by one convolution of the
// gradient, so that nothing is multiplied by the zeros between its rows.
type adjoint struct {
	Shape  // In and Out exchanged; the others are those of the convolution
	phases []phase
	convs  []*Conv // of the phases that have one
}

// A phase computes the pixels (ry + i*Stride, rx + j*Stride).
type phase struct {
	conv   int // -1 if no tap reaches them
	ry, rx int
	ty, tx int // pixel of the gradient under the first tap, from (i, j)
}

// An along is where the taps of one phase lie along one axis, in the order of the
// gradient's pixels: descending taps of the window.
type along struct {
	taps  []int
	first int // pixel of the gradient under the first
}

// adjoints are a convolution's, packed on first use.
type adjoints struct {
	mu   sync.Mutex
	made map[Shape]*adjoint
}

// adjoint returns the adjoint of c. It costs as much memory as the weights.
func (c *Conv) adjoint() *adjoint {
	c.adjoints.mu.Lock()
	defer c.adjoints.mu.Unlock()
	if a := c.adjoints.made[c.Shape]; a != nil {
		return a
	}
	a := newAdjoint(c)
	if c.adjoints.made == nil {
		c.adjoints.made = map[Shape]*adjoint{}
	}
	c.adjoints.made[c.Shape] = a
	return a
}

func newAdjoint(c *Conv) *adjoint {
	a := &adjoint{Shape: c.Shape}
	a.In, a.Out = c.Out, c.In
	step := c.Dilation / gcd(c.Stride, c.Dilation) // between a phase's taps
	for ry := range c.Stride {
		rows := c.along(ry)
		for rx := range c.Stride {
			cols := c.along(rx)
			p := phase{-1, ry, rx, rows.first, cols.first}
			if len(rows.taps) > 0 && len(cols.taps) > 0 {
				p.conv = len(a.convs)
				s := Shape{In: c.Out, Out: c.In, Size: max(len(rows.taps), len(cols.taps)), Stride: 1, Dilation: step}
				part := NewConv(c.kernel, s, false)
				part.taps = extent{len(rows.taps), len(cols.taps)}
				part.packAdjoint(c, rows.taps, cols.taps)
				a.convs = append(a.convs, part)
			}
			a.phases = append(a.phases, p)
		}
	}
	return a
}

// along returns the taps that reach the pixels of remainder r.
func (c *Conv) along(r int) along {
	var a along
	for k := c.Size - 1; k >= 0; k-- {
		if at := r + c.Pad - k*c.Dilation; at%c.Stride == 0 {
			if len(a.taps) == 0 {
				a.first = at / c.Stride
			}
			a.taps = append(a.taps, k)
		}
	}
	return a
}

// packAdjoint takes the weights of the given taps from those of c, channels exchanged.
func (p *Conv) packAdjoint(c *Conv, rows, cols []int) {
	p.panels = make([]float32, len(p.bias)*p.depth())
	for i := range p.panelCount() {
		panel, n := p.panel(i), p.panelWidth(i)
		valid := min(n, p.Out-i*p.kernel.nr)
		for y, ky := range rows {
			for x, kx := range cols {
				tap := panel[(y*len(cols)+x)*p.In*n:]
				for from := range c.panelCount() {
					width := c.panelWidth(from)
					src := c.panel(from)[((ky*c.Size+kx)*c.In+i*p.kernel.nr)*width:]
					to := tap[from*c.kernel.nr*n:]
					for k := range min(width, c.Out-from*c.kernel.nr) {
						for o := range valid {
							to[k*n+o] = src[o*width+k]
						}
					}
				}
			}
		}
	}
}

// An adjointOn is an adjoint at work on a map.
type adjointOn struct {
	*adjoint
	margin int // zeros on every side that the taps reach
}

// on returns a for a gradient of extent e that leads to one of extent out.
func (a *adjoint) on(e, out extent) adjointOn {
	l := adjointOn{adjoint: a}
	for _, p := range a.phases {
		if p.conv < 0 {
			continue
		}
		c := a.convs[p.conv]
		last := func(first, taps, r, n int) int { // pixel under the last tap of the last pixel
			return first + (taps-1)*c.Dilation + ceilDiv(n-r, a.Stride) - 1
		}
		l.margin = max(l.margin, -p.ty, -p.tx, last(p.ty, c.taps.h, p.ry, out.h)-e.h+1, last(p.tx, c.taps.w, p.rx, out.w)-e.w+1)
	}
	return l
}

func (a *adjoint) shape() Shape { return a.Shape }

// output is not defined: several lengths lead to one.
func (a *adjoint) output(int) int { return 0 }

func (a *adjoint) inputs(from, to, n int) (int, int) {
	first := max(0, ceilDiv(from+a.Pad-(a.Size-1)*a.Dilation, a.Stride))
	last := min(n, floorDiv(to-1+a.Pad, a.Stride)+1)
	return min(first, n-1), last // one row at least: with it come the zeros beside it
}

func (a *adjoint) multiplications() int {
	total := 0
	for _, c := range a.convs {
		total += c.multiplications()
	}
	return total / (a.Stride * a.Stride)
}

func (a *adjoint) rows(t *tiler, s *step, in, out view, res *view, y0, y1 int) {
	for _, p := range a.phases {
		i0, i1, cols := ceilDiv(y0-p.ry, a.Stride), ceilDiv(y1-p.ry, a.Stride), ceilDiv(s.w-p.rx, a.Stride)
		if i0 >= i1 || cols < 1 {
			continue
		}
		to := out.every(a.Stride, p.ry, p.rx)
		var add *view
		if res != nil {
			v := res.every(a.Stride, p.ry, p.rx)
			add = &v
		}
		if p.conv < 0 {
			for y := i0; y < i1; y++ {
				for x := range cols {
					if dst := to.pixels(y, x, x+1, a.Out); add != nil {
						copy(dst, add.pixels(y, x, x+1, a.Out))
					} else {
						clear(dst)
					}
				}
			}
			continue
		}
		from := in
		from.base = in.at(p.ty, p.tx)
		c := a.convs[p.conv]
		t.conv(c, s.blocks[p.conv], from, to, add, cols, i0, i1, 0, c.panelCount())
	}
}

// every returns the view of every n-th pixel along both axes, from (y, x) on.
func (v view) every(n, y, x int) view {
	v.base = v.at(y, x)
	v.row *= n
	v.pixel *= n
	return v
}

// floorDiv and ceilDiv divide by a positive b and round down and up.
func floorDiv(a, b int) int { return (a - ((a%b)+b)%b) / b }
func ceilDiv(a, b int) int  { return -floorDiv(-a, b) }
