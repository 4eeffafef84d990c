package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
)

// geometry is one row of the table every kernel must pass.
type geometry struct {
	name               string
	h, w               int // input pixels
	in, out            int
	size, stride, dila int
	pad                int // frame of zeros around the input
	crop               int // output rows and columns left out at the bottom right
	residual, relu     bool
}

// geometries covers tails of pixels, channels and k, strides, taps, dilation,
// padding, crops, every way sums are cut into blocks and what they are added to.
func geometries() []geometry {
	gs := []geometry{
		{name: "stem", h: 19, w: 23, in: 3, out: 64, size: 3, stride: 1, dila: 1, relu: true},
		{name: "stem padded", h: 12, w: 9, in: 3, out: 24, size: 3, stride: 1, dila: 1, pad: 1, relu: true},
		{name: "pointwise", h: 7, w: 11, in: 64, out: 32, size: 1, stride: 1, dila: 1, relu: true},
		{name: "pointwise residual", h: 7, w: 11, in: 32, out: 48, size: 1, stride: 1, dila: 1, residual: true, relu: true},
		{name: "edge channels residual", h: 5, w: 5, in: 20, out: 37, size: 1, stride: 1, dila: 1, residual: true},
		{name: "strided", h: 15, w: 14, in: 32, out: 16, size: 1, stride: 2, dila: 1},
		{name: "strided 3x3", h: 15, w: 14, in: 8, out: 16, size: 3, stride: 2, dila: 1, relu: true},
		{name: "strided 3x3 padded", h: 15, w: 14, in: 8, out: 16, size: 3, stride: 2, dila: 1, pad: 1, relu: true},
		{name: "dilated", h: 17, w: 18, in: 16, out: 16, size: 3, stride: 1, dila: 4, relu: true},
		{name: "cropped residual", h: 16, w: 16, in: 16, out: 32, size: 1, stride: 2, dila: 1, crop: 2, residual: true, relu: true},
		{name: "single pixel", h: 1, w: 1, in: 70, out: 10, size: 1, stride: 1, dila: 1},
		{name: "many blocks", h: 40, w: 41, in: 130, out: 1040, size: 1, stride: 1, dila: 1, residual: true, relu: true},
		{name: "long sums", h: 5, w: 8, in: 700, out: 70, size: 3, stride: 1, dila: 1, pad: 1, residual: true, relu: true},
		{name: "blocks of rows", h: 9, w: 7, in: 64, out: 20, size: 3, stride: 1, dila: 1, residual: true, relu: true},
		{name: "blocks of pixels", h: 6, w: 7, in: 200, out: 33, size: 3, stride: 1, dila: 1, pad: 1, residual: true},
		{name: "linear behind a map", h: 7, w: 7, in: 512, out: 10, size: 7, stride: 1, dila: 1, relu: true},
		{name: "long run", h: 3, w: 8, in: 2600, out: 33, size: 1, stride: 1, dila: 1, relu: true},
		{name: "5x5", h: 9, w: 9, in: 5, out: 9, size: 5, stride: 2, dila: 1},
	}
	for m := 1; m <= 13; m++ {
		gs = append(gs, geometry{name: fmt.Sprintf("%d pixels", m), h: 1, w: m, in: m, out: 15 + m, size: 1, stride: 1, dila: 1, residual: m%2 == 0, relu: m%3 == 0})
	}
	return gs
}

// grid is a view surrounded by guards: NaN in what is read (any use of a value
// outside the view spoils the result) and in what is written (checked after).
type grid struct {
	view
	h, w, c int
	whole   []float32
}

const guard = 64

// newGrid has gaps of rowGap floats behind rows and pixelGap floats behind pixels.
func newGrid(h, w, c, rowGap, pixelGap int) grid {
	v := view{pixel: c + pixelGap, row: w*(c+pixelGap) + rowGap}
	whole := make([]float32, guard+h*v.row+guard)
	for i := range whole {
		whole[i] = float32(math.NaN())
	}
	v.data = whole[guard : guard+h*v.row]
	return grid{v, h, w, c, whole}
}

func (f grid) each(fn func(y, x, c int, v *float32)) {
	for y := range f.h {
		for x := range f.w {
			for c := range f.c {
				fn(y, x, c, &f.data[f.view.at(y, x)+c])
			}
		}
	}
}

func (f grid) at(y, x, c int) float64 { return float64(f.data[f.view.at(y, x)+c]) }

// inner leaves out a frame of pad pixels: pixel (0, 0) is behind it.
func (f grid) inner(pad int) view {
	v := f.view
	v.base = v.at(pad, pad)
	return v
}

// finite counts the values of the whole buffer that are no guard.
func (f grid) finite() (n int) {
	for _, v := range f.whole {
		if v == v {
			n++
		}
	}
	return n
}

func uniform(r *rand.Rand, n int) []float32 {
	s := make([]float32, n)
	for i := range s {
		s[i] = r.Float32()*2 - 1
	}
	return s
}

// problem is one random instance of a geometry.
type problem struct {
	geometry
	shape         Shape
	input, res    grid
	weights, bias []float32
	outH, outW    int
}

func newProblem(g geometry, rowGap, pixelGap int) problem {
	r := rand.New(rand.NewPCG(1, uint64(g.in*1000+g.out)))
	p := problem{geometry: g, shape: Shape{In: g.in, Out: g.out, Size: g.size, Stride: g.stride, Dilation: g.dila, Pad: g.pad}}
	p.input = newGrid(g.h+2*g.pad, g.w+2*g.pad, g.in, rowGap, pixelGap)
	p.input.each(func(y, x, c int, v *float32) {
		if *v = 0; y >= g.pad && y < g.h+g.pad && x >= g.pad && x < g.w+g.pad {
			*v = r.Float32()*2 - 1
		}
	})
	p.weights = uniform(r, g.out*g.in*g.size*g.size)
	p.bias = uniform(r, g.out)
	p.outH, p.outW = p.shape.output(g.h)-g.crop, p.shape.output(g.w)-g.crop
	p.res = newGrid(p.outH+g.crop, p.outW+g.crop, g.out, rowGap, pixelGap)
	p.res.each(func(y, x, c int, v *float32) { *v = r.Float32()*2 - 1 })
	return p
}

// run computes the problem with kernel k in strips of the given rows into a
// fresh guarded grid.
func (p problem) run(k *Kernel, strip, rowGap, pixelGap int) grid {
	out := newGrid(p.outH, p.outW, p.out, rowGap, pixelGap)
	p.runInto(k, strip, out)
	return out
}

func (p problem) runInto(k *Kernel, strip int, out grid) {
	c := NewConv(k, p.shape, p.relu).Pack(p.weights, nil, p.bias)
	blocks := newBlocks(c, p.input.view)
	t := tiler{edge: make([]float32, maxTile)}
	var res *view
	if p.residual {
		res = &p.res.view
	}
	for y := 0; y < p.outH; y += strip {
		t.conv(c, blocks, p.input.inner(p.pad), out.view, res, p.outW, y, min(y+strip, p.outH), 0, c.panelCount())
	}
}

// want is the same in float64 by the definition, calling nothing of the engine:
// the value, and the sum of the magnitudes that rounding errors scale with.
func (p problem) want(y, x, o int) (value, magnitude float64) {
	value = float64(p.bias[o])
	magnitude = math.Abs(value)
	if p.residual {
		value += p.res.at(y, x, o)
		magnitude += math.Abs(p.res.at(y, x, o))
	}
	for ky := range p.size {
		for kx := range p.size {
			for i := range p.in {
				w := float64(p.weights[((o*p.in+i)*p.size+ky)*p.size+kx])
				v := p.input.at(y*p.stride+ky*p.dila, x*p.stride+kx*p.dila, i) * w
				value += v
				magnitude += math.Abs(v)
			}
		}
	}
	if p.relu && value < 0 {
		value = 0
	}
	return value, magnitude
}

// wanted is the definition's answer to p, values then magnitudes, in the order of
// grid.each. Gaps between rows and pixels do not change it.
func (p problem) wanted() (values, magnitudes []float64) {
	for y := range p.outH {
		for x := range p.outW {
			for o := range p.out {
				v, m := p.want(y, x, o)
				values, magnitudes = append(values, v), append(magnitudes, m)
			}
		}
	}
	return values, magnitudes
}

func TestConvEqualsDefinition(t *testing.T) {
	for _, g := range geometries() {
		values, magnitudes := newProblem(g, 0, 0).wanted()
		for _, k := range Kernels() {
			for _, gaps := range [][2]int{{0, 0}, {5, 0}, {0, 3}} {
				t.Run(fmt.Sprintf("%s/%s/gaps%v", k.name, g.name, gaps), func(t *testing.T) {
					p := newProblem(g, gaps[0], gaps[1])
					got := p.run(k, 3, gaps[0], gaps[1])
					if n := got.finite(); n != len(values) {
						t.Fatalf("%d values written, want %d", n, len(values))
					}
					i := 0
					got.each(func(y, x, c int, v *float32) {
						// A chain of n float32 additions, at most blockLength of products and one
						// for each block, is off by at most n*2^-24 of the summed magnitudes;
						// rounding errors average out far below that.
						if d := math.Abs(float64(*v) - values[i]); !(d <= 4e-7*magnitudes[i]) {
							t.Fatalf("(%d,%d,%d) = %v, want %v: off by %.2g of %.3g", y, x, c, *v, values[i], d, magnitudes[i])
						}
						i++
					})
				})
			}
		}
	}
}

func TestBitsDoNotDependOnTiles(t *testing.T) {
	for _, k := range Kernels() {
		for _, g := range geometries() {
			one := newProblem(g, 0, 0).run(k, 1000, 0, 0)
			many := newProblem(g, 3, 1).run(k, 2, 3, 1) // gaps also forbid long runs and treating the rows as one
			one.each(func(y, x, c int, v *float32) {
				if w := many.data[many.view.at(y, x)+c]; math.Float32bits(*v) != math.Float32bits(w) {
					t.Fatalf("%s, %s: (%d,%d,%d) is %v whole, %v in strips", k.name, g.name, y, x, c, *v, w)
				}
			})
		}
	}
}

func TestInPlaceResidual(t *testing.T) {
	for _, k := range Kernels() {
		g := geometry{h: 9, w: 10, in: 2400, out: 40, size: 1, stride: 1, dila: 1, residual: true, relu: true}
		p := newProblem(g, 0, 0)
		want := p.run(k, 4, 0, 0)
		p.runInto(k, 4, p.res)
		want.each(func(y, x, ch int, v *float32) {
			if got := float32(p.res.at(y, x, ch)); got != *v {
				t.Fatalf("%s: (%d,%d,%d) = %v in place, %v apart", k.name, y, x, ch, got, *v)
			}
		})
	}
}

func TestScaleMultipliesWeights(t *testing.T) {
	s := Shape{In: 19, Out: 70, Size: 3, Stride: 1, Dilation: 1}
	r := rand.New(rand.NewPCG(3, 3))
	weights, bias, scale := uniform(r, 19*70*9), uniform(r, 70), make([]float64, 70)
	scaled := make([]float32, len(weights))
	for o := range scale {
		scale[o] = r.Float64() * 1e-3
		for i := o * 19 * 9; i < (o+1)*19*9; i++ {
			scaled[i] = float32(float64(weights[i]) * scale[o])
		}
	}
	for _, k := range Kernels() {
		got, want := NewConv(k, s, false).Pack(weights, scale, bias), NewConv(k, s, false).Pack(scaled, nil, bias)
		if !slices.Equal(got.panels, want.panels) {
			t.Errorf("%s: scaled while packing and before differ", k.name)
		}
	}
}

func TestSelectKeepsBits(t *testing.T) {
	for _, k := range Kernels() {
		p := newProblem(geometry{h: 6, w: 7, in: 11, out: 70, size: 3, stride: 1, dila: 1}, 0, 0)
		all := p.run(k, 4, 0, 0)
		channels := []int{69, 0, 33, 33, 64}
		c := NewConv(k, p.shape, false).Pack(p.weights, nil, p.bias).Select(channels)
		blocks := newBlocks(c, p.input.view)
		some := newGrid(p.outH, p.outW, len(channels), 0, 0)
		ti := tiler{edge: make([]float32, maxTile)}
		ti.conv(c, blocks, p.input.view, some.view, nil, p.outW, 0, p.outH, 0, c.panelCount())
		some.each(func(y, x, i int, v *float32) {
			if want := float32(all.at(y, x, channels[i])); *v != want {
				t.Fatalf("%s: channel %d at (%d,%d) is %v, want %v", k.name, channels[i], y, x, *v, want)
			}
		})
	}
}

func TestReLUPassesNaN(t *testing.T) {
	for _, k := range Kernels() {
		p := newProblem(geometry{h: 1, w: 7, in: 1, out: k.nr, size: 1, stride: 1, dila: 1, relu: true}, 0, 0)
		p.input.each(func(_, _, _ int, v *float32) { *v = float32(math.NaN()) })
		p.run(k, 1, 0, 0).each(func(_, x, c int, v *float32) {
			if *v == *v {
				t.Errorf("%s: ReLU of NaN is %v", k.name, *v)
			}
		})
	}
}

func TestImpossibleViewsPanic(t *testing.T) {
	p := newProblem(geometry{h: 6, w: 6, in: 2, out: 3, size: 3, stride: 1, dila: 1}, 0, 0)
	c := NewConv(&genericKernel, p.shape, false).Pack(p.weights, nil, p.bias)
	blocks := newBlocks(c, p.input.view)
	out := newGrid(4, 4, 3, 0, 0)
	for name, call := range map[string]func(t *tiler){
		"rows beyond the input":   func(t *tiler) { t.conv(c, blocks, p.input.view, out.view, nil, 4, 0, 5, 0, 1) },
		"columns beyond the last": func(t *tiler) { t.conv(c, blocks, p.input.view, out.view, nil, 5, 3, 4, 0, 1) },
		"short residual":          func(t *tiler) { t.conv(c, blocks, p.input.view, out.view, &view{row: 12, pixel: 3}, 4, 0, 4, 0, 1) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call(&tiler{edge: make([]float32, maxTile)})
		}()
	}
}

// TestExpectedKernel fails when the kernel a test run means to prove is not the
// one in use: set BAGNET_EXPECT_KERNEL in the environment of such a run.
func TestExpectedKernel(t *testing.T) {
	want := os.Getenv("BAGNET_EXPECT_KERNEL")
	if want == "" {
		t.Skip("BAGNET_EXPECT_KERNEL is not set")
	}
	k, err := Choose("")
	if err != nil {
		t.Fatal(err)
	}
	if k.name != want {
		t.Errorf("kernel %q in use, want %q", k.name, want)
	}
}

func TestChoose(t *testing.T) {
	if k, err := Choose("generic"); err != nil || k.Name() != "generic" {
		t.Errorf("Choose(generic) = %v, %v", k, err)
	}
	for _, want := range Kernels() {
		if k, err := Choose(want.Name()); err != nil || k.Name() != want.Name() {
			t.Errorf("Choose(%s) = %v, %v", want.Name(), k, err)
		}
		t.Setenv("BAGNET_KERNEL", want.Name())
		if k, err := Choose(""); err != nil || k.Name() != want.Name() {
			t.Errorf("with BAGNET_KERNEL=%s: %v, %v", want.Name(), k, err)
		}
	}
	t.Setenv("BAGNET_KERNEL", "abacus")
	if _, err := Choose(""); err == nil {
		t.Error("an unknown kernel in BAGNET_KERNEL was accepted")
	}
}

// BenchmarkConv reports GFLOP/s on one CPU for layer shapes of bagnet33 at 224
// pixels, the input no longer in any cache but the last.
func BenchmarkConv(b *testing.B) {
	layers := []geometry{
		{name: "stem", h: 224, w: 224, in: 3, out: 64, size: 3, stride: 1, relu: true},
		{name: "layer1.conv1", h: 110, w: 110, in: 256, out: 64, size: 1, stride: 1, relu: true},
		{name: "layer1.conv3", h: 110, w: 110, in: 64, out: 256, size: 1, stride: 1, residual: true, relu: true},
		{name: "layer2.0.conv2", h: 110, w: 110, in: 128, out: 128, size: 3, stride: 2, relu: true},
		{name: "layer3.conv1", h: 26, w: 26, in: 1024, out: 256, size: 1, stride: 1, relu: true},
		{name: "layer4.conv1", h: 24, w: 24, in: 2048, out: 512, size: 1, stride: 1, relu: true},
		{name: "layer4.conv3", h: 24, w: 24, in: 512, out: 2048, size: 1, stride: 1, residual: true, relu: true},
	}
	for _, k := range Kernels() {
		for _, g := range layers {
			g.dila = 1
			b.Run(k.name+"/"+g.name, func(b *testing.B) {
				p := newProblem(g, 0, 0)
				out := newGrid(p.outH, p.outW, p.out, 0, 0)
				c := NewConv(k, p.shape, p.relu).Pack(p.weights, nil, p.bias)
				blocks := newBlocks(c, p.input.view)
				t := tiler{edge: make([]float32, maxTile)}
				var res *view
				if p.residual {
					res = &p.res.view
				}
				for b.Loop() {
					t.conv(c, blocks, p.input.view, out.view, res, p.outW, 0, p.outH, 0, c.panelCount())
				}
				flop := 2 * float64(p.outH*p.outW*p.out) * float64(c.depth())
				b.ReportMetric(flop*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
	}
}
