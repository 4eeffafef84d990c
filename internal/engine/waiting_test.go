package engine

import (
	"slices"
	"testing"
)

// bagNet is a BagNet-33 (v1) of 1000 classes without its weights, from its definition: of the
// blocks of each stage, the first ones that the widths have a window of 3 x 3 for.
func bagNet(k *Kernel) (*Network, Node) {
	net, x := NewNetwork(k, 3)
	conv := func(in, out, size, stride int) *Conv {
		c := NewConv(k, Shape{In: in, Out: out, Size: size, Stride: stride, Dilation: 1}, true)
		return c.Pack(make([]float32, out*in*size*size), nil, nil)
	}
	x = net.Conv(conv(3, 64, 3, 1), x)
	in := 64
	for stage, depth := range []int{3, 4, 6, 3} {
		width, stride := 64<<stage, []int{2, 2, 2, 1}[stage]
		for n := range depth {
			size, step := 1, 1
			residual := x
			if n == 0 {
				size, step = 3, stride
				residual = net.Conv(conv(in, 4*width, 1, step), x)
			}
			t := net.Conv(conv(in, width, 1, 1), x)
			t = net.Conv(conv(width, width, size, step), t)
			x = net.ConvAdd(conv(width, 4*width, 1, 1), t, residual)
			in = 4 * width
		}
	}
	return net, net.Conv(conv(in, 1000, 1, 1), net.Mean(x))
}

// waiting returns the share of their time that workers wait for each other in a pass, if a
// strip takes as long as its multiply-adds and each is taken by the first worker to be free.
func (p *Plan) waiting(workers int) float64 {
	var work, took int64
	for i, steps := range p.segments {
		free := make([]int64, workers) // when each worker is
		for strip := range p.strips[i] {
			next := slices.Index(free, slices.Min(free))
			for _, s := range steps {
				cost := s.multiplicationsOf(strip)
				work += cost
				free[next] += cost
			}
		}
		took += slices.Max(free)
	}
	return 1 - float64(work)/float64(took)/float64(workers)
}

// multiplicationsOf returns the multiply-adds of one strip.
func (s *step) multiplicationsOf(strip int) int64 {
	if s.byPanels { // as even as panels can be shared out
		c := s.layer.(*Conv)
		panels := part(c.panelCount(), strip, len(s.rows))
		return int64(s.h) * int64(s.w) * int64(c.multiplications()) * int64(panels.b-panels.a) / int64(c.panelCount())
	}
	rows := s.rows[strip]
	return int64(max(0, rows.b-rows.a)) * int64(s.w) * int64(s.layer.multiplications())
}

// TestWaiting holds that few workers hardly wait for each other in one pass, and says how
// much many do: what passes side by side are for. docs/scale.md has the figures.
func TestWaiting(t *testing.T) {
	net, logits := bagNet(Kernels()[0])
	for _, size := range []int{160, 224, 448} {
		var extra float64
		for _, threads := range []int{1, 2, 4, 8, 16, 32, 64} {
			p, err := net.Plan(size, size, threads, logits)
			if err != nil {
				t.Fatal(err)
			}
			var work, least int64
			for _, steps := range p.segments {
				for _, s := range steps {
					work += s.multiplications()
					least += int64(s.h) * int64(s.w) * int64(s.layer.multiplications())
				}
			}
			wait := p.waiting(threads)
			extra = float64(work)/float64(least) - 1
			t.Logf("%d pixels, %2d threads: %2d segments, %5.1f %% of the time waiting, %4.1f %% computed twice, %.1f MB",
				size, threads, len(p.segments), 100*wait, 100*extra, float64(p.Bytes())/1e6)
			if limit := 0.03; threads <= 2 && wait > limit {
				t.Errorf("%d workers wait %.1f %% of their time", threads, 100*wait)
			}
		}
	}
}
