package cli

import (
	"context"
	"iter"

	"bagnet/internal/flagvalue"
	"bagnet/internal/pipeline"
	"bagnet/internal/predictions"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// eachPicture measures the source's pictures, several at once, and takes them with what was
// measured, one after the other in their order. One that fails is reported, to fail too, which
// may be nil, and does not stop the others, unless the error is pipeline.Ending's:
// then that is the result. Otherwise the result is tally.outcome's.
func eachPicture[Result any](ctx context.Context, s *terminal.Streams, src *source, bar *terminal.Progress, fail func(pipeline.Picture, error) error,
	measure func(context.Context, pipeline.Picture) (Result, error), take func(pipeline.Picture, Result) error) error {
	defer bar.Hide()
	var t tally
	advised := func(ctx context.Context, p pipeline.Picture) (Result, error) {
		result, err := measure(ctx, p)
		return result, advise(err)
	}
	for p := range pipeline.Measure(ctx, src.limited(ctx), src.net.passes, advised) {
		t.done++
		err := p.Err
		if err == nil {
			err = advise(take(p.Picture, p.Result))
		}
		if end, ends := pipeline.Ends(err); ends {
			return end
		}
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			t.failed++
			bar.Hide()
			s.Errorf("%s: %v", text.Path(p.Path), err)
			if fail != nil {
				if err := fail(p.Picture, err); err != nil {
					return err
				}
			}
		}
		bar.Step()
	}
	bar.Hide()
	return t.outcome(ctx, s)
}

// jsonFailures prints failures as JSON, if that is the format.
func jsonFailures(s *terminal.Streams, format flagvalue.Choice) func(pipeline.Picture, error) error {
	if format.Value != formatJSON {
		return nil
	}
	return func(p pipeline.Picture, err error) error { return writeJSON(s, predictions.NewFailure(p.Path, err)) }
}

// limited is pictures, with as much memory for each as its size asks for.
func (s *source) limited(ctx context.Context) iter.Seq[pipeline.Picture] {
	return func(yield func(pipeline.Picture) bool) {
		for p := range s.pictures(ctx) {
			limitMemory(p.Width*p.Height, s.net.memory)
			if !yield(p) {
				return
			}
		}
	}
}
