package cli

import (
	"context"
	"errors"

	"bagnet/internal/class"
	"bagnet/internal/pipeline"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// imageRecord is how a record of one image begins, whatever it is that was found.
type imageRecord struct {
	results.Head
	Error string `json:"error,omitempty"`
}

func (r *imageRecord) base() *imageRecord { return r }

// recordOf is a pointer to a record of type T, which begins with an imageRecord.
type recordOf[T any] interface {
	*T
	base() *imageRecord
}

// recording is a run over many images that keeps a record of each.
type recording[T any, R recordOf[T]] struct {
	streams *terminal.Streams
	source  *source
	saved   *saved
	bar     *terminal.Progress

	// mismatch says why a record of an earlier run is none that this one could make; "" if
	// it is one. It is not asked about failures.
	mismatch func(t *results.Trial, record R) string
	// measure fills in the record of a picture. Its errors are that picture's. Several
	// goroutines may call it.
	measure func(ctx context.Context, p *pipeline.Picture, record R) error
	// take does what is done in the order of the images. Its errors are the image's, unless
	// they are ending's.
	take func(t *results.Trial, record R) error
	// failure is told of an image that failed, after standard error. Its errors end the run.
	failure func(t *results.Trial, record R) error

	tally
}

// run puts the images through the network, or takes up their records. Its errors are
// those that end the run; ctx's is none of them.
func (r *recording[T, R]) run(ctx context.Context) error {
	defer r.bar.Hide()
	trials := func(yield func(results.Trial) bool) {
		i := 0
		for image := range r.source.inputs.Seq {
			if !yield(results.Trial{Image: image, Index: i, Class: class.None}) {
				return
			}
			i++
		}
	}
	protocol := &results.Protocol[T]{
		File: r.saved.file, Run: r.saved.run, Decoder: r.source.decoder, Workers: r.source.threads, Passes: r.source.net.passes, All: true,
		Mismatch: func(t *results.Trial, record *T) string {
			if R(record).base().Error != "" {
				return ""
			}
			return r.mismatch(t, record)
		},
		Measure: r.record, Take: r.each,
	}
	err := protocol.Each(ctx, trials)
	if ctx.Err() != nil {
		return nil
	}
	if end, ok := errors.AsType[endOfRun](err); ok {
		return end.error
	}
	return err
}

// record makes the record of one image.
func (r *recording[T, R]) record(ctx context.Context, t *results.Trial) *T {
	record := R(new(T))
	base := record.base()
	base.Head = results.Head{Path: t.Path, Run: r.saved.run}
	err := t.Picture.Err
	if err == nil {
		err = pipeline.Guard(func() error { return r.measure(ctx, &t.Picture, record) })
	}
	if err != nil {
		base.Error = err.Error()
	}
	return record
}

// each takes one image with its record.
func (r *recording[T, R]) each(t *results.Trial, of *T) error {
	record := R(of)
	base := record.base()
	if base.Error == "" {
		err := r.take(t, record)
		if end, ok := errors.AsType[endOfRun](err); ok {
			return end
		}
		if err != nil {
			base.Error = err.Error()
		}
	}
	r.done++
	if base.Error != "" {
		r.failed++
		r.bar.Hide()
		r.streams.Errorf("%s: %s", text.Path(t.Path), base.Error)
		if err := r.failure(t, record); err != nil {
			return err
		}
	}
	r.bar.Step()
	return nil
}
