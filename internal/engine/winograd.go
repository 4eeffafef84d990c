package engine

import (
	"math"
	"sync"
	"unsafe"
)

// Winograd's minimal filtering F(4x4, 3x3), as in A. Lavin, S. Gray, Fast Algorithms for
// Convolutional Neural Networks, CVPR 2016: four by four pixels of the output at a time
// are computed from six by six of the input by 36 products for each pair of channels, where
// the definition has 144. Input, weights and products are transformed for that.
const (
	squareSide = 4                       // of the outputs that are computed together
	windowSide = squareSide + 2          // of the inputs that they are computed from
	positions  = windowSide * windowSide // of a transformed window
	line       = 16                      // floats in a line of the cache
	// chain bounds the products of one sum, which is made of blocks as any other: errors grow
	// with it, and what is transformed back multiplies them.
	chain = 64
)

// A winograd is a 3x3 convolution of stride 1 that is computed so.
type winograd struct {
	*Conv
	weights []float32 // [panel][position][in][width of the panel]
	held    int       // squares that are transformed at a time
}

// quickened are a convolution's transformed weights, packed on first use.
type quickened struct {
	once   sync.Once
	panels []float32
}

// quicken lets the operations that Winograd's filtering computes faster be computed by
// it. This alone decides, from the sizes of whole maps and the kernel: bits must depend on nothing
// else, such as what is asked for beside.
func (n *Network) quicken(have []extent) {
	for i := range n.ops {
		o := &n.ops[i]
		if c, ok := o.layer.(*Conv); ok && c.filterable() && c.kernel.pays(c, have[o.out]) {
			o.layer = winograd{Conv: c}
		}
	}
}

// transformWeights has the weights of these operations ready, as far as they are needed.
func (n *Network) transformWeights(s sizes, threads int) {
	var wait sync.WaitGroup
	free := make(chan struct{}, threads)
	for _, i := range s.live {
		o := &n.ops[i]
		l, ok := o.layer.(winograd)
		if !ok {
			continue
		}
		wait.Go(func() {
			free <- struct{}{}
			defer func() { <-free }()
			o.layer = winograd{l.Conv, l.transformed(), min(l.squaresHeld(), squares(s.need[o.out]))}
		})
	}
	wait.Wait()
}

// About what the parts of a convolution cost, in multiply-adds of the kernel.
const (
	transforming = 200  // a channel of a window or of a square
	fetching     = 10   // a weight
	calling      = 1.15 // how much longer short sums take
)

// filterable reports whether Winograd's filtering may compute c.
func (c *Conv) filterable() bool {
	return c.Winograd && c.kernel.pays != nil && c.taps == extent{3, 3} && c.Stride == 1 && c.Dilation == 1
}

// pays reports whether c computes e pixels faster by Winograd's filtering.
func (c *Conv) pays(e extent) bool {
	weights, channels := float64(c.In)*float64(c.Out), float64(c.In+c.Out)
	directly := 9 * weights * (float64(e.h*e.w) + fetching)
	return float64(squares(e))*(positions*calling*weights+transforming*channels)+fetching*positions*weights < directly
}

// squares counts those of a map, the last of which may reach beyond it.
func squares(e extent) int { return ceilDiv(e.h, squareSide) * ceilDiv(e.w, squareSide) }

// squaresHeld bounds the squares that a worker computes together: half to six times the memory
// made no difference.
func (c *Conv) squaresHeld() int {
	const holding = 2 << 20 // bytes
	return max(2*c.kernel.mr, holding/(4*positions*(c.In+c.kernel.nr)))
}

// transformed returns the weights in Winograd's domain, four times those of the convolution.
func (c *Conv) transformed() []float32 {
	c.quick.once.Do(func() {
		c.quick.panels = make([]float32, positions*c.In*len(c.bias))
		largePages(c.quick.panels)
		for p := range c.panelCount() {
			c.transform(p)
		}
	})
	return c.quick.panels
}

// transform fills panel p: position (y, x) is row y of G times the window times column x of G'.
func (c *Conv) transform(p int) {
	n := c.panelWidth(p)
	from, to := c.panel(p), c.quick.panels[positions*c.In*p*c.kernel.nr:]
	for i := range c.In {
		for o := range n {
			var rows [3][windowSide]float64
			for ky := range rows {
				at := ky*3*c.In*n + i*n + o
				rows[ky] = spread(float64(from[at]), float64(from[at+c.In*n]), float64(from[at+2*c.In*n]))
			}
			for x := range windowSide {
				for y, v := range spread(rows[0][x], rows[1][x], rows[2][x]) {
					to[((y*windowSide+x)*c.In+i)*n+o] = float32(v)
				}
			}
		}
	}
}

// spread returns G times three weights.
func spread(a, b, c float64) [windowSide]float64 {
	even, odd := a+c*nearSquare, b*near
	even2, odd2 := a+c*farSquare, b*far
	const byNear, byFar = 1 / (2 * nearSquare * (nearSquare - farSquare)), 1 / (2 * farSquare * (farSquare - nearSquare))
	return [windowSide]float64{a / squares2, byNear * (even + odd), byNear * (even - odd), byFar * (even2 + odd2), byFar * (even2 - odd2), c}
}

// inputs returns those of whole squares.
func (l winograd) inputs(a, b, n int) (int, int) {
	return l.Shape.inputs(a/squareSide*squareSide, ceilDiv(b, squareSide)*squareSide, n)
}

// multiplications counts those of the transformed windows.
func (l winograd) multiplications() int {
	return positions * l.In * l.Out / (squareSide * squareSide)
}

// scratch returns how many floats a worker needs for l beside activations: transformed
// windows, products of a panel, and a window, a square and its residual at the border.
func (l winograd) scratch() int {
	return positions*(l.held*(l.In+l.kernel.nr)+2*line) + positions*l.In + 2*squareSide*squareSide*l.kernel.nr
}

// rows computes the squares that have pixels in rows [y0, y1).
func (l winograd) rows(t *tiler, s *step, in, out view, res *view, y0, y1 int) {
	in.check("input", y0/squareSide*squareSide-l.Pad, min(ceilDiv(y1, squareSide)*squareSide-l.Pad+2, s.inH+l.Pad), -l.Pad, min(ceilDiv(s.w, squareSide)*squareSide-l.Pad+2, s.inW+l.Pad), l.In)
	out.check("output", y0, y1, 0, s.w, l.Out)
	if res != nil {
		res.check("residual", y0, y1, 0, s.w, l.Out)
	}
	p := part(l.panelCount(), t.panels.i, t.panels.n)
	first, across := y0/squareSide, ceilDiv(s.w, squareSide)
	squares := (ceilDiv(y1, squareSide) - first) * across
	held := evenly(squares, max(l.held, 1), 1)
	for from := 0; from < squares; from += held {
		t.windows = windows{winograd: l, tiler: t, in: in, out: out, res: res, input: extent{s.inH, s.inW}, width: s.w, y0: y0, y1: y1,
			first: first*across + from, across: across, n: min(held, squares-from)}
		w := &t.windows
		w.divide()
		w.load()
		for panel := p.a; panel < p.b; panel++ {
			w.multiply(panel)
			w.store(panel)
		}
	}
}

var noOffset int

// windows are some squares of a convolution that are computed together, and their inputs.
type windows struct {
	winograd
	*tiler
	in, out view
	res     *view
	input   extent // as far as it is computed; all of it where squares reach beyond
	width   int    // of the output, as far as it is computed
	y0, y1  int    // the rows of it that are wanted
	first   int    // square; they are counted along rows
	across  int    // squares in a row
	n       int
	// Memory: [position][square][channel], positions apart by a cache line more, so that
	// they do not all fall into the same part of the cache.
	values, products     []float32
	window, square, edge []float32
	operands             transformArgs
}

func (w *windows) divide() {
	rest := w.tiler.transforms
	take := func(n int) []float32 {
		part := rest[:n]
		rest = rest[n:]
		return part
	}
	w.values = take(positions * w.apart(w.In))
	w.products = take(positions * w.apart(w.kernel.nr))
	w.window = take(positions * w.In)
	w.square = take(squareSide * squareSide * w.kernel.nr)
	w.edge = take(squareSide * squareSide * w.kernel.nr)
}

// apart returns the floats from one position to the next, of so many channels.
func (w *windows) apart(channels int) int { return w.n*channels + line }

// at returns the first pixel of square i.
func (w *windows) at(i int) (y, x int) {
	return (w.first + i) / w.across * squareSide, (w.first + i) % w.across * squareSide
}

// load transforms the inputs.
func (w *windows) load() {
	a := &w.operands
	*a = transformArgs{n: w.In, toPixel: 4 * uintptr(w.apart(w.In))}
	bottom, right := w.input.h+w.Pad, w.input.w+w.Pad // beyond its frame there is nothing: zeros
	for i := range w.n {
		y, x := w.at(i)
		y, x = y-w.Pad, x-w.Pad
		if y+windowSide <= bottom && x+windowSide <= right {
			a.from, a.fromRow, a.fromPixel = unsafe.Pointer(&w.in.data[w.in.at(y, x)]), 4*uintptr(w.in.row), 4*uintptr(w.in.pixel)
		} else {
			clear(w.window)
			for dy := range min(windowSide, bottom-y) {
				for dx := range min(windowSide, right-x) {
					copy(w.window[(dy*windowSide+dx)*w.In:][:w.In], w.in.data[w.in.at(y+dy, x+dx):])
				}
			}
			a.from, a.fromRow, a.fromPixel = unsafe.Pointer(&w.window[0]), 4*uintptr(windowSide*w.In), 4*uintptr(w.In)
		}
		a.to = unsafe.Pointer(&w.values[i*w.In])
		w.kernel.window(a)
	}
}

// multiply computes the products of all positions for one panel, as blocks like any sum.
func (w *windows) multiply(panel int) {
	n := w.panelWidth(panel)
	weights := w.winograd.weights[positions*w.In*panel*w.kernel.nr:]
	g := &w.args
	*g = args{aStride: 4 * uintptr(w.In), cStride: 4 * uintptr(n), rStride: 4 * uintptr(n), bias: unsafe.Pointer(&noBias),
		taps: unsafe.Pointer(&noOffset), nTaps: 1, lo: float32(math.Inf(-1))}
	run := evenly(w.In, chain, 4)
	tiles := ceilDiv(w.n, w.kernel.mr)
	for position := range positions {
		values, products := w.values[position*w.apart(w.In):], w.products[position*w.apart(w.kernel.nr):]
		for k := 0; k < w.In; k += run {
			g.k = min(run, w.In-k)
			g.w = unsafe.Pointer(&weights[(position*w.In+k)*n])
			square := 0
			for i := range tiles {
				m := (w.n - square) / (tiles - i)
				g.a, g.c, g.res = unsafe.Pointer(&values[square*w.In+k]), unsafe.Pointer(&products[square*n]), nil
				if k > 0 {
					g.res = g.c
				}
				w.kernel.run(m, n, g)
				square += m
			}
		}
	}
	g.res = nil
}

// store transforms the products of a panel and adds bias and residual.
func (w *windows) store(panel int) {
	n, channel := w.panelWidth(panel), panel*w.kernel.nr
	valid := min(n, w.Out-channel)
	a := &w.operands
	*a = transformArgs{n: n, fromPixel: 4 * uintptr(w.apart(w.kernel.nr)), bias: unsafe.Pointer(&w.bias[channel]), lo: float32(math.Inf(-1))}
	if w.ReLU {
		a.lo = 0
	}
	for i := range w.n {
		a.from = unsafe.Pointer(&w.products[i*n])
		y, x := w.at(i)
		top, bottom, right := max(y, w.y0), min(y+squareSide, w.y1), min(x+squareSide, w.width)
		whole := top == y && bottom == y+squareSide && right == x+squareSide && valid == n
		if whole {
			a.to, a.toRow, a.toPixel = unsafe.Pointer(&w.out.data[w.out.at(y, x)+channel]), 4*uintptr(w.out.row), 4*uintptr(w.out.pixel)
			if w.res != nil {
				a.res, a.resRow, a.resPixel = unsafe.Pointer(&w.res.data[w.res.at(y, x)+channel]), 4*uintptr(w.res.row), 4*uintptr(w.res.pixel)
			}
			w.kernel.square(a)
			continue
		}
		pixel := 4 * uintptr(n)
		a.to, a.toRow, a.toPixel = unsafe.Pointer(&w.square[0]), squareSide*pixel, pixel
		if w.res != nil {
			a.res, a.resRow, a.resPixel = unsafe.Pointer(&w.edge[0]), squareSide*pixel, pixel
			for py := top; py < bottom; py++ {
				for px := x; px < right; px++ {
					copy(w.edge[((py-y)*squareSide+px-x)*n:][:valid], w.res.data[w.res.at(py, px)+channel:])
				}
			}
		}
		w.kernel.square(a)
		for py := top; py < bottom; py++ {
			for px := x; px < right; px++ {
				copy(w.out.data[w.out.at(py, px)+channel:][:valid], w.square[((py-y)*squareSide+px-x)*n:])
			}
		}
	}
}
