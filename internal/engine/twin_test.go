package engine

import (
	"math"
	"math/rand/v2"
	"testing"
)

// twin builds a Network and, beside it, computes every node in float64 by the
// definitions, calling nothing of the engine.
type twin struct {
	net      *Network
	kernel   *Kernel
	random   *rand.Rand
	maps     []fmap        // of each node
	winograd bool          // whether convolutions may be computed by Winograd's filtering
	define   []func() fmap // what computes them from others; nil for inputs
}

type fmap struct {
	h, w, c int
	v       []float64
}

func (m fmap) at(y, x, c int) float64 {
	if y < 0 || y >= m.h || x < 0 || x >= m.w {
		return 0
	}
	return m.v[(y*m.w+x)*m.c+c]
}

func newFmap(h, w, c int, f func(y, x, c int) float64) fmap {
	m := fmap{h, w, c, make([]float64, h*w*c)}
	for i := range m.v {
		m.v[i] = f(i/c/w, i/c%w, i%c)
	}
	return m
}

func newTwin(k *Kernel, h, w, channels int) (*twin, Node) {
	t := &twin{kernel: k, random: rand.New(rand.NewPCG(uint64(h), uint64(w)))}
	var in Node
	t.net, in = NewNetwork(k, channels)
	t.maps = []fmap{newFmap(h, w, channels, func(_, _, _ int) float64 { return float64(t.random.Float32()*2 - 1) })}
	t.define = []func() fmap{nil}
	return t, in
}

// keep notes how node n is computed, and computes it.
func (t *twin) keep(n Node, define func() fmap) Node {
	for int(n) >= len(t.maps) {
		t.maps, t.define = append(t.maps, fmap{}), append(t.define, nil)
	}
	t.maps[n], t.define[n] = define(), define
	return n
}

// again computes all nodes once more.
func (t *twin) again() {
	for n, define := range t.define {
		if define != nil {
			t.maps[n] = define()
		}
	}
}

func (t *twin) input() []float32 {
	in := make([]float32, len(t.maps[0].v))
	for i, v := range t.maps[0].v {
		in[i] = float32(v)
	}
	return in
}

// conv applies a random convolution, its weights scaled to keep values near 1.
func (t *twin) conv(in Node, out, size, stride, dilation, pad int, relu bool, residual Node) Node {
	s := Shape{In: t.maps[in].c, Out: out, Size: size, Stride: stride, Dilation: dilation, Pad: pad}
	weights, bias := uniform(t.random, s.Out*s.In*size*size), uniform(t.random, s.Out)
	scale := float32(math.Sqrt(3 / float64(s.In*size*size)))
	for i := range weights {
		weights[i] *= scale
	}
	length := func(n int) int { return (n+2*pad-(size-1)*dilation-1)/stride + 1 }
	h, w := length(t.maps[in].h), length(t.maps[in].w)
	if residual != none {
		h, w = min(h, t.maps[residual].h), min(w, t.maps[residual].w)
	}
	value := func(x fmap, y, x0, o int) float64 {
		sum := float64(bias[o])
		for ky := range size {
			for kx := range size {
				for i := range s.In {
					sum += x.at(y*stride-pad+ky*dilation, x0*stride-pad+kx*dilation, i) * float64(weights[((o*s.In+i)*size+ky)*size+kx])
				}
			}
		}
		if residual != none {
			sum += t.maps[residual].at(y, x0, o)
		}
		if relu {
			sum = max(0, sum)
		}
		return sum
	}
	m := func() fmap {
		x := t.maps[in]
		return newFmap(h, w, out, func(y, x0, o int) float64 { return value(x, y, x0, o) })
	}
	c := NewConv(t.kernel, s, relu).Pack(weights, nil, bias)
	c.Winograd = t.winograd
	if residual != none {
		return t.keep(t.net.ConvAdd(c, in, residual), m)
	}
	return t.keep(t.net.Conv(c, in), m)
}

func (t *twin) pool(in Node, maximum bool, size, stride, pad int) Node {
	s := Shape{In: t.maps[in].c, Out: t.maps[in].c, Size: size, Stride: stride, Dilation: 1, Pad: pad}
	value := func(x fmap, y, x0, c int) float64 {
		sum, most := 0.0, math.Inf(-1)
		for iy := y*stride - pad; iy < y*stride-pad+size; iy++ {
			for ix := x0*stride - pad; ix < x0*stride-pad+size; ix++ {
				sum += x.at(iy, ix, c)
				if iy >= 0 && iy < x.h && ix >= 0 && ix < x.w {
					most = max(most, x.at(iy, ix, c))
				}
			}
		}
		if maximum {
			return most
		}
		return sum / float64(size*size)
	}
	m := func() fmap {
		x := t.maps[in]
		return newFmap((x.h+2*pad-size)/stride+1, (x.w+2*pad-size)/stride+1, x.c, func(y, x0, c int) float64 { return value(x, y, x0, c) })
	}
	if maximum {
		return t.keep(t.net.MaxPool(s, in), m)
	}
	return t.keep(t.net.AvgPool(s, in), m)
}

// adaptivePool is torch.nn.AdaptiveAvgPool2d(size) by its definition.
func (t *twin) adaptivePool(in Node, size int) Node {
	window := func(i, n int) (from, to int) {
		return int(math.Floor(float64(i*n) / float64(size))), int(math.Ceil(float64((i+1)*n) / float64(size)))
	}
	value := func(x fmap, y, x0, c int) float64 {
		top, bottom := window(y, x.h)
		left, right := window(x0, x.w)
		sum := 0.0
		for iy := top; iy < bottom; iy++ {
			for ix := left; ix < right; ix++ {
				sum += x.at(iy, ix, c)
			}
		}
		return sum / float64((bottom-top)*(right-left))
	}
	return t.keep(t.net.AdaptiveAvgPool(size, in), func() fmap {
		x := t.maps[in]
		return newFmap(size, size, x.c, func(y, x0, c int) float64 { return value(x, y, x0, c) })
	})
}

func (t *twin) scaleShiftReLU(in Node) Node {
	scale, shift := uniform(t.random, t.maps[in].c), uniform(t.random, t.maps[in].c)
	return t.keep(t.net.ScaleShiftReLU(scale, shift, in), func() fmap {
		x := t.maps[in]
		return newFmap(x.h, x.w, x.c, func(y, x0, c int) float64 {
			return max(0, x.at(y, x0, c)*float64(scale[c])+float64(shift[c]))
		})
	})
}

func (t *twin) concat(parts ...Node) Node {
	var channels int
	for _, p := range parts {
		channels += t.maps[p].c
	}
	return t.keep(t.net.Concat(parts...), func() fmap {
		first := t.maps[parts[0]]
		return newFmap(first.h, first.w, channels, func(y, x, c int) float64 {
			for _, p := range parts {
				if m := t.maps[p]; c < m.c {
					return m.at(y, x, c)
				} else {
					c -= m.c
				}
			}
			panic("unreachable")
		})
	})
}

func (t *twin) mean(in Node) Node {
	return t.keep(t.net.Mean(in), func() fmap {
		x := t.maps[in]
		return newFmap(1, 1, x.c, func(_, _, c int) float64 {
			sum := 0.0
			for i := c; i < len(x.v); i += x.c {
				sum += x.v[i]
			}
			return sum / float64(x.h*x.w)
		})
	})
}

func (t *twin) run(tb testing.TB, ws *Workspace, out Node, threads int) []float32 {
	tb.Helper()
	m := t.maps[0]
	plan, err := t.net.Plan(m.h, m.w, threads, out)
	if err != nil {
		tb.Fatal(err)
	}
	h, w, c := plan.Size(0)
	if want := t.maps[out]; h != want.h || w != want.w || c != want.c {
		tb.Fatalf("output of %dx%dx%d, want %dx%dx%d", h, w, c, want.h, want.w, want.c)
	}
	got := make([]float32, h*w*c)
	spoil(ws, got)
	if err := plan.Run(tb.Context(), ws, t.input(), got); err != nil {
		tb.Fatal(err)
	}
	return got
}
