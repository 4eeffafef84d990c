package cli

import (
	"context"
	"iter"
	"sync"
	"time"

	"bagnet/internal/images"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
)

// picture is an input made ready for the network, or the reason why it is not.
type picture struct {
	path, root    string             // as in input
	contents      string             // of the file: its fingerprint
	width, height int                // of the image as decoded, pixels
	pixels        *images.Normalized // what the network sees
	err           error              // without the path
	took          time.Duration      // spent on reading, decoding and preprocessing
}

// decoder makes inputs ready for the network.
type decoder struct {
	streams       *terminal.Streams
	options       images.DecodeOptions
	preprocessing images.Preprocessing
	checkSize     func(h, w int) error // refuses sizes the network cannot take

	large sync.Mutex // held while a picture of more than largeImage pixels is made ready: one at a time
}

// decode reads, decodes and preprocesses one input. A panic is a bug, but one
// that must not cost the other images their results.
func (d *decoder) decode(in input) (p picture) {
	start := time.Now()
	p.path, p.root = in.path, in.root
	defer func() {
		if r := recover(); r != nil {
			p.err = internalError(r)
		}
		p.took = time.Since(start)
	}()
	data, err := in.contents(d.streams)
	if err != nil {
		p.err = err
		return p
	}
	p.contents = output.Fingerprint(data)
	options := d.options
	alone := false
	options.Admit = func(w, h int) {
		if !alone && d.preprocessing.Largest(w, h) > largeImage {
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
		p.err = err
		return p
	}
	p.width, p.height = decoded.Rect.Dx(), decoded.Rect.Dy()
	_, _, w, h := d.preprocessing.OutputSize(p.width, p.height)
	if p.err = d.checkSize(h, w); p.err != nil {
		return p
	}
	prepared, err := d.preprocessing.Apply(decoded)
	if err != nil {
		p.err = err
		return p
	}
	p.pixels = d.preprocessing.Normalize(prepared)
	return p
}

// decodeAhead yields the pictures of inputs in their order, decoded by that
// many workers while the consumer is busy with earlier ones. At most
// 2*workers+1 pictures exist at a time. When ctx ends, it stops without
// waiting for workers, which may be blocked on reading.
func decodeAhead(ctx context.Context, in iter.Seq[input], workers int, decode func(input) picture) iter.Seq[picture] {
	return ahead(ctx, in, workers, decode, func(err error) picture { return picture{err: err} })
}

// ahead does what decodeAhead does for any work on any items; failed makes the
// last result if the sequence of items panics.
func ahead[Item, Result any](ctx context.Context, items iter.Seq[Item], workers int, work func(Item) Result, failed func(error) Result) iter.Seq[Result] {
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
					last <- failed(internalError(r))
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
