package engine

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
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
// padding, crops and every way the result is initialised and stored.
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
		{name: "5x5", h: 9, w: 9, in: 5, out: 9, size: 5, stride: 2, dila: 1},
	}
	for m := 1; m <= 13; m++ {
		gs = append(gs, geometry{name: fmt.Sprintf("%d pixels", m), h: 1, w: m, in: m, out: 15 + m, size: 1, stride: 1, dila: 1, residual: m%2 == 0, relu: m%3 == 0})
	}
	return gs
}

// frozen is a Map surrounded by guards: NaN in what is read (any use of a value
// outside the view spoils the result) and in what is written (checked after).
type frozen struct {
	Map
	whole []float32
}

const guard = 64

func guarded(h, w, c, rowGap int) frozen {
	stride := w*c + rowGap
	whole := make([]float32, guard+h*stride+guard)
	for i := range whole {
		whole[i] = float32(math.NaN())
	}
	return frozen{Map{Data: whole[guard : guard+h*stride], H: h, W: w, C: c, Stride: stride}, whole}
}

func (f frozen) each(fn func(y, x, c int, v *float32)) {
	for y := range f.H {
		for x := range f.W {
			for c := range f.C {
				fn(y, x, c, &f.Data[y*f.Stride+x*f.C+c])
			}
		}
	}
}

func (f frozen) at(y, x, c int) float64 { return float64(f.Data[y*f.Stride+x*f.C+c]) }

// finite counts the values of the whole buffer that are no guard.
func (f frozen) finite() (n int) {
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
	in, res       frozen
	weights, bias []float32
	outH, outW    int
}

func newProblem(g geometry, rowGap int) problem {
	r := rand.New(rand.NewPCG(1, uint64(g.in*1000+g.out)))
	p := problem{geometry: g, shape: Shape{In: g.in, Out: g.out, Size: g.size, Stride: g.stride, Dilation: g.dila}}
	p.in = guarded(g.h+2*g.pad, g.w+2*g.pad, g.in, rowGap)
	p.in.each(func(y, x, c int, v *float32) { *v = r.Float32()*2 - 1 })
	p.in.ClearFrame(g.pad)
	p.weights = uniform(r, g.out*g.in*g.size*g.size)
	p.bias = uniform(r, g.out)
	p.outH = p.shape.OutputSize(g.h+2*g.pad) - g.crop
	p.outW = p.shape.OutputSize(g.w+2*g.pad) - g.crop
	p.res = guarded(p.outH+g.crop, p.outW+g.crop, g.out, rowGap)
	p.res.each(func(y, x, c int, v *float32) { *v = r.Float32()*2 - 1 })
	return p
}

// run computes the problem with kernel k into a fresh guarded Map.
func (p problem) run(t testing.TB, k *Kernel, threads, rowGap int) frozen {
	t.Helper()
	c := NewConv(k, p.shape, p.weights, p.bias, p.relu)
	out := guarded(p.outH, p.outW, p.out, rowGap)
	var res *Map
	if p.residual {
		res = &p.res.Map
	}
	if err := c.Run(t.Context(), threads, p.in.Map, out.Map, res); err != nil {
		t.Fatal(err)
	}
	return out
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
			for i := range p.geometry.in {
				w := float64(p.weights[((o*p.geometry.in+i)*p.size+ky)*p.size+kx])
				v := p.in.at(y*p.stride+ky*p.dila, x*p.stride+kx*p.dila, i) * w
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

func TestConvEqualsDefinition(t *testing.T) {
	for _, k := range Kernels() {
		for _, g := range geometries() {
			for _, rowGap := range []int{0, 5} {
				t.Run(fmt.Sprintf("%s/%s/gap%d", k.name, g.name, rowGap), func(t *testing.T) {
					p := newProblem(g, rowGap)
					got := p.run(t, k, 2, rowGap)
					if n := got.finite(); n != p.outH*p.outW*p.out {
						t.Fatalf("%d values written, want %d", n, p.outH*p.outW*p.out)
					}
					got.each(func(y, x, c int, v *float32) {
						want, magnitude := p.want(y, x, c)
						// A chain of n float32 additions is off by at most n*2^-24 of the
						// summed magnitudes; rounding errors average out far below that.
						if d := math.Abs(float64(*v) - want); !(d <= 4e-7*magnitude) {
							t.Fatalf("(%d,%d,%d) = %v, want %v: off by %.2g of %.3g", y, x, c, *v, want, d, magnitude)
						}
					})
				})
			}
		}
	}
}

func TestBitsDoNotDependOnThreadsOrTiles(t *testing.T) {
	for _, k := range Kernels() {
		for _, g := range geometries() {
			p := newProblem(g, 0)
			one := p.run(t, k, 1, 0)
			many := p.run(t, k, 7, 3) // a row gap also forbids treating the map as one long row
			one.each(func(y, x, c int, v *float32) {
				if w := many.Data[y*many.Stride+x*many.C+c]; math.Float32bits(*v) != math.Float32bits(w) {
					t.Fatalf("%s, %s: (%d,%d,%d) is %v with 1 thread, %v with 7", k.name, g.name, y, x, c, *v, w)
				}
			})
		}
	}
}

func TestInPlaceResidual(t *testing.T) {
	for _, k := range Kernels() {
		g := geometry{h: 9, w: 10, in: 24, out: 40, size: 1, stride: 1, dila: 1, residual: true, relu: true}
		p := newProblem(g, 0)
		want := p.run(t, k, 2, 0)
		c := NewConv(k, p.shape, p.weights, p.bias, true)
		if err := c.Run(t.Context(), 2, p.in.Map, p.res.Map, &p.res.Map); err != nil {
			t.Fatal(err)
		}
		want.each(func(y, x, ch int, v *float32) {
			if got := float32(p.res.at(y, x, ch)); got != *v {
				t.Fatalf("%s: (%d,%d,%d) = %v in place, %v apart", k.name, y, x, ch, got, *v)
			}
		})
	}
}

func TestReLUPassesNaN(t *testing.T) {
	for _, k := range Kernels() {
		c := NewConv(k, Shape{In: 1, Out: 1, Size: 1, Stride: 1, Dilation: 1}, []float32{1}, []float32{0}, true)
		out := []float32{7}
		in := []float32{float32(math.NaN())}
		if err := c.Run(t.Context(), 1, NewMap(in, 1, 1, 1), NewMap(out, 1, 1, 1), nil); err != nil {
			t.Fatal(err)
		}
		if out[0] == out[0] {
			t.Errorf("%s: ReLU of NaN is %v", k.name, out[0])
		}
	}
}

func TestCancelledRunReportsIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := NewConv(&genericKernel, Shape{In: 1, Out: 1, Size: 1, Stride: 1, Dilation: 1}, []float32{1}, []float32{0}, false)
	if err := c.Run(ctx, 2, NewMap([]float32{1}, 1, 1, 1), NewMap([]float32{0}, 1, 1, 1), nil); err == nil {
		t.Error("a cancelled run reported no error")
	}
}

func TestImpossibleViewsPanic(t *testing.T) {
	c := NewConv(&genericKernel, Shape{In: 2, Out: 1, Size: 3, Stride: 1, Dilation: 1}, make([]float32, 18), []float32{0}, false)
	data := make([]float32, 1000)
	for name, call := range map[string]func(){
		"output too large": func() { c.Run(t.Context(), 1, NewMap(data, 5, 5, 2), NewMap(data, 4, 3, 1), nil) },
		"wrong channels":   func() { c.Run(t.Context(), 1, NewMap(data, 5, 5, 1), NewMap(data, 3, 3, 1), nil) },
		"short data": func() {
			c.Run(t.Context(), 1, Map{Data: data[:49], H: 5, W: 5, C: 2, Stride: 10}, NewMap(data, 3, 3, 1), nil)
		},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
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
	t.Setenv("BAGNET_KERNEL", "abacus")
	if _, err := Choose(""); err == nil {
		t.Error("an unknown kernel in BAGNET_KERNEL was accepted")
	}
}

// BenchmarkConv reports GFLOP/s for the layer shapes of bagnet33 at 224 pixels.
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
				p := newProblem(g, 0)
				c := NewConv(k, p.shape, p.weights, p.bias, true)
				out := guarded(p.outH, p.outW, p.out, 0)
				var res *Map
				if p.residual {
					res = &p.res.Map
				}
				for b.Loop() {
					c.Run(b.Context(), runtime.GOMAXPROCS(0), p.in.Map, out.Map, res)
				}
				flop := 2 * float64(p.outH*p.outW*p.out) * float64(p.geometry.in*p.size*p.size)
				b.ReportMetric(flop*float64(b.N)/float64(b.Elapsed().Nanoseconds()), "GFLOP/s")
			})
		}
	}
}
