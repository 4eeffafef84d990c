package cli

import (
	"context"
	"errors"
	"os"
	"time"

	"bagnet"
	"bagnet/internal/npy"
	"bagnet/internal/pipeline"
	"bagnet/internal/predictions"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// classifyRun puts pictures through the network and writes what comes out.
type classifyRun struct {
	streams *terminal.Streams
	net     *opened
	topK    int
	writer  predictions.Writer
	logits  *npy.Writer // nil without --npy
	bar     *terminal.Progress

	tally
	decoding  time.Duration // summed over pictures, which are decoded side by side
	inference time.Duration // the same
}

// classified is the network's answer to a picture.
type classified struct {
	bagnet.Answer
	took time.Duration
}

// run classifies the pictures. It returns alreadyReported if some of them
// failed, and the context's error if it was interrupted; what was finished by
// then is written.
func (r *classifyRun) run(ctx context.Context, src *source) error {
	start := time.Now()
	defer r.bar.Hide()
	if err := r.writer.Begin(); err != nil {
		return err
	}
	for p := range pipeline.Measure(ctx, src.pictures(ctx), r.net.passes, r.classify) {
		if p.Err != nil && ctx.Err() != nil {
			break
		}
		if err := r.take(p.Picture, p.Result); err != nil {
			return err
		}
		r.bar.Step()
	}
	r.bar.Hide()
	if err := r.commitLogits(ctx); err != nil {
		return err
	}
	r.streams.Detailf("%s in %s: %s decoding (side by side), %s in the network", text.Count(r.done, "image", "images"),
		time.Since(start).Round(time.Millisecond), r.decoding.Round(time.Millisecond), r.inference.Round(time.Millisecond))
	return r.outcome(ctx, r.streams)
}

// classify runs the network on one picture.
func (r *classifyRun) classify(ctx context.Context, p pipeline.Picture) (c classified, err error) {
	start := time.Now()
	c.Answer, err = r.net.Classify(ctx, p.Pixels)
	c.took = time.Since(start)
	return c, err
}

// take writes the record of one picture. Its errors are those that end the run.
func (r *classifyRun) take(p pipeline.Picture, c classified) error {
	r.decoding += p.Took
	r.inference += c.took
	record := predictions.Record{Path: p.Path, Width: p.Width, Height: p.Height, Err: p.Err}
	r.done++
	if record.Err == nil {
		record.Predictions = c.Top(r.topK)
	} else {
		r.failed++
		r.bar.Hide()
		r.streams.Errorf("%s: %v", text.Path(record.Path), record.Err)
	}
	if record.Err == nil && terminal.Is(r.streams.Out) {
		r.bar.Hide()
	}
	if r.logits != nil {
		if err := r.logits.Append(c.Outputs); err != nil {
			return err
		}
	}
	return r.writer.Write(record)
}

// commitLogits puts the array of logits in its place. An interrupted run
// leaves its finished rows, but not in the place of an older array; nor does one
// that classified nothing.
func (r *classifyRun) commitLogits(ctx context.Context) error {
	if r.logits == nil {
		return nil
	}
	_, err := os.Lstat(r.logits.Path)
	replaces := !errors.Is(err, os.ErrNotExist)
	if ctx.Err() == nil && replaces && r.failed == r.done {
		r.streams.Notef("no image was classified: %s stays as it was", text.Path(r.logits.Path))
		return nil
	}
	if ctx.Err() != nil {
		if replaces || r.done == 0 {
			if replaces {
				r.streams.Notef("interrupted: %s stays as it was", text.Path(r.logits.Path))
			}
			return nil
		}
		r.streams.Notef("interrupted: %s has the logits of the first %s", text.Path(r.logits.Path), text.Count(r.done, "image", "images"))
	}
	return r.logits.Commit()
}
