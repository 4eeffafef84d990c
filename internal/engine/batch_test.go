package engine

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestBatchesEqualSinglePasses puts images through networks drawn at random one by one and together:
// the bits are to be the same, whatever part of the network is computed together.
func TestBatchesEqualSinglePasses(t *testing.T) {
	cases, limit := 1500, 4*time.Second
	var ws Workspace
	shared, apart := 0, 0
	start := time.Now()
	for i := range cases {
		if time.Since(start) > limit { // a slow machine, or the race detector
			break
		}
		g := newGenerator(uint64(1e6 + i))
		for range 1 + i%9 {
			for !g.grow() {
			}
		}
		out := Node(len(g.maps) - 1)
		wrong, both := g.checkBatch(t, &ws, out)
		if wrong != "" {
			t.Fatalf("case %d: %s\n%s\nout n%d: %s", i, g.kernel.name, strings.Join(g.listing, "\n"), out, wrong)
		}
		if both {
			apart++
		}
		shared++
	}
	if apart < shared/10 {
		t.Errorf("%d of %d networks have operations before those for all images", apart, shared)
	}
}

// checkBatch returns what is wrong with out computed of several images at once, or "", and
// whether some of it was computed of one image after the other.
func (g *generator) checkBatch(t *testing.T, ws *Workspace, out Node) (wrong string, both bool) {
	m, most := g.maps[0], 2+g.r.IntN(3)
	threads := 1 + g.r.IntN(2)
	single, err := g.net.Plan(m.h, m.w, 1, out)
	if err != nil {
		return err.Error(), false
	}
	batch, err := g.net.PlanBatch(m.h, m.w, threads, most, out)
	if err != nil {
		return err.Error(), false
	}
	both = batch.together > 0 && batch.together < len(batch.segments)
	images := 1 + g.r.IntN(most)
	var in, want []float32
	floats := len(g.maps[out].v)
	for range images {
		image := uniform(g.r, len(m.v))
		one := make([]float32, floats)
		spoil(ws, one)
		if err := single.Run(t.Context(), ws, image, one); err != nil {
			return err.Error(), both
		}
		in, want = append(in, image...), append(want, one...)
	}
	got := make([]float32, images*floats)
	spoil(ws, got)
	if err := batch.RunBatch(t.Context(), ws, images, in, got); err != nil {
		return err.Error(), both
	}
	if !slices.Equal(got, want) {
		for i := range got {
			if got[i] != want[i] {
				return fmt.Sprintf("%d of %d images, %d threads, together from segment %d of %d: value %d is %v, alone %v", images, most, threads,
					batch.together, len(batch.segments), i, got[i], want[i]), both
			}
		}
	}
	return "", both
}

// TestBatchMemory compares what a plan says of its memory with what a pass of all images takes.
func TestBatchMemory(t *testing.T) {
	tw, in := newTwin(&genericKernel, 30, 30, 3)
	tw.random = rand.New(rand.NewPCG(1, 2))
	x := tw.pool(tw.conv(in, 8, 3, 1, 1, 1, true, none), true, 4, 4, 0)
	x = tw.mean(tw.conv(x, 20, 3, 1, 1, 1, true, none))
	x = tw.conv(x, 50, 1, 1, 1, 0, false, none)
	bytes := func(images int) (planned, taken int) {
		p, err := tw.net.PlanBatch(30, 30, 1, images, x)
		if err != nil {
			t.Fatal(err)
		}
		var ws Workspace
		got := make([]float32, images*50)
		if err := p.RunBatch(t.Context(), &ws, images, make([]float32, images*len(tw.maps[0].v)), got); err != nil {
			t.Fatal(err)
		}
		floats := len(ws.arena) + 2*len(ws.sums) + len(got)
		for _, w := range ws.workers {
			floats += len(w.scratch) + len(w.transforms)
		}
		return p.Bytes(), 4 * floats
	}
	one, _ := bytes(1)
	for _, images := range []int{1, 2, 5} {
		planned, taken := bytes(images)
		if planned != taken {
			t.Errorf("%d images: planned %d bytes, taken %d", images, planned, taken)
		}
		if planned > images*one {
			t.Errorf("%d images take %d bytes, one takes %d", images, planned, one)
		}
	}
}
