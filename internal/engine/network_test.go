package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
)

// networks are small relatives of every kind of network the engine is for.
var networks = map[string]func(t *twin, in Node) Node{
	"bagnet v1": func(t *twin, x Node) Node { return t.bagnet(x, 0) },
	"bagnet v2": func(t *twin, x Node) Node { return t.bagnet(x, 1) },
	"bagnet v1 patch logits": func(t *twin, x Node) Node {
		return t.conv(t.bottlenecks(t.conv(x, 20, 3, 1, 1, 0, true, none), 0), 7, 1, 1, 1, 0, false, none)
	},
	"dilated": func(t *twin, x Node) Node {
		x = t.conv(x, 16, 3, 1, 1, 0, true, none)
		for _, d := range []int{1, 2, 3} {
			y := t.conv(x, 8, 1, 1, 1, 0, true, none)
			y = t.conv(y, 8, 3, 1, d, 0, true, none)
			x = t.conv(y, 16, 1, 1, 1, 0, true, t.conv(x, 16, 1, 1, 1, 0, false, none))
		}
		return x
	},
	"resnet": func(t *twin, x Node) Node {
		x = t.conv(x, 24, 7, 2, 1, 3, true, none)
		x = t.pool(x, true, 3, 2, 1)
		for _, stride := range []int{1, 2, 1} {
			down := x
			if stride > 1 {
				down = t.conv(x, 24, 1, stride, 1, 0, false, none)
			}
			y := t.conv(x, 24, 3, stride, 1, 1, true, none)
			x = t.conv(y, 24, 3, 1, 1, 1, true, down)
		}
		return t.conv(t.mean(x), 9, 1, 1, 1, 0, false, none)
	},
	"vgg": func(t *twin, x Node) Node {
		for _, c := range []int{12, 20} {
			x = t.conv(x, c, 3, 1, 1, 1, true, none)
			x = t.conv(x, c, 3, 1, 1, 1, true, none)
			x = t.pool(x, true, 2, 2, 0)
		}
		x = t.adaptivePool(x, 7)
		for _, c := range []int{70, 30} { // linear layers: the first is as large as the map
			x = t.conv(x, c, t.maps[x].h, 1, 1, 0, true, none)
		}
		return t.conv(x, 5, 1, 1, 1, 0, false, none)
	},
	"alexnet": func(t *twin, x Node) Node {
		x = t.pool(t.conv(x, 13, 11, 4, 1, 2, true, none), true, 3, 2, 0)
		x = t.conv(t.conv(x, 20, 5, 1, 1, 2, true, none), 9, 3, 1, 1, 1, true, none)
		return t.conv(t.adaptivePool(x, 6), 30, 6, 1, 1, 0, true, none)
	},
	"adaptive pooling read with a stride": func(t *twin, x Node) Node {
		return t.conv(t.adaptivePool(t.conv(x, 5, 3, 1, 1, 1, false, none), 5), 4, 1, 3, 1, 0, true, none)
	},
	"densenet": func(t *twin, x Node) Node {
		x = t.conv(x, 12, 3, 2, 1, 1, true, none)
		for range 2 {
			for range 3 {
				y := t.conv(t.scaleShiftReLU(x), 16, 1, 1, 1, 0, true, none)
				x = t.concat(x, t.conv(y, 9, 3, 1, 1, 1, false, none))
			}
			x = t.pool(t.conv(t.scaleShiftReLU(x), 14, 1, 1, 1, 0, false, none), false, 2, 2, 0)
		}
		return t.mean(t.scaleShiftReLU(x))
	},
	"strided pointwise": func(t *twin, x Node) Node { // strides move up to the first convolution
		x = t.conv(x, 10, 3, 1, 1, 1, true, none)
		y := t.conv(x, 8, 1, 1, 1, 0, true, none)
		x = t.conv(y, 10, 1, 1, 1, 0, true, x)
		y = t.conv(x, 8, 1, 2, 1, 0, true, none)
		x = t.conv(y, 12, 1, 1, 1, 0, true, t.conv(x, 12, 1, 2, 1, 0, false, none))
		return t.conv(x, 5, 1, 3, 1, 0, false, none)
	},
	"strides that differ": func(t *twin, x Node) Node { // 4 and 6 pixels: every second is needed
		x = t.conv(x, 10, 3, 1, 1, 1, true, none)
		y := t.conv(x, 8, 1, 2, 1, 0, true, none)
		z := t.conv(x, 8, 1, 3, 1, 0, true, none)
		sum := t.conv(t.conv(y, 8, 1, 2, 1, 0, true, none), 6, 1, 1, 1, 0, false, t.conv(z, 6, 1, 2, 1, 0, false, none))
		return t.conv(sum, 4, 1, 1, 1, 0, true, none)
	},
	"residual read with a stride and without": func(t *twin, x Node) Node {
		x = t.conv(x, 6, 1, 1, 1, 0, true, none)
		y := t.conv(x, 6, 1, 1, 1, 0, true, x)
		y = t.conv(y, 5, 1, 2, 1, 0, true, none)
		z := t.conv(x, 5, 3, 2, 1, 1, true, y)
		return t.conv(z, 3, 1, 2, 1, 0, false, none)
	},
	"heights that divide differently": func(t *twin, x Node) Node {
		a := t.conv(x, 3, 1, 1, 1, 0, false, none)
		return t.conv(t.pool(a, true, 3, 3, 1), 3, 1, 1, 1, 0, false, a)
	},
	"part read for another part": func(t *twin, x Node) Node {
		a := t.conv(x, 4, 3, 1, 1, 1, true, none)
		return t.concat(a, t.conv(a, 4, 3, 1, 1, 1, true, none))
	},
	"concatenation as residual, its part read later": func(t *twin, x Node) Node {
		a, b := t.conv(x, 2, 1, 1, 1, 0, false, none), t.conv(x, 2, 3, 1, 1, 1, false, none)
		y := t.conv(x, 4, 3, 1, 1, 1, false, t.concat(a, b))
		return t.conv(t.conv(a, 4, 3, 1, 1, 1, false, y), 3, 1, 2, 1, 0, false, none)
	},
	"cropped sum read with padding": func(t *twin, x Node) Node {
		a := t.conv(x, 4, 1, 1, 1, 0, false, none)
		sum := t.conv(t.conv(a, 4, 3, 1, 1, 0, false, none), 4, 1, 1, 1, 0, false, a)
		return t.conv(sum, 3, 3, 1, 1, 1, false, none)
	},
	"padded convolution of a mean": func(t *twin, x Node) Node { return t.conv(t.mean(x), 4, 3, 1, 1, 1, false, none) },
	"the input itself":             func(_ *twin, x Node) Node { return x },
	"dead operations beside thinned ones": func(t *twin, x Node) Node {
		a := t.conv(x, 2, 1, 1, 1, 0, false, none)
		t.mean(t.concat(t.conv(a, 2, 3, 2, 1, 1, false, none), t.conv(x, 2, 1, 2, 1, 0, false, none)))
		return t.conv(a, 3, 1, 2, 1, 0, false, none)
	},
	"mean of the input": func(t *twin, x Node) Node { return t.mean(x) },
	"unused operations": func(t *twin, x Node) Node {
		y := t.conv(x, 5, 3, 1, 1, 1, true, none)
		t.conv(y, 6, 3, 1, 1, 1, true, none)
		return y
	},
	"sum read twice": func(t *twin, x Node) Node {
		x = t.conv(x, 8, 1, 1, 1, 0, true, none)
		y := t.conv(x, 8, 1, 1, 1, 0, true, x) // reads its own residual
		z := t.conv(y, 8, 3, 1, 1, 1, true, x) // the residual is needed again
		return t.conv(z, 8, 3, 1, 1, 0, true, x)
	},
}

func (t *twin) bottlenecks(x Node, pad int) Node {
	for stage, stride := range []int{2, 2, 1} {
		for block := range 2 {
			if block > 0 {
				stride = 1
			}
			size := []int{3, 1}[block]
			if stage == 2 {
				size = 1
			}
			y := t.conv(x, 12, 1, 1, 1, 0, true, none)
			y = t.conv(y, 12, size, stride, 1, pad*(size/2), true, none)
			down := x
			if block == 0 {
				down = t.conv(x, 48, 1, stride, 1, 0, false, none)
			}
			x = t.conv(y, 48, 1, 1, 1, 0, true, down)
		}
	}
	return x
}

func (t *twin) bagnet(x Node, pad int) Node {
	x = t.bottlenecks(t.conv(x, 20, 3, 1, 1, pad, true, none), pad)
	return t.conv(t.mean(x), 37, 1, 1, 1, 0, false, none)
}

func TestNetworksEqualDefinition(t *testing.T) {
	for _, k := range Kernels() {
		for name, build := range networks {
			var ws Workspace
			for _, size := range [][2]int{{33, 41}, {64, 35}, {15, 16}} {
				t.Run(fmt.Sprintf("%s/%s/%v", k.name, name, size), func(t *testing.T) {
					tw, in := newTwin(k, size[0], size[1], 3)
					out := build(tw, in)
					if m := tw.maps[out]; m.h < 1 || m.w < 1 {
						t.Skip("too small for this network")
					}
					want := tw.maps[out].v
					largest := 0.0
					for _, v := range want {
						largest = max(largest, math.Abs(v))
					}
					first := tw.run(t, &ws, out, 1)
					for i, v := range first {
						if !(math.Abs(float64(v)-want[i]) <= 2e-6*largest) {
							t.Fatalf("value %d is %v, want %v (range %v)", i, v, want[i], largest)
						}
					}
					for threads := 2; threads <= 5; threads++ {
						if got := tw.run(t, &ws, out, threads); !slices.Equal(got, first) {
							t.Errorf("%d threads give other bits", threads)
						}
					}
				})
			}
		}
	}
}

func TestSteadyStateAllocatesNothing(t *testing.T) {
	tw, in := newTwin(&genericKernel, 40, 40, 3)
	out := networks["bagnet v2"](tw, in)
	plan, err := tw.net.Plan(40, 40, 2, out)
	if err != nil {
		t.Fatal(err)
	}
	var ws Workspace
	image, got, ctx := tw.input(), make([]float32, len(tw.maps[out].v)), t.Context()
	pass := func() { plan.Run(ctx, &ws, image, got) }
	pass()
	// Many, because the runtime fills its own caches of goroutines and waiters first.
	runs := 500
	if testing.Short() {
		runs = 100
	}
	if n := testing.AllocsPerRun(runs, pass); n != 0 {
		t.Errorf("%v allocations a pass", n)
	}
}

func TestNoGoroutineLeftBehind(t *testing.T) {
	tw, in := newTwin(&genericKernel, 40, 40, 3)
	out := networks["resnet"](tw, in)
	before := runtime.NumGoroutine()
	tw.run(t, &Workspace{}, out, 8)
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines, %d before", runtime.NumGoroutine(), before)
		}
		time.Sleep(time.Millisecond) // they have ended their work, not yet themselves
	}
}

// TestCancellation cancels passes at random moments: each returns ctx's error
// or a good result, and the workspace remains usable.
func TestCancellation(t *testing.T) {
	tw, in := newTwin(&genericKernel, 64, 64, 3)
	out := networks["bagnet v1"](tw, in)
	plan, err := tw.net.Plan(64, 64, 3, out)
	if err != nil {
		t.Fatal(err)
	}
	var ws Workspace
	want := tw.run(t, &ws, out, 1)
	cancelled := 0
	for i := range 60 {
		ctx, cancel := context.WithCancel(t.Context())
		timer := time.AfterFunc(time.Duration(i)*50*time.Microsecond, cancel)
		got := make([]float32, len(want))
		switch err := plan.Run(ctx, &ws, tw.input(), got); {
		case errors.Is(err, context.Canceled):
			cancelled++
		case err != nil:
			t.Fatal(err)
		case !slices.Equal(got, want):
			t.Fatal("a pass that was not cancelled gives other bits")
		}
		timer.Stop()
		cancel()
	}
	if cancelled == 0 {
		t.Error("no pass was cancelled")
	}
	if got := tw.run(t, &ws, out, 3); !slices.Equal(got, want) {
		t.Error("after cancelled passes the bits are others")
	}
}

// TestSeveralOutputs asks for nodes that lie in all kinds of places: a sum that
// is read again, part of a concatenation and the whole, a node twice, a mean.
func TestSeveralOutputs(t *testing.T) {
	for threads := 1; threads <= 4; threads++ {
		tw, in := newTwin(&genericKernel, 21, 30, 3)
		x := tw.conv(in, 6, 3, 1, 1, 1, true, none)
		sum := tw.conv(x, 6, 1, 1, 1, 0, true, x)
		part := tw.conv(sum, 4, 3, 2, 1, 1, false, none)
		whole := tw.concat(part, tw.conv(sum, 5, 1, 2, 1, 0, true, none))
		after := tw.conv(whole, 7, 3, 1, 1, 1, true, none)
		nodes := []Node{after, sum, tw.mean(after), part, whole, sum, tw.conv(tw.mean(sum), 3, 1, 1, 1, 0, false, none)}
		plan, err := tw.net.Plan(21, 30, threads, nodes...)
		if err != nil {
			t.Fatal(err)
		}
		var outs [][]float32
		for i := range nodes {
			h, w, c := plan.Size(i)
			outs = append(outs, make([]float32, h*w*c))
		}
		if err := plan.Run(t.Context(), &Workspace{}, tw.input(), outs...); err != nil {
			t.Fatal(err)
		}
		for i, n := range nodes {
			for k, v := range outs[i] {
				if want := tw.maps[n].v[k]; math.Abs(float64(v)-want) > 1e-5 {
					t.Fatalf("%d threads: output %d: value %d is %v, want %v", threads, i, k, v, want)
				}
			}
		}
	}
}

// TestStridesMoveUp counts what the plan of a network whose last operation takes
// every sixth pixel spends on the first ones.
func TestStridesMoveUp(t *testing.T) {
	tw, in := newTwin(&genericKernel, 60, 60, 3)
	out := networks["strided pointwise"](tw, in)
	plan, err := tw.net.Plan(60, 60, 1, out)
	if err != nil {
		t.Fatal(err)
	}
	for _, segment := range plan.segments {
		for _, s := range segment {
			if s.h != 10 || s.w != 10 {
				t.Errorf("an operation computes %dx%d pixels, want 10x10", s.w, s.h)
			}
		}
	}
}

// TestSmallMapsAreCutByChannels plans a convolution with many weights and few
// pixels, and one with few weights and many pixels.
func TestSmallMapsAreCutByChannels(t *testing.T) {
	for _, k := range Kernels() {
		for channels, side := range map[int]int{256: 7, 16: 112} {
			net, x := NewNetwork(k, channels)
			shape := Shape{In: channels, Out: channels, Size: 3, Stride: 1, Dilation: 1, Pad: 1}
			c := NewConv(k, shape, true).Pack(make([]float32, channels*channels*9), nil, nil)
			plan, err := net.Plan(side, side, 2, net.Conv(c, x))
			if err != nil {
				t.Fatal(err)
			}
			if got := plan.segments[0][0].byPanels; got != (channels == 256) {
				t.Errorf("%s: a map of %dx%d pixels and %d channels: by channels: %v", k.name, side, side, channels, got)
			}
		}
	}
}

// TestMACs counts a network by hand: every convolution as it stands, other
// layers not, whatever the plan leaves out.
func TestMACs(t *testing.T) {
	tw, in := newTwin(&genericKernel, 9, 11, 3)
	x := tw.conv(in, 4, 3, 1, 1, 1, true, none) // 9x11
	x = tw.pool(tw.scaleShiftReLU(x), true, 2, 2, 0)
	x = tw.conv(x, 6, 1, 2, 1, 0, true, none) // 2x3
	x = tw.conv(tw.adaptivePool(x, 2), 5, 2, 1, 1, 0, false, none)
	want := int64(9*11*4*3*9 + 2*3*6*4 + 5*6*4)
	if got, err := tw.net.MACs(9, 11, x); got != want || err != nil {
		t.Errorf("%d multiply-adds (%v), want %d", got, err, want)
	}
	if _, err := tw.net.MACs(1, 11, x); err == nil {
		t.Error("an input that leaves no pixel was accepted")
	}
}

func TestTooSmallInputIsAnError(t *testing.T) {
	tw, in := newTwin(&genericKernel, 33, 33, 3)
	out := networks["bagnet v1"](tw, in)
	if _, err := tw.net.Plan(8, 40, 1, out); err == nil {
		t.Error("an input smaller than a patch was accepted")
	}
}

func TestPanicOfAWorkerReachesTheCaller(t *testing.T) {
	tw, in := newTwin(&genericKernel, 20, 20, 3)
	out := tw.conv(in, 4, 1, 1, 1, 0, true, none)
	plan, err := tw.net.Plan(20, 20, 4, out)
	if err != nil {
		t.Fatal(err)
	}
	plan.segments[0][0].blocks = nil
	plan.segments[0][0].w = 21 // one column too many
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	plan.Run(t.Context(), &Workspace{}, tw.input(), make([]float32, 20*20*4))
}

func TestPackOverlapsNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var lives []lifetime
		sum := 0
		for range 1 + random.IntN(12) {
			from := random.IntN(8)
			s := &storage{channels: 1, extent: extent{1 + random.IntN(9), 16}, kind: arena}
			lives = append(lives, lifetime{s, from, from + random.IntN(4)})
			sum += s.floats()
		}
		total := pack(lives)
		if total > sum {
			t.Fatalf("%d floats for %d", total, sum)
		}
		for i, a := range lives {
			if a.offset < 0 || a.offset+a.floats() > total {
				t.Fatal("outside of the memory")
			}
			for _, b := range lives[:i] {
				if a.from <= b.to && b.from <= a.to && a.offset < b.offset+b.floats() && b.offset < a.offset+a.floats() {
					t.Fatal("two storages overlap")
				}
			}
		}
	}
}
