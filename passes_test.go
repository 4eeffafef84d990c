package bagnet_test

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"testing"
	"time"

	"bagnet"
)

// randomPicture returns opaque noise.
func randomPicture(w, h int, seed uint64) *image.NRGBA {
	rng := rand.New(rand.NewPCG(seed, 7))
	picture := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(rng.Uint32()) | uint8(255*(i%4/3))
	}
	return picture
}

// TestSideBySide has goroutines classify and map images of their own on one model, and
// on others that share its weights: they get the bits that they get one after the other.
func TestSideBySide(t *testing.T) {
	before := runtime.GOMAXPROCS(max(4, runtime.GOMAXPROCS(0)))
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	_, m, _ := bagNet(t, "v1-q33")
	named := must(m.WithClasses(m.Classes()))(t)
	job := func(m *bagnet.Model, i int) ([]float32, error) {
		img, err := m.Prepare(randomPicture(60+5*i, 90-3*i, uint64(i)))
		if err != nil {
			return nil, err
		}
		a, err1 := m.Classify(t.Context(), img)
		maps, err2 := m.Heatmaps(t.Context(), img)
		features, err3 := m.Features(t.Context(), img)
		if err := errors.Join(err1, err2, err3); err != nil {
			return nil, err
		}
		b, err := m.Head(t.Context(), features)
		return slices.Concat(a.Outputs, maps[0].Values, b.Outputs), err
	}
	var want [8][]float32
	for i := range want {
		_, alone, _ := bagNet(t, "v1-q33")
		want[i] = must(job(alone, i))(t)
	}
	errs := make(chan error)
	for i := range want {
		go func() {
			for try := range 4 {
				got, err := job([]*bagnet.Model{m, named}[try%2], i)
				if err == nil && !slices.Equal(got, want[i]) {
					err = fmt.Errorf("image %d gives other bits than alone", i)
				}
				if err != nil {
					errs <- err
					return
				}
				m.Info()
				m.Release()
			}
			errs <- nil
		}()
	}
	for range want {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// TestMemoryStaysFlat repeats passes many times.
func TestMemoryStaysFlat(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("takes seconds")
	}
	_, m, _ := bagNet(t, "v1-q9")
	imgs := []*bagnet.Image{must(m.Prepare(randomPicture(20, 14, 1)))(t), must(m.Prepare(randomPicture(13, 22, 2)))(t)}
	run := func(n int) {
		for i := range n {
			if _, err := m.Classify(t.Context(), imgs[i%2]); err != nil {
				t.Fatal(err)
			}
			if i%50 == 0 { // of all classes in turn, and pairs of them
				if _, err := m.Heatmaps(t.Context(), imgs[i%2], bagnet.Class{Index: i / 50 % 10}, bagnet.Class{Index: i / 500 % 10}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	run(2000)
	before := heapBytes()
	run(20_000)
	if grown := heapBytes() - before; grown > 256<<10 {
		t.Errorf("the heap grew by %d bytes", grown)
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

// TestReadKeepsNothing waits for what a model was read from to be collected.
func TestReadKeepsNothing(t *testing.T) {
	type file struct{ io.ReaderAt }
	gone := make(chan bool)
	weights := must(os.ReadFile("internal/model/testdata/v1-q9.safetensors"))(t)
	m := func() *bagnet.Model {
		r := &file{readerAt(weights)}
		runtime.AddCleanup(r, func(int) { close(gone) }, 0)
		return must(bagnet.Read(r, int64(len(weights)), nil))(t)
	}()
	for range 100 {
		runtime.GC()
		select {
		case <-gone:
			runtime.KeepAlive(m)
			return
		case <-time.After(10 * time.Millisecond):
		}
	}
	t.Error("the model keeps the file")
}

type readerAt []byte

func (r readerAt) ReadAt(p []byte, off int64) (int, error) {
	if off >= int64(len(r)) {
		return 0, io.EOF
	}
	n := copy(p, r[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// TestContextEndsPasses ends the context of a map that would take long: it returns soon,
// without any result. So does an answer, and a pass that has not begun. Soon is by the clock, or by
// all CPUs' time together that it still took, as other programs may have them.
func TestContextEndsPasses(t *testing.T) {
	m := embedded(t)
	m = must(m.WithPreprocessing(plain))(t)
	img := must(m.Prepare(randomPicture(1100, 900, 1)))(t)
	for name, pass := range map[string]func(ctx context.Context) (bool, error){
		"map":      func(ctx context.Context) (bool, error) { h, err := m.Heatmaps(ctx, img); return h != nil, err },
		"answer":   func(ctx context.Context) (bool, error) { a, err := m.Classify(ctx, img); return a.Logits != nil, err },
		"features": func(ctx context.Context) (bool, error) { f, err := m.Features(ctx, img); return f != nil, err },
		"chosen": func(ctx context.Context) (bool, error) {
			p, err := m.Patches(ctx, img, &bagnet.PatchOptions{Stride: 1, Choose: func(a bagnet.Answer) []bagnet.Class { return m.Classes() }})
			return p != nil, err
		},
	} {
		var late []time.Duration
		for try := range 7 {
			ctx, cancel := context.WithCancel(t.Context())
			var ended time.Time
			var used time.Duration
			timer := time.AfterFunc(time.Duration(1+5*try)*time.Millisecond, func() {
				ended, used = time.Now(), timeOfCPUs()
				cancel()
			})
			result, err := pass(ctx)
			took := time.Since(ended)
			if now := timeOfCPUs(); now > 0 {
				took = min(took, now-used)
			}
			timer.Stop()
			if !errors.Is(err, context.Canceled) || result {
				t.Fatalf("%s: error %v, a result: %v", name, err, result)
			}
			late = append(late, took)
			cancel()
		}
		slices.Sort(late)
		if median := late[len(late)/2]; median > 50*time.Millisecond && !raceDetector {
			t.Errorf("%s: returned %v after its context had ended: %v", name, median, late)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Heatmaps(ctx, img); !errors.Is(err, context.Canceled) {
		t.Errorf("a pass begun too late: %v", err)
	}
}

// TestContextEndsWaiting has one pass under way on a model that runs one at a time.
func TestContextEndsWaiting(t *testing.T) {
	m := must(bagnet.Open("internal/model/testdata/v1-q9.safetensors", &bagnet.Options{Threads: runtime.GOMAXPROCS(0)}))(t)
	img := must(m.Prepare(randomPicture(50, 50, 1)))(t)
	under, end, first := make(chan bool), make(chan bool), make(chan error)
	go func() {
		_, err := m.Patches(t.Context(), img, &bagnet.PatchOptions{Choose: func(bagnet.Answer) []bagnet.Class {
			close(under)
			<-end
			return []bagnet.Class{{Index: 1}}
		}})
		first <- err
	}()
	<-under
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	a, err := m.Classify(ctx, img)
	if !errors.Is(err, context.DeadlineExceeded) || a.Logits != nil {
		t.Errorf("a pass that waits: %v", err)
	}
	close(end)
	if err := <-first; err != nil {
		t.Error(err)
	}
	must(m.Classify(t.Context(), img))(t)
}

// TestWithThreads gives the same bits with any number of threads, and says with how many. As
// many passes run at once as there are CPUs for then, whatever those of the first model do.
func TestWithThreads(t *testing.T) {
	before := runtime.GOMAXPROCS(8)
	t.Cleanup(func() { runtime.GOMAXPROCS(before) })
	resnet := must(bagnet.Open("internal/convnet/testdata/resnet-basic.safetensors", nil))(t)
	v1 := must(bagnet.Open("internal/model/testdata/v1-q33.safetensors", nil))(t)
	for _, m := range []*bagnet.Model{v1, resnet} {
		img := must(m.Prepare(randomPicture(90, 70, 3)))(t)
		want := must(m.Classify(t.Context(), img))(t)
		if m.Info().Threads != 8 || m.WithThreads(0).Info().Threads != 8 {
			t.Errorf("%s: %d threads", m.Name(), m.Info().Threads)
		}
		for _, threads := range []int{1, 2, 3, 8} {
			other := m.WithThreads(threads)
			if n := other.Info().Threads; n != threads {
				t.Errorf("%s: %d threads, want %d", m.Name(), n, threads)
			}
			answers := make(chan bagnet.Answer)
			for range 8 {
				go func() {
					a, err := other.Classify(t.Context(), img)
					if err != nil {
						t.Error(err)
					}
					answers <- a
				}()
			}
			for range 8 {
				if a := <-answers; !slices.Equal(a.Logits, want.Logits) {
					t.Errorf("%s with %d threads: other bits", m.Name(), threads)
				}
			}
		}
		if m.Info().Threads != 8 {
			t.Errorf("%s has changed", m.Name())
		}
	}
}

// TestPassBytes compares the memory that a pass is said to need with what passes allocate.
func TestPassBytes(t *testing.T) {
	resnet := must(bagnet.Open("internal/convnet/testdata/resnet-basic.safetensors", &bagnet.Options{Threads: 1}))(t)
	for _, c := range []struct {
		m      *bagnet.Model
		stride int
	}{{embedded(t), 0}, {embedded(t), 8}, {embedded(t), 4}, {embedded(t), 2}, {resnet, 0}, {resnet, 32}} {
		m := c.m.WithThreads(1)
		said := must(m.PassBytes(200, 120, c.stride))(t)
		m = must(m.WithThreads(1).WithPreprocessing(plain))(t)
		img := must(m.Prepare(randomPicture(200, 120, 1)))(t)
		var from, to runtime.MemStats
		runtime.ReadMemStats(&from)
		if c.stride == 0 {
			must(m.Classify(t.Context(), img))(t)
		} else {
			must(m.Patches(t.Context(), img, &bagnet.PatchOptions{Stride: c.stride, Classes: m.Classes()[:1]}))(t)
		}
		runtime.ReadMemStats(&to)
		if took := int(to.TotalAlloc - from.TotalAlloc); said < took/3 || said > 3*took {
			t.Errorf("%s, stride %d: %d bytes, but a pass takes %d", m.Name(), c.stride, said, took)
		}
	}
	m := embedded(t)
	if n, err := m.PassBytes(100_000, 100_000, 0); err != nil || n > 200<<20 {
		t.Errorf("%d bytes (%v) for a picture that is computed in tiles", n, err)
	}
	if n, err := m.PassBytes(100_000, 100_000, 1); err != nil || n > 500<<20 {
		t.Errorf("%d bytes (%v) for a map that is computed in tiles", n, err)
	}
	if _, err := m.PassBytes(10, 10, 0); err == nil {
		t.Error("a picture smaller than a patch has a pass")
	}
}
