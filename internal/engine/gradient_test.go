package engine

import (
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestGradientsAreDifferences compares gradients of random networks, at the input and at
// a node on the way, with central differences of their definitions in float64. Between
// two kinks these are linear, so that the differences are exact.
func TestGradientsAreDifferences(t *testing.T) {
	eachRandomGradient(t, func(g *generator, ws *Workspace, of Node) string { return g.checkGradient(t, ws, of) })
}

// TestRescaleIsComplete holds what DeepLIFT promises: multipliers times the difference of
// two inputs add up to the difference of what is computed from them.
func TestRescaleIsComplete(t *testing.T) {
	eachRandomGradient(t, func(g *generator, ws *Workspace, of Node) string { return g.checkRescale(t, ws, of) })
}

// eachRandomGradient calls check for random networks; BAGNET_CASES says how many.
func eachRandomGradient(t *testing.T, check func(*generator, *Workspace, Node) string) {
	cases, limit := 4000, time.Second
	if n, err := strconv.Atoi(os.Getenv("BAGNET_CASES")); err == nil {
		cases, limit = n, time.Hour
	}
	var ws Workspace
	start := time.Now()
	for i := range cases {
		if time.Since(start) > limit {
			t.Logf("stopped after %d cases", i)
			return
		}
		g := newGenerator(uint64(i))
		for range 1 + i%13 {
			for !g.grow() {
			}
		}
		of := Node(len(g.maps) - 1)
		if !g.depends(of, 0) {
			continue
		}
		if wrong := check(g, &ws, of); wrong != "" {
			t.Fatalf("case %d: %s\n%s\nof n%d: %s", i, g.kernel.name, strings.Join(g.listing, "\n"), of, wrong)
		}
	}
}

// depends reports whether a is computed from b.
func (g *generator) depends(a, b Node) bool {
	if a == b {
		return true
	}
	if slices.ContainsFunc(g.net.nodes[a].parts, func(p Node) bool { return g.depends(p, b) }) {
		return true
	}
	return slices.ContainsFunc(g.net.ops, func(o op) bool {
		return o.out == a && slices.ContainsFunc(o.reads(), func(r Node) bool { return g.depends(r, b) })
	})
}

// gradient computes what d asks for, planned and cut at random; the bits must be equal.
func (g *generator) gradient(t *testing.T, ws *Workspace, d Derivative, ins ...[]float32) (outs [][]float32, wrong string) {
	defer func() {
		if f := recover(); f != nil {
			wrong = fmt.Sprintf("panic: %v", f)
		}
	}()
	m := g.maps[0]
	plan, err := g.net.PlanGradient(m.h, m.w, 1+g.r.IntN(5), d)
	if err != nil {
		return nil, err.Error()
	}
	net, nodes, err := g.net.derive(m.h, m.w, d)
	if err != nil {
		return nil, err.Error()
	}
	for _, p := range []*Plan{plan, (&generator{twin: &twin{net: net, maps: g.maps}, r: g.r}).cut(1+g.r.IntN(4), nodes...)} {
		if !g.one(6) {
			p.threads = 1
		}
		var got [][]float32
		for i := range p.outs {
			h, w, c := p.Size(i)
			got = append(got, make([]float32, h*w*c))
			spoil(ws, got[i])
		}
		if err := p.RunInputs(t.Context(), ws, ins, got...); err != nil {
			return nil, err.Error()
		}
		for i := range outs {
			if !slices.Equal(got[i], outs[i]) {
				return nil, "cut in another way, the bits are others"
			}
		}
		outs = got
	}
	return outs, ""
}

// weigh returns the sum of a node's values, weighted by the gradient at it.
func (g *generator) weigh(of Node, weights []float32) float64 {
	sum := 0.0
	for i, v := range g.maps[of].v {
		sum += v * float64(weights[i])
	}
	return sum
}

func (g *generator) checkGradient(t *testing.T, ws *Workspace, of Node) string {
	d := Derivative{Of: of, At: []Node{0}, Outputs: []Node{of}}
	if at := Node(g.r.IntN(int(of) + 1)); g.depends(of, at) && at != 0 {
		d.At = append(d.At, at)
	}
	weights := uniform(g.r, len(g.maps[of].v))
	outs, wrong := g.gradient(t, ws, d, g.input(), weights)
	if wrong != "" {
		return wrong
	}
	largest := 0.0
	for _, m := range g.maps {
		for _, v := range m.v {
			largest = max(largest, math.Abs(v))
		}
	}
	for i, v := range outs[0] {
		if math.Abs(float64(v)-g.maps[of].v[i]) > 2e-6*largest {
			return fmt.Sprintf("output %d is %v, want %v", i, v, g.maps[of].v[i])
		}
	}
	for k, at := range d.At {
		got := outs[1+k]
		span := 0.0
		for _, v := range got {
			span = max(span, math.Abs(float64(v)))
		}
		for range 8 {
			i := g.r.IntN(len(got))
			const step = 1e-7
			up, here, down := g.moved(at, i, step, of, weights), g.weigh(of, weights), g.moved(at, i, -step, of, weights)
			if math.Abs(up-here-(here-down)) > 1e-5*step*max(span, 1) {
				continue // at a kink, as where several zeros are the maximum of a window
			}
			if want := (up - down) / (2 * step); !(math.Abs(float64(got[i])-want) <= 2e-5*max(span, 1)) {
				return fmt.Sprintf("gradient %d at n%d is %v, want %v", i, at, got[i], want)
			}
		}
	}
	return ""
}

// moved is weigh when one value of node at is moved by step.
func (g *generator) moved(at Node, i int, step float64, of Node, weights []float32) float64 {
	kept := slices.Clone(g.maps)
	defer func() { g.maps = kept }()
	g.maps[at].v = slices.Clone(g.maps[at].v)
	g.maps[at].v[i] += step
	for n := at + 1; n <= of; n++ {
		if g.define[n] != nil && g.depends(n, at) {
			g.maps[n] = g.define[n]()
		}
	}
	return g.weigh(of, weights)
}

func (g *generator) checkRescale(t *testing.T, ws *Workspace, of Node) string {
	weights := uniform(g.r, len(g.maps[of].v))
	in, other := g.input(), uniform(g.r, len(g.maps[0].v))
	for i := range other {
		if g.one(4) {
			other[i] = in[i] // differences of nothing
		}
	}
	outs, wrong := g.gradient(t, ws, Derivative{Of: of, At: []Node{0}, Rescale: true}, in, other, weights)
	if wrong != "" {
		return wrong
	}
	got, size := 0.0, 1.0
	for i, v := range outs[0] {
		share := float64(v) * (float64(in[i]) - float64(other[i]))
		got += share
		size += math.Abs(share)
	}
	want := g.weigh(of, weights)
	kept := g.maps
	g.maps = slices.Clone(kept)
	g.maps[0].v = make([]float64, len(other))
	for i, v := range other {
		g.maps[0].v[i] = float64(v)
	}
	g.again()
	want -= g.weigh(of, weights)
	g.maps = kept
	if !(math.Abs(got-want) <= 2e-5*size) {
		return fmt.Sprintf("shares add up to %v, want %v", got, want)
	}
	return ""
}
