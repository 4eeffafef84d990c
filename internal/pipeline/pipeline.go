// Package pipeline makes images ready for a network ahead of it, in their order.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"image"
	"iter"
	"sync"
	"time"

	"bagnet"
	"bagnet/internal/dataset"
	"bagnet/internal/images"
	"bagnet/internal/output"
)

// Large is the number of pixels from which memory is worth saving.
const Large = 16_000_000

// Picture is an image made ready for the network, or the reason why it is not: Err.
type Picture struct {
	dataset.Image
	Fingerprint   string        // of the file, as output has it
	Width, Height int           // of the image as decoded, pixels
	Pixels        *bagnet.Image // what the network sees
	Began         time.Time     // when it began to be read
	Took          time.Duration // spent on reading, decoding and preparing
}

// A Decoder makes images ready for one network.
type Decoder struct {
	Options       images.DecodeOptions
	Preprocessing images.Preprocessing                     // as Prepare does it
	Prepare       func(image.Image) (*bagnet.Image, error) // a bagnet.Model's
	Check         func(h, w int) error                     // refuses sizes of prepared pictures; may be nil
	Explain       func(error) error                        // says what to do about what Decode and Prepare give; may be nil

	large sync.Mutex // held while a picture of more than Large pixels is made ready: one at a time
}

// Decode reads, decodes and prepares one image. A panic is a bug, but one that must
// not cost the other images their results.
func (d *Decoder) Decode(found dataset.Image) (p Picture) {
	start := time.Now()
	p.Image, p.Began = found, start
	defer func() {
		if r := recover(); r != nil {
			p.Err = InternalError(r)
		}
		p.Took = time.Since(start)
	}()
	data, err := found.Contents()
	if err != nil {
		p.Err = err
		return p
	}
	p.Fingerprint = output.Fingerprint(data)
	options := d.Options
	alone := false
	options.Admit = func(w, h int) {
		if !alone && d.Preprocessing.Largest(w, h) > Large {
			d.large.Lock()
			alone = true
		}
	}
	defer func() {
		if alone {
			d.large.Unlock()
		}
	}()
	decoded, err := images.Decode(data, options)
	if err != nil {
		p.Err = d.explain(err)
		return p
	}
	p.Width, p.Height = decoded.Rect.Dx(), decoded.Rect.Dy()
	if d.Check != nil {
		_, _, w, h := d.Preprocessing.OutputSize(p.Width, p.Height)
		if p.Err = d.Check(h, w); p.Err != nil {
			return p
		}
	}
	if p.Pixels, err = d.Prepare(decoded); err != nil {
		p.Err = d.explain(err)
	}
	return p
}

// explain is Explain where there is one.
func (d *Decoder) explain(err error) error {
	if d.Explain == nil {
		return err
	}
	return d.Explain(err)
}

// Pictures yields what Decode makes of the images found, in their order. Up to most of
// them are decoded at once, ahead of whoever takes the pictures; see Workers.
func (d *Decoder) Pictures(ctx context.Context, found iter.Seq[dataset.Image], most int) iter.Seq[Picture] {
	return Ahead(ctx, found, d.Workers(most), d.Decode, func(err error) Picture { return Picture{Image: dataset.Image{Err: err}} })
}

// maxDecoders bounds how many images are decoded at once: each can take
// hundreds of megabytes.
const maxDecoders = 8

// Workers returns how many images to decode at once, at most most of them. Where images
// are large, or may be, it is one: the network takes long for each, so that one decoder
// keeps up with it, and less memory is used.
func (d *Decoder) Workers(most int) int {
	if d.oneByOne() {
		return 1
	}
	return min(most, maxDecoders)
}

// oneByOne reports whether prepared pictures are large, or may be.
func (d *Decoder) oneByOne() bool {
	w, h, fixed := d.Preprocessing.FixedSize()
	return !fixed || w*h > Large
}

// Ahead yields the results of work on items in their order, done by that many
// workers while the consumer is busy with earlier ones. At most 2*workers+1 results
// exist at a time. When ctx ends, it stops without waiting for workers, which may be
// blocked on reading. failed makes the last result if the sequence of items panics.
func Ahead[Item, Result any](ctx context.Context, items iter.Seq[Item], workers int, work func(Item) Result, failed func(error) Result) iter.Seq[Result] {
	type job struct {
		item Item
		done chan<- Result
	}
	return func(yield func(Result) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		jobs := make(chan job)
		order := make(chan (<-chan Result), workers) // what the workers were given, in order

		for range workers {
			go func() {
				for j := range jobs {
					j.done <- work(j.item)
				}
			}()
		}
		go func() {
			defer close(order)
			defer close(jobs)
			defer func() {
				if r := recover(); r != nil {
					last := make(chan Result, 1)
					last <- failed(InternalError(r))
					order <- last
				}
			}()
			for i := range items {
				done := make(chan Result, 1)
				select {
				case order <- done:
				case <-ctx.Done():
					return
				}
				select {
				case jobs <- job{i, done}:
				case <-ctx.Done():
					return
				}
			}
		}()

		for {
			var next <-chan Result
			var ok bool
			select {
			case next, ok = <-order:
			case <-ctx.Done():
			}
			if !ok {
				return
			}
			select {
			case p := <-next:
				if !yield(p) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

// Guard returns what work returns. A panic in it is a bug, but one that must not cost other
// images their results: it becomes an InternalError.
func Guard(work func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = InternalError(r)
		}
	}()
	return work()
}

// InternalError turns a recovered panic into an error of one line.
func InternalError(recovered any) error {
	return fmt.Errorf("internal error: %v", recovered)
}

// endOfRun is an error that ends a run and not only its image: standard output is gone, say.
type endOfRun struct{ error }

// Ending makes err, which may be nil, one that ends the run.
func Ending(err error) error {
	if err == nil {
		return nil
	}
	return endOfRun{err}
}

// Ends returns what Ending was given, if err is of its making.
func Ends(err error) (end error, ends bool) {
	e, ends := errors.AsType[endOfRun](err)
	return e.error, ends
}
