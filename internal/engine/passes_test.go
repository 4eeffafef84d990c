package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// Two passes, with several gradients given, are what one is, whose gradients are compared
// with differences: by linearity, the sum of what each gradient gives alone.
func TestPasses(t *testing.T) {
	eachRandomGradient(t, func(g *generator, ws *Workspace, of Node) string { return g.checkPasses(t, ws, of) })
}

func (g *generator) checkPasses(t *testing.T, ws *Workspace, of Node) (wrong string) {
	defer func() {
		if f := recover(); f != nil {
			wrong = fmt.Sprintf("panic: %v", f)
		}
	}()
	d := Derivative{Of: of, At: []Node{0}, Outputs: []Node{of}}
	for c := Node(1); c < of; c++ {
		if g.one(3) && g.depends(c, 0) {
			d.Also = append(d.Also, c)
		}
	}
	if g.one(2) {
		d.Outputs = append(d.Outputs, d.Also...)
	}
	if n := len(d.Also); n > 0 && g.one(2) { // the last is not the first
		d.Of, d.Also[n-1] = d.Also[n-1], d.Of
	}
	m := g.maps[0]
	passes, err := g.net.PlanPasses(m.h, m.w, 1+g.r.IntN(3), d)
	if err != nil {
		return err.Error()
	}
	for _, w := range passes.values {
		for i := range w {
			w[i] = float32(math.NaN())
		}
	}
	var given [][]float32
	want, size := make([]float64, len(m.v)), 1.0
	for _, c := range append([]Node{d.Of}, d.Also...) {
		weights := uniform(g.r, len(g.maps[c].v))
		given = append(given, weights)
		outs, wrong := g.gradient(t, ws, Derivative{Of: c, At: []Node{0}}, g.input(), weights)
		if wrong != "" {
			return wrong
		}
		for i, v := range outs[0] {
			want[i] += float64(v)
			size = max(size, math.Abs(float64(v)))
		}
	}
	got, again := make([]float32, len(want)), make([]float32, len(want))
	for range 2 { // what one run leaves behind does not matter to the next
		values, err := passes.Forward(t.Context(), g.input())
		if err != nil {
			return err.Error()
		}
		for i, c := range d.Outputs {
			if out, wrong := g.gradient(t, ws, Derivative{Of: c, At: []Node{0}, Outputs: []Node{c}}, g.input(), uniform(g.r, len(values[i]))); wrong != "" || !slices.Equal(out[0], values[i]) {
				return fmt.Sprintf("output %d is another: %s", i, wrong)
			}
		}
		copy(again, got)
		if err := passes.Backward(t.Context(), given, got); err != nil {
			return err.Error()
		}
	}
	if !slices.Equal(got, again) {
		return "the second time the bits are others"
	}
	for i, v := range got {
		if !(math.Abs(float64(v)-want[i]) <= 2e-5*size*float64(len(given))) {
			return fmt.Sprintf("gradient %d is %v, want %v", i, v, want[i])
		}
	}
	return ""
}

// A Gram matrix is compared with its definition, in float64.
func TestGram(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	var room []float32
	for _, k := range Kernels() {
		for _, size := range [][2]int{{1, 1}, {3, 300}, {15, 128}, {16, 129}, {64, 1}, {70, 257}, {130, 40}} {
			channels, positions := size[0], size[1]
			f := uniform(r, channels*positions)
			g, want := make([]float64, channels*channels), make([]float64, channels*channels)
			for i := range want {
				y, x := i/channels, i%channels
				for p := range positions {
					want[i] += 2 * float64(f[p*channels+y]) * float64(f[p*channels+x])
				}
			}
			for range 2 { // it is added up
				k.Gram(f, channels, g, &room)
			}
			for i, v := range g {
				if !(math.Abs(v-want[i]) <= 1e-6*float64(positions)) {
					t.Fatalf("%s, %d channels, %d positions: product %d is %v, want %v", k.name, channels, positions, i, v, want[i])
				}
				if y, x := i/channels, i%channels; g[x*channels+y] != v {
					t.Fatalf("%s, %d channels: products %d and %d of a symmetric matrix differ", k.name, channels, i, x*channels+y)
				}
			}
		}
	}
}

// Repack gives the weights to the plans that c is in.
func TestRepack(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, k := range Kernels() {
		c := NewConv(k, Shape{In: 3, Out: 70, Size: 1, Stride: 1, Dilation: 1}, false).Pack(make([]float32, 210), nil, nil)
		net, in := NewNetwork(k, 3)
		plan, err := net.Plan(1, 2, 1, net.Conv(c, in))
		if err != nil {
			t.Fatal(err)
		}
		weights, x, got := uniform(r, 210), uniform(r, 6), make([]float32, 140)
		c.Repack(weights)
		if err := plan.Run(t.Context(), new(Workspace), x, got); err != nil {
			t.Fatal(err)
		}
		for i, v := range got {
			want := 0.0
			for j := range 3 {
				want += float64(weights[i%70*3+j]) * float64(x[i/70*3+j])
			}
			if !(math.Abs(float64(v)-want) < 1e-6) {
				t.Fatalf("%s: value %d is %v, want %v", k.name, i, v, want)
			}
		}
	}
}
