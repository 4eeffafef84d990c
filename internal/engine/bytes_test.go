package engine

import (
	"runtime"
	"testing"
)

// TestBytesIsWhatPassesTake compares Bytes with what the runtime says was
// allocated: for outputs, and by the first pass in a new workspace.
func TestBytesIsWhatPassesTake(t *testing.T) {
	for name, c := range map[string]struct {
		h, w     int
		build    func(t *twin, in Node) []Node
		atLeast  int // what is certainly needed, floats
		channels int
	}{
		"strips": {300, 280, func(t *twin, x Node) []Node { return []Node{t.bagnet(x, 0)} }, 0, 3},
		// Sums of each row, and a node that nobody but the caller reads.
		"mean": {700, 30, func(t *twin, x Node) []Node {
			y := t.conv(x, 200, 1, 1, 1, 0, true, none)
			return []Node{y, t.mean(y)}
		}, 700*30*200 + 2*700*200, 4},
		// An activation that waits for its sum while others are computed from it.
		"arena": {400, 300, func(t *twin, x Node) []Node {
			x = t.conv(x, 40, 3, 1, 1, 1, true, none)
			y := t.conv(x, 8, 3, 1, 1, 1, true, none)
			return []Node{t.mean(t.conv(y, 40, 3, 1, 1, 1, true, x))}
		}, 0, 3},
	} {
		for _, threads := range []int{1, 4} {
			tw, in := newTwin(Kernels()[0], 40, 40, c.channels) // which computes at once what it builds
			outs := c.build(tw, in)
			plan, err := tw.net.Plan(c.h, c.w, threads, outs...)
			if err != nil {
				t.Fatal(err)
			}
			input := make([]float32, c.h*c.w*c.channels)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			results := make([][]float32, len(outs))
			for i := range results {
				h, w, n := plan.Size(i)
				results[i] = make([]float32, h*w*n)
			}
			if err := plan.Run(t.Context(), new(Workspace), input, results...); err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			took := int(after.TotalAlloc - before.TotalAlloc)
			// Allocations are rounded up to pages, and workers and goroutines have
			// a few KB each.
			if says := plan.Bytes(); says > took || took-says > 16<<10*(threads+1)+took/100 {
				t.Errorf("%s, %d threads: Bytes says %d, a pass took %d", name, threads, says, took)
			} else if says < 4*c.atLeast || says < 1<<19 {
				t.Errorf("%s, %d threads: %d bytes, which is too little to tell", name, threads, says)
			}
		}
	}
}
