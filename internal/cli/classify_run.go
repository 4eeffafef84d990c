package cli

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"os"

	"bagnet"
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
	recording[classified, *classified]
	net    *opened
	topK   int
	writer predictions.Writer
	logits *npy.Writer  // nil without --npy
	part   *output.File // a shard's, which writer writes to; nil for none

	times results.Times
}

// classified is the record of a picture.
type classified struct {
	results.ImageRecord
	Width       int                 `json:"width,omitempty"` // of the image file
	Height      int                 `json:"height,omitempty"`
	Predictions []bagnet.Prediction `json:"predictions,omitempty"`
	Logits      []byte              `json:"logits,omitempty"` // float32, little-endian; with --npy

	outputs []float32 // the same
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
func (r *classifyRun) damage(_ *results.Trial, record *classified) string {
	want := r.topK
	if n := len(r.net.classes); want == 0 || want > n {
		want = n
	}
	valid := len(record.Predictions) == want && (r.logits == nil || len(record.Logits) == 4*r.net.info.Outputs)
	for _, p := range record.Predictions {
		valid = valid && p.Index >= 0 && p.Index < len(r.net.classes)
	}
	if !valid {
		return "it is damaged"
	}
	return ""
}

// classify runs the network on one picture.
func (r *classifyRun) classify(ctx context.Context, p *pipeline.Picture, record *classified) error {
	answer, err := r.net.Classify(ctx, p.Pixels)
	if err != nil {
		return err
	}
	record.Width, record.Height, record.Predictions = p.Width, p.Height, answer.Top(r.topK)
	if record.outputs = answer.Outputs; r.logits != nil && r.saved.file != nil {
		for _, v := range answer.Outputs {
			record.Logits = binary.LittleEndian.AppendUint32(record.Logits, math.Float32bits(v))
		}
	}
	return nil
}

// write writes what there is to say of one picture. Its errors are those that end the run.
func (r *classifyRun) write(t *results.Trial, record *classified) error {
	r.times.Add(t, true)
	if r.part == nil && terminal.Is(r.streams.Out) {
		r.bar.Hide()
	}
	if r.logits != nil {
		if record.outputs == nil { // an earlier run's
			for b := record.Logits; len(b) > 0; b = b[4:] {
				record.outputs = append(record.outputs, math.Float32frombits(binary.LittleEndian.Uint32(b)))
			}
		}
		if err := r.logits.Append(record.outputs); err != nil {
			return pipeline.Ending(err)
		}
	}
	return pipeline.Ending(r.writer.Write(predictions.Record{Path: t.Path, Width: record.Width, Height: record.Height, Predictions: record.Predictions}))
}

// fail writes what there is to say of an image that failed.
func (r *classifyRun) fail(t *results.Trial, record *classified) error {
	if r.logits != nil {
		if err := r.logits.Append(nil); err != nil {
			return err
		}
	}
	return r.writer.Write(predictions.Record{Path: t.Path, Err: errors.New(record.Error)})
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
