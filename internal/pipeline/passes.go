package pipeline

import (
	"context"
	"iter"
	"math"

	"bagnet/internal/dataset"
)

// waiting is about the share by which one CPU more lengthens the work of a pass: its threads
// wait for each other (see docs/scale.md).
const waiting = 0.04

// passMemory is what a pass may use for each CPU that it has, bytes: passes that need more
// get more CPUs, and fewer of them run at once. Machines have several times as much.
const passMemory = 128 << 20

// Passes returns how many passes to run at once on cpus CPUs, and how many CPUs each may
// use then. There are that many images, -1 if nobody knows how many, and a pass over one
// needs that many bytes. Many images get as many passes as CPUs and memory allow, few ones
// so many that all are done soonest. Where images are large, or may be, it is one pass at a
// time with all CPUs.
func (d *Decoder) Passes(cpus, images, bytes int) (passes, threads int) {
	if d.oneByOne() {
		return 1, cpus
	}
	most := min(cpus, cpus*passMemory/max(1, bytes))
	if images >= 0 {
		most = min(most, images)
	}
	least := math.Inf(1)
	for n := 1; n <= max(1, most); n++ {
		each := cpus / n
		rounds := 1e9 / float64(n)
		if images >= 0 {
			rounds = math.Ceil(float64(images) / float64(n))
		}
		if took := rounds * (1 + waiting*float64(each-1)) / float64(each); took <= least {
			least, passes, threads = took, n, each
		}
	}
	return passes, threads
}

// A Measured is a picture with what was made of it. Err is the picture's or says why it
// could not be measured.
type Measured[Result any] struct {
	Picture
	Result Result
}

// Measure yields the pictures in their order with what measure makes of those without
// Err, of that many of them at once.
func Measure[Result any](ctx context.Context, pictures iter.Seq[Picture], passes int, measure func(context.Context, Picture) (Result, error)) iter.Seq[Measured[Result]] {
	work := func(p Picture) (m Measured[Result]) {
		m.Picture = p
		if p.Err != nil {
			return m
		}
		m.Err = Guard(func() (err error) {
			m.Result, err = measure(ctx, p)
			return err
		})
		return m
	}
	failed := func(err error) Measured[Result] {
		return Measured[Result]{Picture: Picture{Image: dataset.Image{Err: err}}}
	}
	return SideBySide(ctx, pictures, passes, work, failed)
}

// SideBySide is Ahead where there are several workers. One works when its result is asked
// for, in the goroutine that asks, so that there is never more than one item at hand.
func SideBySide[Item, Result any](ctx context.Context, items iter.Seq[Item], workers int, work func(Item) Result, failed func(error) Result) iter.Seq[Result] {
	if workers > 1 {
		return Ahead(ctx, items, workers, work, failed)
	}
	return func(yield func(Result) bool) {
		for i := range items {
			if !yield(work(i)) {
				return
			}
		}
	}
}
