package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"bagnet/internal/dataset"
	"bagnet/internal/images"
	"bagnet/internal/testkit"
)

// numbered yields n inputs called 0, 1, ... and counts those taken.
func numbered(n int, taken *atomic.Int64) iter.Seq[dataset.Image] {
	return func(yield func(dataset.Image) bool) {
		for i := range n {
			taken.Add(1)
			if !yield(dataset.Image{Path: fmt.Sprint(i)}) {
				return
			}
		}
	}
}

func TestDecodeAheadKeepsOrderAndBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, workers = 200, 4
		var taken atomic.Int64
		decode := func(in dataset.Image) Picture {
			time.Sleep(time.Duration(len(in.Path)*37%11) * time.Millisecond) // finish out of order
			return Picture{Image: in}
		}
		i := 0
		for p := range Ahead(t.Context(), numbered(n, &taken), workers, decode, failed) {
			if p.Path != fmt.Sprint(i) {
				t.Fatalf("picture %d is %s", i, p.Path)
			}
			time.Sleep(time.Second) // the others get as far as they may
			if ahead := int(taken.Load()) - i; ahead > 2*workers+1 {
				t.Fatalf("%d inputs taken when picture %d came", taken.Load(), i)
			}
			i++
		}
		if i != n {
			t.Errorf("%d pictures of %d inputs", i, n)
		}
	})
}

func TestDecodeAheadOverlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var taken atomic.Int64
		decode := func(dataset.Image) Picture { time.Sleep(time.Second); return Picture{} }
		start := time.Now()
		for range Ahead(t.Context(), numbered(10, &taken), 1, decode, failed) {
			time.Sleep(time.Second)
		}
		if took := time.Since(start); took != 11*time.Second {
			t.Errorf("10 pictures, a second each to decode and to use, took %v, want 11s", took)
		}
	})
}

func TestDecodeAheadStopsWithoutWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var taken atomic.Int64
		blocked := make(chan bool)
		decode := func(in dataset.Image) Picture {
			if in.Path == "1" {
				<-blocked // a pipe that nobody writes to
			}
			return Picture{Image: in}
		}
		time.AfterFunc(time.Minute, cancel)
		var got []string
		for p := range Ahead(ctx, numbered(100, &taken), 2, decode, failed) {
			got = append(got, p.Path)
		}
		if !slices.Equal(got, []string{"0"}) {
			t.Errorf("got pictures %v", got)
		}
		close(blocked)
	})
}

func TestDecodeAheadStopsWhenTheConsumerDoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // fails if a goroutine is left blocked
		var taken atomic.Int64
		for range Ahead(t.Context(), numbered(100, &taken), 2, func(dataset.Image) Picture { return Picture{} }, failed) {
			break
		}
	})
}

func TestPanicsBecomeErrors(t *testing.T) {
	d := &Decoder{} // whose Prepare is nil, which panics below
	p := d.Decode(dataset.Image{Path: "x", Data: testkit.GolfBall(t)})
	if p.Err == nil || !strings.HasPrefix(p.Err.Error(), "internal error: ") || p.Path != "x" {
		t.Errorf("got %+v", p)
	}
	failing := func(yield func(dataset.Image) bool) {
		yield(dataset.Image{Path: "0"})
		panic(errors.New("broken"))
	}
	var errs []error
	for p := range Ahead(t.Context(), failing, 2, func(in dataset.Image) Picture { return Picture{Image: in} }, failed) {
		errs = append(errs, p.Err)
	}
	if len(errs) != 2 || errs[0] != nil || errs[1] == nil {
		t.Errorf("errors %v, want one at the end", errs)
	}
}

// TestLargePicturesAlone makes large pictures ready one at a time, small ones not.
func TestLargePicturesAlone(t *testing.T) {
	for _, test := range []struct {
		side, resize int
		alone        bool
	}{{100, 0, false}, {4001, 0, true}, {100, 3999, false}, {100, 4001, true}} {
		var file bytes.Buffer
		if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, test.side, test.side))); err != nil {
			t.Fatal(err)
		}
		asked := false
		d := &Decoder{Preprocessing: images.ImageNet()}
		d.Preprocessing.Resize.Short, d.Preprocessing.Crop = test.resize, 0
		d.Check = func(int, int) error {
			asked = true
			if free := d.large.TryLock(); free == test.alone {
				t.Errorf("%d pixels resized to %d: others may be made ready: %v", test.side, test.resize, free)
			} else if free {
				d.large.Unlock()
			}
			return errors.New("enough")
		}
		if d.Decode(dataset.Image{Data: file.Bytes()}); !asked || !d.large.TryLock() {
			t.Errorf("%d pixels: looked at: %v, or others are kept waiting for ever", test.side, asked)
		}
	}
}

func failed(err error) Picture { return Picture{Image: dataset.Image{Err: err}} }
