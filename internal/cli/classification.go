package cli

import (
	"context"
	"errors"
	"iter"
	"os"
	"time"

	"bagnet"

	"bagnet/internal/npy"
	"bagnet/internal/pipeline"
	"bagnet/internal/predictions"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// classification is one run of classify: it puts pictures through the network
// and writes what comes out.
type classification struct {
	streams *terminal.Streams
	net     *opened
	topK    int
	writer  predictions.Writer
	logits  *npy.Writer // nil without --npy
	bar     *terminal.Progress

	tally
	decoding  time.Duration // summed over pictures, which are decoded side by side
	inference time.Duration
}

// run classifies the pictures. It returns alreadyReported if some of them
// failed, and the context's error if it was interrupted; what was finished by
// then is written.
func (c *classification) run(ctx context.Context, pictures iter.Seq[pipeline.Picture]) error {
	start := time.Now()
	defer c.bar.Hide()
	if err := c.writer.Begin(); err != nil {
		return err
	}
	for p := range pictures {
		if err := c.classify(ctx, p); err != nil {
			if ctx.Err() != nil {
				break
			}
			return err
		}
		c.bar.Step()
	}
	c.bar.Hide()
	if err := c.commitLogits(ctx); err != nil {
		return err
	}
	c.streams.Detailf("%s in %s: %s decoding (side by side), %s in the network", text.Count(c.done, "image", "images"),
		time.Since(start).Round(time.Millisecond), c.decoding.Round(time.Millisecond), c.inference.Round(time.Millisecond))
	return c.outcome(ctx, c.streams)
}

// classify runs the network on one picture and writes its record. Its errors
// are those that end the run.
func (c *classification) classify(ctx context.Context, p pipeline.Picture) error {
	c.decoding += p.Took
	r := predictions.Record{Path: p.Path, Width: p.Width, Height: p.Height, Err: p.Err}
	var answer bagnet.Answer
	if r.Err == nil {
		start := time.Now()
		answer, r.Err = c.net.Classify(ctx, p.Pixels)
		c.inference += time.Since(start)
		if r.Err != nil && ctx.Err() != nil {
			return ctx.Err()
		}
	}
	c.done++
	if r.Err == nil {
		r.Predictions = answer.Top(c.topK)
	} else {
		c.failed++
		c.bar.Hide()
		c.streams.Errorf("%s: %v", text.Path(r.Path), r.Err)
	}
	if r.Err == nil && terminal.Is(c.streams.Out) {
		c.bar.Hide()
	}
	if c.logits != nil {
		if err := c.logits.Append(answer.Outputs); err != nil {
			return err
		}
	}
	return c.writer.Write(r)
}

// commitLogits puts the array of logits in its place. An interrupted run
// leaves its finished rows, but not in the place of an older array; nor does one
// that classified nothing.
func (c *classification) commitLogits(ctx context.Context) error {
	if c.logits == nil {
		return nil
	}
	_, err := os.Lstat(c.logits.Path)
	replaces := !errors.Is(err, os.ErrNotExist)
	if ctx.Err() == nil && replaces && c.failed == c.done {
		c.streams.Notef("no image was classified: %s stays as it was", text.Path(c.logits.Path))
		return nil
	}
	if ctx.Err() != nil {
		if replaces || c.done == 0 {
			if replaces {
				c.streams.Notef("interrupted: %s stays as it was", text.Path(c.logits.Path))
			}
			return nil
		}
		c.streams.Notef("interrupted: %s has the logits of the first %s", text.Path(c.logits.Path), text.Count(c.done, "image", "images"))
	}
	return c.logits.Commit()
}
