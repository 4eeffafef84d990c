package model

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"

	"gorgonia.org/tensor"

	"bagnet/internal/inference"
	"bagnet/internal/loader"
	"bagnet/internal/weights"
)

// withCPUs sets how many CPUs the test has, whatever the machine has.
func withCPUs(t *testing.T, n int) {
	before := runtime.GOMAXPROCS(n)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
}

func golden(t *testing.T, name string) weights.Source {
	t.Helper()
	w, err := loader.Open(filepath.Join("testdata", name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func pixels(t testing.TB, img *tensor.Dense) inference.Pixels {
	t.Helper()
	p, err := inference.FromTensor(img)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// jobs are passes of all kinds over one image each, and return what they compute.
func jobs(t *testing.T) []func(m *Model) ([]float32, error) {
	var list []func(m *Model) ([]float32, error)
	for i, size := range [][2]int{{64, 65}, {45, 77}, {70, 40}} {
		img := pixels(t, randomImage(size[0], size[1], uint64(i)))
		maps := func(o inference.MapOptions) {
			list = append(list, func(m *Model) ([]float32, error) {
				got, err := m.Maps(t.Context(), img, o)
				if err != nil {
					return nil, err
				}
				return append(got.Logits, got.Values.Float32s()...), nil
			})
		}
		choose := func([]float32) []int { return []int{i % 2, 2} }
		list = append(list, func(m *Model) ([]float32, error) { return m.Classify(t.Context(), img) })
		maps(inference.MapOptions{Stride: 8, Choose: choose})
		maps(inference.MapOptions{Stride: 8, Classes: []int{1, i % 2}})
		maps(inference.MapOptions{Stride: 4, Choose: choose})
		list = append(list, func(m *Model) ([]float32, error) {
			features, err := m.Features(t.Context(), img)
			if err != nil {
				return nil, err
			}
			logits, err := m.Head(t.Context(), features)
			return append(logits, features.Float32s()...), err
		})
	}
	return list
}

// TestSideBySide runs passes of all kinds beside each other, as a whole and in
// tiles: they compute the same bits as one after the other, each on a model of
// its own that has run nothing else.
func TestSideBySide(t *testing.T) {
	withCPUs(t, 4)
	for _, name := range []string{"v1-q33", "v2-q17"} {
		w := golden(t, name)
		list := jobs(t)
		for _, side := range []int{largestTile, 60} {
			want := make([][]float32, len(list))
			for i, job := range list {
				alone := mustNew(t, w, Options{Threads: 1})
				alone.tilePixels = side
				var err error
				if want[i], err = job(alone); err != nil {
					t.Fatal(err)
				}
			}
			for _, threads := range []int{1, 0} {
				m := mustNew(t, w, Options{Threads: threads})
				m.tilePixels = side
				errs := make(chan error)
				for first := range 8 {
					go func() {
						for i := range 12 { // six of the jobs, twice: the first time is mostly planning
							i = (i/2 + first*len(list)/8) % len(list)
							got, err := list[i](m)
							if err == nil && !slices.Equal(got, want[i]) {
								err = errors.New("other bits than alone")
							}
							if err != nil {
								errs <- fmt.Errorf("%s, tiles of %d, %d threads, job %d: %w", name, side, threads, i, err)
								return
							}
							if i%4 == 0 {
								m.Release()
							}
						}
						errs <- nil
					}()
				}
				for range 8 {
					if err := <-errs; err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
}

// TestPassesMeet has two maps under way, one choosing classes and one telling its
// progress. A third pass waits until its context ends, a fourth until one of the
// two has.
func TestPassesMeet(t *testing.T) {
	withCPUs(t, 2)
	img := pixels(t, randomImage(131, 94, 5))
	for _, stride := range []int{8, 4} {
		synctest.Test(t, func(t *testing.T) {
			m := mustNew(t, random(small("v1", 17), 1), Options{Threads: 1})
			m.tilePixels = 90
			under, end, errs := 0, make(chan struct{}), make(chan error)
			change := make(chan int)
			defer close(change)
			go func() {
				for c := range change {
					under += c
				}
			}()
			stop := func() {
				change <- 1
				m.Release() // waits for nobody
				<-end
			}
			run := func(o inference.MapOptions) {
				o.Stride = stride
				_, err := m.Maps(t.Context(), img, o)
				errs <- err
			}
			go run(inference.MapOptions{Choose: func([]float32) []int { stop(); return []int{1} }})
			go run(inference.MapOptions{Classes: []int{2}, Progress: func(done, _ int) {
				if done == 1 {
					stop()
				}
			}})
			synctest.Wait() // until nothing can go on
			if under != 2 {
				t.Errorf("stride %d: %d passes are under way, want 2", stride, under)
			}
			for _, letGo := range []bool{false, true} {
				ctx, cancel := context.WithCancel(t.Context())
				var err error
				returned := false
				go func() {
					_, err = m.Classify(ctx, img)
					returned = true
				}()
				synctest.Wait()
				if returned {
					t.Errorf("stride %d: another pass runs beside two", stride)
				}
				if letGo {
					end <- struct{}{}
					if err := <-errs; err != nil {
						t.Error(err)
					}
				} else {
					cancel()
				}
				synctest.Wait()
				if !returned || letGo != (err == nil) || !letGo && !errors.Is(err, context.Canceled) {
					t.Errorf("stride %d: the other pass has returned: %v, with %v", stride, returned, err)
				}
				cancel()
			}
			close(end)
			if err := <-errs; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestHeadAfterTiles computes an image in tiles, then logits from a map.
func TestHeadAfterTiles(t *testing.T) {
	f := random(small("v1", 17), 1)
	img := randomImage(131, 94, 5)
	whole := mustNew(t, f, Options{})
	features, err := whole.Features(t.Context(), pixels(t, img))
	if err != nil {
		t.Fatal(err)
	}
	want, err := whole.Head(t.Context(), features)
	if err != nil {
		t.Fatal(err)
	}
	m := mustNew(t, f, Options{})
	m.tilePixels = 60
	logits(t, m, img)
	if got, err := m.Head(t.Context(), features); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v (%v), want %v", got, err, want)
	}
}

// TestMemoryStaysFlat repeats passes one after the other.
func TestMemoryStaysFlat(t *testing.T) {
	m := mustNew(t, random(small("v1", 9), 1), Options{})
	imgs := []inference.Pixels{pixels(t, randomImage(20, 30, 1)), pixels(t, randomImage(31, 22, 2))}
	run := func(n int) {
		for i := range n {
			if _, err := m.Classify(t.Context(), imgs[i%2]); err != nil {
				t.Fatal(err)
			}
			if _, err := m.Maps(t.Context(), imgs[i%2], inference.MapOptions{Stride: 8, Classes: []int{1}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	run(20)
	before := heapBytes()
	run(1000)
	if grown := heapBytes() - before; grown > 128<<10 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}

// TestReleaseGivesMemoryBack measures the heap after Release, which a pass calls
// or which comes after it.
func TestReleaseGivesMemoryBack(t *testing.T) {
	m := mustNew(t, random(roomy(), 1), Options{})
	classes := []int{0}
	before := heapBytes()
	run := func(progress func()) {
		o := inference.MapOptions{Stride: 4, Classes: classes, Progress: func(int, int) { progress() }}
		if _, err := m.Maps(t.Context(), noise{800, 800}, o); err != nil {
			t.Fatal(err)
		}
	}
	run(func() {})
	if kept := heapBytes() - before; kept < 8<<20 {
		t.Errorf("%d bytes are kept: too few to see what Release does", kept)
	}
	m.Release()
	if kept := heapBytes() - before; kept > 2<<20 {
		t.Errorf("%d bytes are kept after Release", kept)
	}
	run(m.Release)
	if kept := heapBytes() - before; kept > 2<<20 {
		t.Errorf("%d bytes are kept after a pass that calls Release", kept)
	}
}

// heapBytes returns the bytes that are reachable.
func heapBytes() int {
	runtime.GC()
	runtime.GC() // what finalizers have kept
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return int(s.HeapAlloc)
}
