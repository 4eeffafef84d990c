package results

import (
	"context"
	"iter"
	"time"

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
	Picture  pipeline.Picture // the image made ready, if it is to be measured and has no record yet
	End      error            // why the run cannot go on

	Began, Ended time.Time // when it was measured; zero if it was not, or by an earlier run
}

// TrialOf is the trial that a record is about: of the image at path, whose class is label, nil
// if that is not known.
func TrialOf(path string, label *class.Class) *Trial {
	t := &Trial{Image: dataset.Image{Path: path}, Class: class.None}
	if label != nil {
		t.Class = label.Index
	}
	return t
}

// Labelled yields images with their classes, which of knows of those that can be found; its
// errors say why the run cannot go on.
func Labelled(images iter.Seq[dataset.Image], of func(dataset.Image) (int, error)) iter.Seq[Trial] {
	return func(yield func(Trial) bool) {
		for image := range images {
			t := Trial{Image: image, Class: class.None}
			if image.Err == nil {
				t.Class, t.End = of(image)
			}
			if !yield(t) {
				return
			}
		}
	}
}

// A Protocol puts images through a network, and goes on from the records of an earlier
// run.
type Protocol[R any] struct {
	File    *File  // of the records; nil for none
	Run     string // stands for everything that a record depends on beside the image
	Decoder *pipeline.Decoder
	Workers int  // how many images may be decoded at once; see Decoder.Workers
	Passes  int  // how many trials are measured at once, one at least
	All     bool // images whose class is not known are measured too

	// Mismatch says why a record of an earlier run is not about the trial; "" if it is.
	Mismatch func(t *Trial, record *R) string
	// Measure makes the record of a trial. Several goroutines call it if there are several
	// Passes.
	Measure func(ctx context.Context, t *Trial) *R
	// Take is given each trial with its record, in their order, one after the other; nil if
	// it is not measured. It may complete the record, which is written then. Its errors end
	// the run.
	Take func(t *Trial, record *R) error
}

// measured reports whether a trial is to be measured.
func (p *Protocol[R]) measured(t *Trial) bool { return p.All || t.Class != class.None }

// recorded reports whether there is something to record of a trial: what was measured, or
// why the image could not be read.
func (p *Protocol[R]) recorded(t *Trial) bool { return p.measured(t) || t.Err != nil }

// A recorded is a trial with its record.
type recorded[R any] struct {
	Trial
	record *R // nil if there is none yet
}

// Each makes or reads the record of each trial, in order. Its errors are those that end a
// run: ctx's, those of the file and of Take, a trial's End. Errors of one image are in its
// record.
func (p *Protocol[R]) Each(ctx context.Context, trials iter.Seq[Trial]) error {
	prepare := func(a recorded[R]) recorded[R] {
		if p.measured(&a.Trial) && a.record == nil && a.End == nil {
			a.Picture = p.Decoder.Decode(a.Image)
		}
		return a
	}
	measure := func(a recorded[R]) recorded[R] {
		if a.record == nil && p.recorded(&a.Trial) && a.End == nil {
			a.Began = time.Now()
			a.record = p.Measure(ctx, &a.Trial)
			a.Ended = time.Now()
		}
		return a
	}
	failed := func(err error) recorded[R] { return recorded[R]{Trial: Trial{End: err}} }
	prepared := pipeline.Ahead(ctx, p.withEarlier(trials), p.Decoder.Workers(p.Workers), prepare, failed)
	for a := range pipeline.SideBySide(ctx, prepared, p.Passes, measure, failed) {
		if a.End != nil {
			return a.End
		}
		fresh := !a.Ended.IsZero()
		if fresh && ctx.Err() != nil {
			return ctx.Err()
		}
		if err := p.Take(&a.Trial, a.record); err != nil {
			return err
		}
		if fresh && p.File != nil {
			if err := p.File.Append(a.record); err != nil {
				return err
			}
		}
	}
	return ctx.Err()
}

// withEarlier yields the trials with the records that an earlier run has made of them.
func (p *Protocol[R]) withEarlier(trials iter.Seq[Trial]) iter.Seq[recorded[R]] {
	return func(yield func(recorded[R]) bool) {
		for t := range trials {
			a := recorded[R]{Trial: t}
			if p.File != nil && a.End == nil && p.recorded(&a.Trial) {
				a.record, a.End = Next(p.File, Head{a.Path, p.Run}, func(r *R) string { return p.Mismatch(&a.Trial, r) })
			}
			if !yield(a) {
				return
			}
		}
	}
}
