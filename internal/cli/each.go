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

// ending makes err one that ends the run.
func ending(err error) error {
	if err == nil {
		return nil
	}
	return endOfRun{err}
}

// eachPicture works on the pictures in turn. One that fails is reported, with a
// record too if results are JSON, and does not stop the others. The result is
// that of tally.outcome, or the error that work wrapped by ending.
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
