package cli

import (
	"context"
	"errors"
	"iter"

	"bagnet/internal/pipeline"
	"bagnet/internal/predictions"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// endOfRun is an error that ends the run and not only its image: standard output is gone.
type endOfRun struct{ error }

// ending makes err, which may be nil, one that ends the run.
func ending(err error) error {
	if err == nil {
		return nil
	}
	return endOfRun{err}
}

// eachPicture calls work for each picture in turn. One that fails is reported, as JSON too
// if that is asked for, and does not stop the others, unless the error is ending's: then
// that is the result. Otherwise the result is tally.outcome's.
func eachPicture(ctx context.Context, s *terminal.Streams, pictures iter.Seq[pipeline.Picture], bar *terminal.Progress, asJSON bool, work func(context.Context, pipeline.Picture) error) error {
	defer bar.Hide()
	var t tally
	for p := range pictures {
		t.done++
		err := p.Err
		if err == nil {
			err = advise(work(ctx, p))
		}
		if end, ok := errors.AsType[endOfRun](err); ok {
			return end.error
		}
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			t.failed++
			bar.Hide()
			s.Errorf("%s: %v", text.Path(p.Path), err)
			if asJSON {
				if err := writeJSON(s, predictions.NewFailure(p.Path, err)); err != nil {
					return err
				}
			}
		}
		bar.Step()
	}
	bar.Hide()
	return t.outcome(ctx, s)
}
