package cli

import (
	"context"
	"errors"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/evidence"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/predictions"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
)

// patchesRun writes the arrays of pictures.
type patchesRun struct {
	recording[evidence.Record, *evidence.Record]
	net     *opened
	options *patchesOptions
	classes []class.Class // whose logits are written
	arrays  *output.Places
}

// kind is what the arrays hold.
func (o *patchesOptions) kind() string {
	if o.features {
		return evidence.Features
	}
	return evidence.Logits
}

// settings are what a record depends on beside the model.
func (r *patchesRun) settings() any {
	return struct {
		Command, Kind string
		Classes       []class.Class
		Stride        int
	}{"patches", r.options.kind(), r.classes, r.options.stride}
}

// run writes the arrays of all pictures, or those that an earlier run has not written.
func (r *patchesRun) run(ctx context.Context) error {
	if before := r.source.inputs.Before; before != nil {
		for m := range before {
			r.arrays.Next(m.Path, r.options.kind()) // another shard's
		}
	}
	r.Mismatch = func(_ *results.Trial, record *evidence.Record) string { return record.Mismatch() }
	r.Measure, r.Take, r.failure = r.compute, r.write, r.fail
	if err := r.recording.run(ctx); err != nil {
		return err
	}
	if err := r.options.saved.finish(ctx, r.streams, r.saved, r.tally, struct{}{}); err != nil {
		return err
	}
	return r.outcome(ctx, r.streams)
}

// compute computes the array of one picture.
func (r *patchesRun) compute(ctx context.Context, p *pipeline.Picture, record *evidence.Record) (err error) {
	limitMemory(p.Width*p.Height, r.net.memory)
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	record.Computed, err = r.net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{
		Classes: publicClasses(r.classes), Features: r.options.features, Stride: r.options.stride, Progress: bar.Set})
	return advise(err)
}

// write writes the array of one picture.
func (r *patchesRun) write(t *results.Trial, record *evidence.Record) error {
	record.Place = r.arrays.Next(t.Path, r.options.kind())
	patches := record.Computed
	if patches == nil {
		if record.Array.Output != record.Place {
			return pipeline.Ending(usageErrorf("--resume: the array of %q was written to %q, not %q: give --npy and the images of the interrupted run", t.Path, record.Array.Output, record.Place))
		}
		return pipeline.Ending(r.print(record.Array))
	}
	record.Computed = nil
	record.Array = evidence.NewArray(t.Path, r.options.kind(), r.classes, patches, record.Place)
	if err := npy.Write(&r.options.replacing, record.Place, patches.Values.Float32s(), patches.Values.Shape()...); err != nil {
		return err
	}
	return pipeline.Ending(r.print(record.Array))
}

// print prints what was written, unless it is for merging to print.
func (r *patchesRun) print(x *evidence.Array) error {
	if r.saved.part != nil {
		return nil
	}
	r.bar.Hide()
	return printRow(r.streams, x, r.options.format)
}

// fail takes the place of an image without an array, which no other one gets, so that
// names do not depend on what fails.
func (r *patchesRun) fail(t *results.Trial, record *evidence.Record) error {
	if record.Place == "" {
		r.arrays.Next(t.Path, r.options.kind())
	}
	if r.options.format.Value != formatJSON || r.saved.part != nil {
		return nil
	}
	return writeJSON(r.streams, predictions.NewFailure(t.Path, errors.New(record.Error)))
}
