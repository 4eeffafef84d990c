package results

import (
	"context"
	"iter"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/pipeline"
)

// An ImageRecord is how a record of one image begins, whatever it is that was found.
type ImageRecord struct {
	Head
	Error string `json:"error,omitempty"`
}

// Base returns r: of a record that embeds it, its beginning.
func (r *ImageRecord) Base() *ImageRecord { return r }

// RecordOf is a pointer to a record of type T, which begins with an ImageRecord.
type RecordOf[T any] interface {
	*T
	Base() *ImageRecord
}

// A Recording is what a run over many images makes of each, whether its class is known or
// not.
type Recording[T any, R RecordOf[T]] struct {
	// Mismatch says why a record of an earlier run is none that this one could make; "" if
	// it is one. It is not asked about failures.
	Mismatch func(t *Trial, record R) string
	// Measure fills in the record of a picture. Its errors are that picture's. Several
	// goroutines may call it.
	Measure func(ctx context.Context, p *pipeline.Picture, record R) error
	// Take does what is done in the order of the images. Its errors are the image's, unless
	// they are pipeline.Ending's.
	Take func(t *Trial, record R) error
	// Taken is told of each image when it is done, failed or not. Its errors end the run.
	Taken func(t *Trial, record R) error
}

// Each puts the images through the network, or takes up their records. p says which network
// that is and where records are kept; what it does is the Recording's. The errors are those
// that end the run.
func (r *Recording[T, R]) Each(ctx context.Context, p Protocol[T], images iter.Seq[dataset.Image]) error {
	trials := func(yield func(Trial) bool) {
		i := 0
		for image := range images {
			if !yield(Trial{Image: image, Index: i, Class: class.None}) {
				return
			}
			i++
		}
	}
	p.All = true
	p.Mismatch = func(t *Trial, record *T) string {
		if R(record).Base().Error != "" {
			return ""
		}
		return r.Mismatch(t, record)
	}
	p.Measure = func(ctx context.Context, t *Trial) *T { return r.record(ctx, t, p.Run) }
	p.Take = r.take
	err := p.Each(ctx, trials)
	if end, ends := pipeline.Ends(err); ends {
		return end
	}
	return err
}

// record makes the record of one image.
func (r *Recording[T, R]) record(ctx context.Context, t *Trial, run string) *T {
	record := R(new(T))
	base := record.Base()
	base.Head = Head{Path: t.Path, Run: run}
	err := t.Picture.Err
	if err == nil {
		err = pipeline.Guard(func() error { return r.Measure(ctx, &t.Picture, record) })
	}
	if err != nil {
		base.Error = err.Error()
	}
	return record
}

// take takes one image with its record.
func (r *Recording[T, R]) take(t *Trial, of *T) error {
	record := R(of)
	base := record.Base()
	if base.Error == "" {
		err := r.Take(t, record)
		if _, ends := pipeline.Ends(err); ends {
			return err
		}
		if err != nil {
			base.Error = err.Error()
		}
	}
	return r.Taken(t, record)
}
