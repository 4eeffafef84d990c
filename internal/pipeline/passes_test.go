package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bagnet/internal/dataset"
	"bagnet/internal/images"
)

// TestPasses uses all CPUs for one image and one for each of many, if memory allows.
func TestPasses(t *testing.T) {
	const small = 30 << 20
	imageNet, large, whole := images.ImageNet(), images.ImageNet(), images.ImageNet()
	large.Crop, large.Resize = 0, images.Resize{Width: 4000, Height: 4001}
	whole.Crop = 0
	for _, c := range []struct {
		p                   images.Preprocessing
		cpus, images, bytes int
		passes, threads     int
	}{
		{imageNet, 1, 100, small, 1, 1},
		{imageNet, 2, 1, small, 1, 2},
		{imageNet, 2, 2, small, 2, 1},
		{imageNet, 2, 3, small, 1, 2}, // two rounds of two would take as long as four images
		{imageNet, 2, 1001, small, 2, 1},
		{imageNet, 2, -1, small, 2, 1},
		{imageNet, 64, 0, small, 1, 64},
		{imageNet, 64, 3, small, 3, 21},
		{imageNet, 64, 64, small, 64, 1},
		{imageNet, 64, 65, small, 12, 5}, // six rounds of a fifth each
		{imageNet, 64, 1000, small, 64, 1},
		{imageNet, 64, -1, small, 64, 1},
		{imageNet, 64, -1, 0, 64, 1},
		{imageNet, 2, -1, 128 << 20, 2, 1},
		{imageNet, 2, -1, 128<<20 + 1, 1, 2},
		{imageNet, 2, -1, 1 << 40, 1, 2},
		{imageNet, 64, -1, 512 << 20, 16, 4},
		{imageNet, 64, -1, 400 << 20, 16, 4}, // there is memory for 20, of which 4 CPUs would be left
		{large, 64, -1, small, 1, 64},
		{whole, 64, -1, small, 1, 64},
	} {
		d := &Decoder{Preprocessing: c.p}
		if passes, threads := d.Passes(c.cpus, c.images, c.bytes); passes != c.passes || threads != c.threads {
			t.Errorf("%d images of %d bytes on %d CPUs, %+v: %d passes with %d, want %d with %d", c.images, c.bytes, c.cpus, c.p, passes, threads, c.passes, c.threads)
		}
	}
}

// TestPassesUseAllCPUs leaves no more CPUs idle than that there is no other way, and takes
// no more memory than it may.
func TestPassesUseAllCPUs(t *testing.T) {
	d := &Decoder{Preprocessing: images.ImageNet()}
	for cpus := 1; cpus <= 128; cpus++ {
		for _, n := range []int{-1, 0, 1, 2, 3, 5, 8, 50, 200, 1 << 20} {
			for _, bytes := range []int{1 << 20, 100 << 20, 300 << 20} {
				passes, threads := d.Passes(cpus, n, bytes)
				if passes < 1 || threads < 1 || passes*threads > cpus || passes > 1 && passes*bytes > cpus*passMemory || n > 0 && passes > n {
					t.Fatalf("%d CPUs, %d images, %d MB: %d passes with %d", cpus, n, bytes>>20, passes, threads)
				}
				if passes*threads < cpus*3/4 {
					t.Errorf("%d CPUs, %d images, %d MB: %d passes with %d", cpus, n, bytes>>20, passes, threads)
				}
			}
		}
	}
}

// TestMeasure gives results in the pictures' order, from as many measurements at once as
// were asked for. Pictures that failed before are not measured; one that fails, or makes
// measure panic, costs no other its result.
func TestMeasure(t *testing.T) {
	for _, passes := range []int{0, 1, 2, 3, 8} {
		synctest.Test(t, func(t *testing.T) {
			const n = 40
			unread, unmeasured := errors.New("unread"), errors.New("unmeasured")
			var running, most, yielded atomic.Int64
			pictures := func(yield func(Picture) bool) {
				for i := range n {
					yielded.Add(1)
					p := Picture{Image: dataset.Image{Path: fmt.Sprint(i)}}
					if i == 5 {
						p.Err = unread
					}
					if !yield(p) {
						return
					}
				}
			}
			measure := func(_ context.Context, p Picture) (string, error) {
				most.Store(max(most.Load(), running.Add(1)))
				defer running.Add(-1)
				time.Sleep(time.Duration(10+len(p.Path)*37%11) * time.Millisecond)
				switch p.Path {
				case "5":
					t.Error("a picture was measured that was not read")
				case "7":
					return "part of it", unmeasured
				case "9":
					panic("broken")
				}
				return "of " + p.Path, nil
			}
			i := 0
			for m := range Measure(t.Context(), pictures, passes, measure) {
				want := map[int]string{5: "unread", 7: "unmeasured", 9: "internal error: broken"}[i]
				if m.Path != fmt.Sprint(i) || want == "" && (m.Err != nil || m.Result != "of "+m.Path) || want != "" && (m.Err == nil || m.Err.Error() != want) {
					t.Errorf("%d passes: %d is %+v", passes, i, m)
				}
				time.Sleep(time.Second) // the others get as far as they may
				if ahead := int(yielded.Load()) - i; passes <= 1 && ahead != 1 {
					t.Errorf("one pass: %d pictures at hand", ahead)
				}
				i++
			}
			if i != n || most.Load() != int64(max(1, passes)) {
				t.Errorf("%d passes: %d results, %d at once", passes, i, most.Load())
			}
		})
	}
}

// TestMeasureEnds has the context end while several pictures are measured.
func TestMeasureEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		measure := func(ctx context.Context, p Picture) (int, error) {
			if p.Path < "3" {
				return 0, nil
			}
			<-ctx.Done()
			return 0, ctx.Err()
		}
		var taken atomic.Int64
		pictures := Ahead(ctx, numbered(100, &taken), 2, func(in dataset.Image) Picture { return Picture{Image: in} }, failed)
		var got []string
		for m := range Measure(ctx, pictures, 4, measure) {
			if m.Err == nil {
				got = append(got, m.Path)
			}
		}
		if !slices.Equal(got[:min(3, len(got))], []string{"0", "1", "2"}) || time.Until(time.Now()) != 0 {
			t.Errorf("got %v", got)
		}
	})
}

// TestMeasureBrokenList ends with the error of a list that panics.
func TestMeasureBrokenList(t *testing.T) {
	for _, passes := range []int{2, 5} {
		failing := func(yield func(Picture) bool) {
			yield(Picture{Image: dataset.Image{Path: "0"}})
			panic("no list")
		}
		var errs []error
		for m := range Measure(t.Context(), failing, passes, func(context.Context, Picture) (int, error) { return 1, nil }) {
			errs = append(errs, m.Err)
		}
		if len(errs) != 2 || errs[0] != nil || errs[1] == nil || !strings.Contains(errs[1].Error(), "no list") {
			t.Errorf("%d passes: errors %v", passes, errs)
		}
	}
}
