package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestRandomNetworks compares networks drawn at random with their definition: as
// Plan divides them, and cut into segments and strips at random, which reaches
// what Plan would only choose for large maps.
// BAGNET_CASES=100000 runs it for longer than two seconds.
func TestRandomNetworks(t *testing.T) {
	cases, limit := 6000, 2*time.Second
	if n, err := strconv.Atoi(os.Getenv("BAGNET_CASES")); err == nil {
		cases, limit = n, time.Hour
	}
	var ws Workspace // one for all: passes follow each other with other plans and numbers of workers
	start := time.Now()
	for i := range cases {
		if time.Since(start) > limit { // a slow machine, or the race detector
			t.Logf("stopped after %d cases", i)
			return
		}
		g := newGenerator(uint64(i))
		for range 1 + i%13 {
			for !g.grow() {
			}
		}
		out := Node(len(g.maps) - 1)
		if g.one(8) {
			out = g.pick()
		}
		if wrong := g.check(t, &ws, out); wrong != "" {
			t.Fatalf("case %d: %s\n%s\nout n%d: %s", i, g.kernel.name, strings.Join(g.listing, "\n"), out, wrong)
		}
	}
}

// A generator adds random operations to a twin.
type generator struct {
	*twin
	r       *rand.Rand
	listing []string // of the operations, for a reader
}

func newGenerator(seed uint64) *generator {
	r := rand.New(rand.NewPCG(seed, 1))
	kernels := Kernels()
	k := *kernels[r.IntN(len(kernels))]
	if r.IntN(2) == 0 && k.pays != nil { // Winograd's filtering wherever it is possible
		k.pays = func(*Conv, extent) bool { return true }
	}
	tw, in := newTwin(&k, 1+r.IntN(18), 1+r.IntN(18), 1+r.IntN(4))
	tw.random, tw.winograd = r, true
	g := &generator{twin: tw, r: r}
	g.say(in, "input")
	return g
}

func (g *generator) say(n Node, format string, a ...any) {
	m := g.maps[n]
	g.listing = append(g.listing, fmt.Sprintf("n%d %dx%dx%d = ", n, m.h, m.w, m.c)+fmt.Sprintf(format, a...))
}

// one reports true once in n times.
func (g *generator) one(n int) bool { return g.r.IntN(n) == 0 }

// pick returns a node, more often one that nothing is computed from yet, so
// that most operations matter in the end.
func (g *generator) pick() Node {
	n := Node(g.r.IntN(len(g.maps)))
	for (g.read(n) || g.joined(n)) && !g.one(3) {
		n = Node(g.r.IntN(len(g.maps)))
	}
	return n
}

func (g *generator) read(n Node) bool {
	return slices.ContainsFunc(g.net.ops, func(o op) bool { return o.in == n || o.residual == n })
}

// joined reports whether n is part of a concatenation.
func (g *generator) joined(n Node) bool {
	return slices.ContainsFunc(g.net.nodes, func(c node) bool { return slices.Contains(c.parts, n) })
}

// grow adds an operation; it reports false if the one it drew is impossible.
func (g *generator) grow() bool {
	in := g.pick()
	switch kind := g.r.IntN(13); {
	case kind < 7:
		return g.growConv(in, kind < 4)
	case kind < 8:
		return g.growPool(in)
	case kind < 9:
		g.say(g.scaleShiftReLU(in), "scaleShiftReLU(n%d)", in)
	case kind < 10:
		g.say(g.mean(in), "mean(n%d)", in)
	case kind < 11:
		size := 1 + g.r.IntN(6)
		g.say(g.adaptivePool(in, size), "adaptivePool(n%d, %d)", in, size)
	default:
		return g.growConcat(in)
	}
	return true
}

func (g *generator) fits(in Node, window, pad int) bool {
	return min(g.maps[in].h, g.maps[in].w)+2*pad >= window
}

func (g *generator) growConv(in Node, sum bool) bool {
	size, stride, dilation, pad := 1, 1, 1, 0
	if g.one(2) {
		size = 2 + g.r.IntN(2)
	}
	if g.one(3) {
		stride = 2 + g.r.IntN(2)
	}
	if g.one(4) {
		dilation = 2
	}
	window := (size-1)*dilation + 1
	if g.one(2) {
		pad = g.r.IntN(window) // no window lies beside the input
	}
	if !g.fits(in, window, pad) {
		return false
	}
	residual, channels := none, 1+g.r.IntN(6)
	if g.one(12) {
		channels = 1 + g.r.IntN(70) // several panels
	}
	if sum {
		residual = g.pick()
		channels = g.maps[residual].c
	}
	n := g.conv(in, channels, size, stride, dilation, pad, g.one(2), residual)
	g.say(n, "conv(n%d, size %d, stride %d, dilation %d, pad %d) + n%d", in, size, stride, dilation, pad, residual)
	return true
}

func (g *generator) growPool(in Node) bool {
	maximum, size, stride, pad := g.one(2), 1+g.r.IntN(3), 1+g.r.IntN(3), 0
	if maximum {
		pad = g.r.IntN(size/2 + 1)
	}
	if !g.fits(in, size, pad) {
		return false
	}
	g.say(g.pool(in, maximum, size, stride, pad), "pool(n%d, max %v, size %d, stride %d, pad %d)", in, maximum, size, stride, pad)
	return true
}

func (g *generator) growConcat(in Node) bool {
	var parts []Node
	for _, c := range append([]int{int(in)}, g.r.Perm(len(g.maps))...) {
		c, m, like := Node(c), g.maps[c], g.maps[in]
		with := func(p Node) bool { return g.net.contains(p, c) || g.net.contains(c, p) }
		if c != 0 && !g.joined(c) && m.h == like.h && m.w == like.w && len(parts) < 3 && !slices.ContainsFunc(parts, with) {
			parts = append(parts, c)
		}
	}
	if len(parts) < 2 {
		return false
	}
	g.say(g.concat(parts...), "concat%v", parts)
	return true
}

// check returns what is wrong with out, computed in two ways, or "".
func (g *generator) check(t *testing.T, ws *Workspace, out Node) (wrong string) {
	defer func() {
		if f := recover(); f != nil {
			wrong = fmt.Sprintf("panic: %v", f)
		}
	}()
	largest := 0.0
	for _, m := range g.maps { // also of what is on the way and cancels out
		for _, v := range m.v {
			largest = max(largest, math.Abs(v))
		}
	}
	m, want := g.maps[0], g.maps[out]
	plan, err := g.net.Plan(m.h, m.w, 1+g.r.IntN(9), out)
	if err != nil {
		return err.Error()
	}
	if h, w, c := plan.Size(0); h != want.h || w != want.w || c != want.c {
		return fmt.Sprintf("output of %dx%dx%d, want %dx%dx%d", h, w, c, want.h, want.w, want.c)
	}
	var first []float32
	for _, p := range []*Plan{plan, g.cut(1+g.r.IntN(4), out)} {
		if !g.one(6) {
			p.threads = 1 // its strips one after the other: waiting for workers takes longest here
		}
		got := make([]float32, len(want.v))
		spoil(ws, got)
		if err := p.Run(t.Context(), ws, g.input(), got); err != nil {
			return err.Error()
		}
		for i, v := range got {
			if !(math.Abs(float64(v)-want.v[i]) <= 2e-6*largest) {
				return fmt.Sprintf("as planned %v, strips %v, %d workers: value %d is %v, want %v", p == plan, p.strips, p.threads, i, v, want.v[i])
			}
		}
		if first != nil && !slices.Equal(got, first) {
			return "cut in another way, the bits are others"
		}
		first = got
	}
	return ""
}

// spoil fills all memory of a pass with NaN: what earlier ones left behind must
// not matter.
func spoil(ws *Workspace, out []float32) {
	memory := [][]float32{out, ws.arena[:cap(ws.arena)]}
	for _, w := range ws.workers {
		memory = append(memory, w.scratch[:cap(w.scratch)], w.transforms[:cap(w.transforms)])
	}
	nan := float32(math.NaN())
	for _, s := range memory {
		for i := range s {
			s[i] = nan
		}
	}
}

// cut is Plan with segments and strips drawn at random.
func (g *generator) cut(threads int, outs ...Node) *Plan {
	p, err := newPlanner(g.net, extent{g.maps[0].h, g.maps[0].w}, threads, 1, outs)
	if err != nil {
		panic(err)
	}
	for first := 0; first < len(p.live); {
		s := g.segment(p, first)
		if p.partition(&s) { // one operation always is
			p.segments = append(p.segments, s)
			first = s.last + 1
		}
	}
	return p.plan()
}

// segment draws a segment that begins with operation first; it may be impossible.
func (g *generator) segment(p *planner, first int) segment {
	s := segment{first: first, last: first}
	for last := min(len(p.live)-1, first+g.r.IntN(6)); s.last < last && !p.ends(s.last); {
		s.last++
	}
	s.unit = p.unit(s.first, s.last)
	s.strips = 1 + g.r.IntN(p.height(p.op(s.last)))
	if panels := panelsOf(p.op(first).layer); panels > 0 && first == s.last && g.one(3) {
		s.strips, s.byPanels = 1+g.r.IntN(panels), true
	}
	return s
}
