package cli

import (
	"context"
	"errors"
	"os"

	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/predictions"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// classifyRun puts pictures through the network and writes what comes out.
type classifyRun struct {
	recording[predictions.Kept, *predictions.Kept]
	net    *opened
	topK   int
	writer predictions.Writer
	logits *npy.Writer  // nil without --npy
	part   *output.File // a shard's, which writer writes to; nil for none

	times results.Times
}

// classifySettings are what a record depends on beside the model.
type classifySettings struct {
	Command string
	TopK    int
	Logits  bool
}

func (r *classifyRun) settings() classifySettings {
	return classifySettings{Command: "classify", TopK: r.topK, Logits: r.logits != nil}
}

// run classifies the pictures. It returns alreadyReported if some of them
// failed, and the context's error if it was interrupted; what was finished by
// then is written.
func (r *classifyRun) run(ctx context.Context) error {
	r.times.Start()
	if err := r.writer.Begin(); err != nil {
		return err
	}
	r.Mismatch, r.Measure, r.Take, r.failure = r.damage, r.classify, r.write, r.fail
	if err := r.recording.run(ctx); err != nil {
		return err
	}
	if err := r.commitLogits(ctx); err != nil {
		return err
	}
	r.streams.Detailf("%s", r.times.Text(r.done))
	return nil
}

// damage says why a record is none that the run could make.
func (r *classifyRun) damage(_ *results.Trial, record *predictions.Kept) string {
	logits := 0
	if r.logits != nil {
		logits = r.net.info.Outputs
	}
	return record.Damage(r.topK, len(r.net.classes), logits)
}

// classify runs the network on one picture.
func (r *classifyRun) classify(ctx context.Context, p *pipeline.Picture, record *predictions.Kept) error {
	answer, err := r.net.Classify(ctx, p.Pixels)
	if err != nil {
		return err
	}
	record.Keep(p.Width, p.Height, answer, r.topK, r.logits != nil && r.saved.file != nil)
	return nil
}

// write writes what there is to say of one picture. Its errors are those that end the run.
func (r *classifyRun) write(t *results.Trial, record *predictions.Kept) error {
	r.times.Add(t, true)
	if r.part == nil && terminal.Is(r.streams.Out) {
		r.bar.Hide()
	}
	if r.logits != nil {
		if err := r.logits.Append(record.Outputs()); err != nil {
			return pipeline.Ending(err)
		}
	}
	return pipeline.Ending(r.writer.Write(record.Record()))
}

// fail writes what there is to say of an image that failed.
func (r *classifyRun) fail(_ *results.Trial, record *predictions.Kept) error {
	if r.logits != nil {
		if err := r.logits.Append(nil); err != nil {
			return err
		}
	}
	return r.writer.Write(record.Record())
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
