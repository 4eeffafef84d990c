package engine

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// A single is a network of one 3x3 convolution with padding, and its value by definition in float64.
func single(t *testing.T, k *Kernel, h, w, in, out int, winograd bool) (net *Network, c *Conv, node Node, image []float32, want []float64) {
	t.Helper()
	r := rand.New(rand.NewPCG(uint64(in), uint64(out)))
	s := Shape{In: in, Out: out, Size: 3, Stride: 1, Dilation: 1, Pad: 1}
	weights, bias := uniform(r, out*in*9), uniform(r, out)
	c = NewConv(k, s, false).Pack(weights, nil, bias)
	c.Winograd = winograd
	net, x := NewNetwork(k, in)
	image = uniform(r, h*w*in)
	for y := range h {
		for x := range w {
			for o := range out {
				sum := float64(bias[o])
				for ky := range 3 {
					for kx := range 3 {
						if iy, ix := y+ky-1, x+kx-1; iy >= 0 && iy < h && ix >= 0 && ix < w {
							for i := range in {
								sum += float64(image[(iy*w+ix)*in+i]) * float64(weights[((o*in+i)*3+ky)*3+kx])
							}
						}
					}
				}
				want = append(want, sum)
			}
		}
	}
	return net, c, net.Conv(c, x), image, want
}

func run(t *testing.T, net *Network, h, w int, image []float32, out Node) ([]float32, *Plan) {
	t.Helper()
	p, err := net.Plan(h, w, 1, out)
	if err != nil {
		t.Fatal(err)
	}
	oh, ow, c := p.Size(0)
	got := make([]float32, oh*ow*c)
	if err := p.Run(t.Context(), new(Workspace), image, got); err != nil {
		t.Fatal(err)
	}
	return got, p
}

// filtered reports whether the first operation of a plan is computed by Winograd's filtering.
func filtered(p *Plan) bool {
	_, ok := p.segments[0][0].layer.(winograd)
	return ok
}

// TestFilteringWherePermitted has maps of all sorts with many channels: only what was permitted is
// computed by Winograd's filtering, and only where that saves something. Long sums are made of
// blocks: their errors stay those of blocks.
func TestFilteringWherePermitted(t *testing.T) {
	for _, k := range Kernels() {
		for _, c := range []struct {
			h, w, in, out     int
			permitted, wanted bool
			error             float64 // of the largest value
		}{
			{12, 12, 32, 64, true, true, 2.5e-6},
			{12, 12, 32, 64, false, false, 1e-6},
			{17, 9, 48, 40, true, true, 2.5e-6},
			{4, 4, 64, 64, true, false, 1e-6}, // one square: the weights are more than the pixels
			{12, 12, 2, 3, true, false, 1e-6}, // transforms are more than the products
			{10, 12, 1100, 17, true, true, 2.5e-6},
		} {
			net, _, out, image, want := single(t, k, c.h, c.w, c.in, c.out, c.permitted)
			got, p := run(t, net, c.h, c.w, image, out)
			if k.pays != nil && filtered(p) != c.wanted {
				t.Errorf("%s, %+v: filtered %v", k.name, c, !c.wanted)
			}
			largest, worst := 0.0, 0.0
			for i, v := range want {
				largest, worst = max(largest, math.Abs(v)), max(worst, math.Abs(v-float64(got[i])))
			}
			if worst > c.error*largest {
				t.Errorf("%s, %+v: off by %.2g of the largest value", k.name, c, worst/largest)
			}
		}
	}
}

// TestFilteringOfOtherWeights packs a convolution anew after it was planned.
func TestFilteringOfOtherWeights(t *testing.T) {
	k := Kernels()[0]
	if k.pays == nil {
		t.Skipf("kernel %s has no filtering", k.name)
	}
	net, c, out, image, want := single(t, k, 12, 12, 32, 64, true)
	if got, _ := run(t, net, 12, 12, image, out); math.Abs(float64(got[5])-want[5]) > 1e-4 {
		t.Fatalf("%v, want %v", got[5], want[5])
	}
	c.Pack(make([]float32, 64*32*9), nil, make([]float32, 64))
	got, p := run(t, net, 12, 12, image, out)
	if !filtered(p) {
		t.Error("not by filtering")
	}
	for i, v := range got {
		if v != 0 {
			t.Fatalf("value %d of weights that are zero is %v", i, v)
		}
	}
}

// TestGradientsAreDirect has a convolution that is filtered in a network of its own, but not where
// gradients or multipliers are wanted of it.
func TestGradientsAreDirect(t *testing.T) {
	for _, k := range Kernels() {
		net, _, out, image, _ := single(t, k, 12, 12, 32, 64, true)
		if _, p := run(t, net, 12, 12, image, out); k.pays != nil && !filtered(p) {
			t.Errorf("%s: not filtered by itself", k.name)
		}
		passes, err := net.PlanPasses(12, 12, 1, Derivative{Of: out, At: []Node{0}})
		if err != nil {
			t.Fatal(err)
		}
		plans := []*Plan{passes.forward, passes.back}
		for _, rescale := range []bool{false, true} {
			p, err := net.PlanGradient(12, 12, 1, Derivative{Of: out, At: []Node{0}, Outputs: []Node{out}, Rescale: rescale})
			if err != nil {
				t.Fatal(err)
			}
			plans = append(plans, p)
		}
		for i, p := range plans {
			for _, steps := range p.segments {
				for _, s := range steps {
					if _, ok := s.layer.(winograd); ok {
						t.Errorf("%s, plan %d: an operation is filtered", k.name, i)
					}
				}
			}
		}
	}
}

// TestOthersChangeNothing asks random networks for one of their nodes, and for that and another: its
// bits are the same.
func TestOthersChangeNothing(t *testing.T) {
	var ws Workspace
	start := time.Now()
	for i := 0; i < 4000 && time.Since(start) < 2*time.Second; i++ {
		g := newGenerator(uint64(2e6 + i))
		for range 2 + i%5 {
			for !g.grow() {
			}
		}
		m, out, other := g.maps[0], Node(1+g.r.IntN(len(g.maps)-1)), Node(1+g.r.IntN(len(g.maps)-1))
		values := func(outs ...Node) []float32 {
			p, err := g.net.Plan(m.h, m.w, 1, outs...)
			if err != nil {
				t.Fatal(err)
			}
			var got [][]float32
			for range outs {
				h, w, c := p.Size(len(got))
				got = append(got, make([]float32, h*w*c))
			}
			if err := p.Run(t.Context(), &ws, g.input(), got...); err != nil {
				t.Fatal(err)
			}
			return got[0]
		}
		if other != out && !slices.Equal(values(out), values(out, other)) {
			t.Fatalf("case %d: %s\n%s\nn%d has other bits where n%d is wanted too", i, g.kernel.name, strings.Join(g.listing, "\n"), out, other)
		}
	}
}
