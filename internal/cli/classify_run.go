package cli

import (
	"context"

	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/predictions"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
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
	if r.logits != nil {
		if err := r.logits.Conclude(ctx.Err() != nil, r.done, r.failed, func(text string) { r.streams.Notef("%s", text) }); err != nil {
			return err
		}
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
