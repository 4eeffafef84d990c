package results

import (
	"context"
	"iter"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/pipeline"
)

// A Trial is an image on its way through a network, with its class.
type Trial struct {
	dataset.Image
	Index    int              // among those of the run
	Labelled int              // how many before it have a known class
	Class    int              // the true one, or class.None
	Picture  pipeline.Picture // the image made ready, if it has a class and no record yet
	End      error            // why the run cannot go on
}

// known reports whether there is something to record of the trial: what was measured,
// or why the image could not be read.
func (t *Trial) known() bool { return t.Class != class.None || t.Err != nil }

// A Protocol puts images through a network, and goes on from the records of an earlier
// run.
type Protocol[R any] struct {
	File    *File  // of the records; nil for none
	Run     string // stands for everything that a record depends on beside the image
	Decoder *pipeline.Decoder
	Workers int // how many images may be decoded at once; see Decoder.Workers

	// Mismatch says why a record of an earlier run is not about the trial; "" if it is.
	Mismatch func(t *Trial, record *R) string
	// Measure makes the record of a trial.
	Measure func(ctx context.Context, t *Trial) *R
	// Take is given each trial with its record, in their order; nil if its class is not
	// known.
	Take func(t *Trial, record *R)
}

// Each makes or reads the record of each trial, in order. Its errors are those that end a
// run: ctx's, those of the file, a trial's End. Errors of one image are in its record.
func (p *Protocol[R]) Each(ctx context.Context, trials iter.Seq[Trial]) error {
	type resumed struct {
		Trial
		earlier *R
	}
	withEarlier := func(yield func(resumed) bool) {
		for t := range trials {
			a := resumed{Trial: t}
			if p.File != nil && a.End == nil && a.known() {
				a.earlier, a.End = Next(p.File, Head{a.Path, p.Run}, func(r *R) string { return p.Mismatch(&a.Trial, r) })
			}
			if !yield(a) {
				return
			}
		}
	}
	prepare := func(a resumed) resumed {
		if a.Class != class.None && a.earlier == nil && a.End == nil {
			a.Picture = p.Decoder.Decode(a.Image)
		}
		return a
	}
	failed := func(err error) resumed { return resumed{Trial: Trial{End: err}} }
	for a := range pipeline.Ahead(ctx, withEarlier, p.Decoder.Workers(p.Workers), prepare, failed) {
		if a.End != nil {
			return a.End
		}
		record := a.earlier
		if record == nil && a.known() {
			record = p.Measure(ctx, &a.Trial)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if p.File != nil {
				if err := p.File.Append(record); err != nil {
					return err
				}
			}
		}
		p.Take(&a.Trial, record)
	}
	return ctx.Err()
}
