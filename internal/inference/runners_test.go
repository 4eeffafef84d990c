package inference

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"bagnet/internal/engine"
)

// withCPUs sets how many CPUs the test has, whatever the machine has.
func withCPUs(t *testing.T, n int) {
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

// TestHowManyRunAtOnce starts passes that last until they are let go: those run
// that there are CPUs for, and another one when one ends.
func TestHowManyRunAtOnce(t *testing.T) {
	for _, c := range []struct{ cpus, threads, want int }{
		{4, 1, 4}, {4, 2, 2}, {5, 2, 2}, {4, 3, 1}, {4, 0, 1}, {2, 1, 2}, {2, 5, 1}, {1, 1, 1},
	} {
		withCPUs(t, c.cpus)
		synctest.Test(t, func(t *testing.T) {
			rs := mustNew(t, c.threads)
			running := map[*Runner]bool{}
			change, end, errs := make(chan func()), make(chan struct{}), make(chan error)
			go func() {
				for f := range change {
					f()
				}
			}()
			defer close(change)
			for range c.want + 2 {
				go func() {
					errs <- rs.Do(t.Context(), func(r *Runner) error {
						change <- func() {
							if running[r] {
								t.Errorf("%+v: two passes on one Runner", c)
							}
							running[r] = true
						}
						<-end
						change <- func() { delete(running, r) }
						return nil
					})
				}()
			}
			for left := c.want + 2; left > 0; left-- {
				synctest.Wait() // until nothing can go on
				if want := min(left, c.want); len(running) != want {
					t.Errorf("%+v: %d passes run at once, want %d", c, len(running), want)
				}
				end <- struct{}{}
				if err := <-errs; err != nil {
					t.Error(err)
				}
			}
			if len(rs.idle) != c.want {
				t.Errorf("%+v: %d Runners are kept, want %d", c, len(rs.idle), c.want)
			}
		})
	}
}

// TestWaitingEndsWithItsContext cancels a pass that waits for another one. The
// time of the bubble stands still as long as anything can go on.
func TestWaitingEndsWithItsContext(t *testing.T) {
	withCPUs(t, 2)
	synctest.Test(t, func(t *testing.T) {
		rs := mustNew(t, 2)
		ctx, cancel := context.WithCancel(t.Context())
		var err error
		returned := false
		if err := rs.Do(t.Context(), func(*Runner) error {
			go func() {
				err = rs.Do(ctx, func(*Runner) error { t.Error("a pass began beside another"); return nil })
				returned = true
			}()
			synctest.Wait()
			if returned {
				t.Error("did not wait")
			}
			cancel()
			synctest.Wait()
			if !returned || !errors.Is(err, context.Canceled) {
				t.Errorf("returned at once: %v, with %v", returned, err)
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
}

// TestOneAfterTheOther has the same Runner each time, also when passes have run
// side by side, with its graphs and memory, and does not grow.
func TestOneAfterTheOther(t *testing.T) {
	withCPUs(t, 3)
	rs := mustNew(t, 1)
	img := image(t, 20, 30)
	out := make([]float32, 3*20*30)
	one := func() (used *Runner) {
		if err := rs.Do(t.Context(), func(r *Runner) error {
			used = r
			return r.Run(t.Context(), r.Graph("identity", identity), img, Whole(img), out)
		}); err != nil {
			t.Fatal(err)
		}
		return used
	}
	first := one()
	heap := heapBytes()
	for range 3000 {
		if one() != first {
			t.Fatal("another Runner")
		}
	}
	if n := len(rs.idle); n != 1 {
		t.Errorf("%d Runners are kept", n)
	}
	if grown := heapBytes() - heap; grown > 64<<10 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
	var second *Runner
	if err := rs.Do(t.Context(), func(*Runner) error { second = one(); return nil }); err != nil {
		t.Fatal(err)
	}
	if first == second || one() != first || one() != first { // which was put back last
		t.Error("not the Runner used last")
	}
	if allocations := testing.AllocsPerRun(100, func() { _ = rs.Do(t.Context(), func(*Runner) error { return nil }) }); allocations > 0 {
		t.Errorf("%v allocations a pass", allocations)
	}
}

// heapBytes returns the bytes that are reachable.
func heapBytes() int {
	runtime.GC()
	runtime.GC() // what finalizers have kept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestNothingIsShared reads an image while another pass reads, and runs on, one
// of its own.
func TestNothingIsShared(t *testing.T) {
	withCPUs(t, 2)
	rs := mustNew(t, 1)
	img := image(t, 2, 2)
	around, inner := make([]float32, 12), make([]float32, 12)
	run := func(from Rect, out []float32, during func(*Runner) error) error {
		return rs.Do(t.Context(), func(r *Runner) error {
			p, err := r.Graph("identity", identity).Plan(2, 2)
			if err != nil {
				return err
			}
			in := r.read(img, from)
			if err := during(r); err != nil {
				return err
			}
			return r.Execute(t.Context(), p, in, out)
		})
	}
	err := run(Rect{-1, 0, 2, 2}, around, func(a *Runner) error {
		return run(Rect{1, 0, 2, 2}, inner, func(b *Runner) error {
			if a == b || a.workspace == b.workspace || a.graphs["identity"] == b.graphs["identity"] {
				t.Error("two passes at once share something")
			}
			return nil
		})
	})
	if want := []float32{0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6}; err != nil || !slices.Equal(around, want) {
		t.Errorf("the one around: %v (%v), want %v", around, err, want)
	}
	if want := []float32{7, 8, 9, 10, 11, 12, 0, 0, 0, 0, 0, 0}; !slices.Equal(inner, want) {
		t.Errorf("the one inside: %v, want %v", inner, want)
	}
}

// TestPassesThatDoNotReturn leave no Runner, as it may be in any state, and no
// pass waits for them.
func TestPassesThatDoNotReturn(t *testing.T) {
	for name, leave := range map[string]func(){"panic": func() { panic("on purpose") }, "exit": runtime.Goexit} {
		synctest.Test(t, func(t *testing.T) {
			rs := mustNew(t, 0)
			var broken *Runner
			go func() {
				defer func() { recover() }()
				_ = rs.Do(t.Context(), func(r *Runner) error {
					broken = r
					leave()
					return nil
				})
			}()
			synctest.Wait()
			began := false
			go func() {
				_ = rs.Do(t.Context(), func(r *Runner) error {
					began = true
					if r == broken {
						t.Errorf("%s: its Runner is used again", name)
					}
					return nil
				})
			}()
			synctest.Wait()
			if !began {
				t.Fatalf("%s: the next pass waits for ever", name)
			}
		})
	}
}

// TestErrorsOfPasses hands errors through, and goes on with the same Runner.
func TestErrorsOfPasses(t *testing.T) {
	rs := mustNew(t, 0)
	want := errors.New("on purpose")
	var first *Runner
	if err := rs.Do(t.Context(), func(r *Runner) error { first = r; return want }); err != want {
		t.Errorf("%v", err)
	}
	if err := rs.Do(t.Context(), func(r *Runner) error {
		if r != first {
			return fmt.Errorf("another Runner")
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestReleaseGivesMemoryBack measures the heap: a pass that reads 4 million
// pixels keeps 48 MB for the next one, and twice as much two side by side.
func TestReleaseGivesMemoryBack(t *testing.T) {
	withCPUs(t, 2)
	rs := mustNew(t, 1)
	img := image(t, 2, 2)
	var out []float32
	run := func(during func()) {
		if err := rs.Do(t.Context(), func(r *Runner) error {
			g := r.Graph("mean", func() (*engine.Network, []engine.Node) {
				net, x := engine.NewNetwork(r.Kernel(), 3)
				return net, []engine.Node{net.Mean(x)}
			})
			out = make([]float32, 3)
			err := r.Run(t.Context(), g, img, Rect{0, 0, 2000, 2000}, out)
			during()
			return err
		}); err != nil {
			t.Error(err)
		}
	}
	nothing := func() {}
	before := heapBytes()
	check := func(when string, low, high int) {
		t.Helper()
		if kept := (heapBytes() - before) / 1e6; kept < low || kept > high {
			t.Errorf("%s %d MB are kept, want %d to %d", when, kept, low, high)
		}
	}
	run(func() { run(nothing) })
	check("after two passes", 96, 100)
	rs.Release()
	check("after Release", 0, 2)
	run(func() {
		run(nothing)
		rs.Release()
		check("during a pass, another one has ended:", 48, 50)
	})
	check("after a pass with Release", 0, 2)
	run(nothing)
	check("after the next pass", 48, 50)
	rs.Release()
	check("after Release", 0, 2)
	if len(rs.idle) != 2 {
		t.Errorf("%d Runners are kept", len(rs.idle))
	}
}
