package cli

import (
	"context"
	"errors"
	"fmt"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/predictions"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// patchesRun writes the arrays of pictures.
type patchesRun struct {
	recording[patchesRecord, *patchesRecord]
	net     *opened
	options *patchesOptions
	classes []class.Class // whose logits are written
	arrays  *output.Places
}

// patchesRecord is the record of a picture.
type patchesRecord struct {
	results.ImageRecord
	Array *extracted `json:"array,omitempty"`

	patches *bagnet.Patches // to be written; nil if they are
	output  string          // their place
}

// extracted is what patches prints about one array, as an object in JSON.
type extracted struct {
	Path     string        `json:"path"`
	Kind     string        `json:"kind"`
	Classes  []class.Class `json:"classes,omitempty"`
	Patch    int           `json:"patch"`
	Stride   int           `json:"stride"`
	Rows     int           `json:"rows"`
	Cols     int           `json:"cols"`
	Channels int           `json:"channels"`
	Origin   [2]int        `json:"origin"` // y, x
	Native   nativeGrid    `json:"native"`
	Output   string        `json:"output"`
}

// nativeGrid are the rows and columns First, First+Step, ... of an array.
type nativeGrid struct {
	First int `json:"first"`
	Step  int `json:"step"`
	Rows  int `json:"rows"`
	Cols  int `json:"cols"`
}

// kind is what the arrays hold.
func (o *patchesOptions) kind() string {
	if o.features {
		return "features"
	}
	return "logits"
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
	r.Mismatch, r.Measure, r.Take, r.failure = r.damage, r.compute, r.write, r.fail
	if err := r.recording.run(ctx); err != nil {
		return err
	}
	if err := r.options.saved.finish(ctx, r.streams, r.saved, r.tally, struct{}{}); err != nil {
		return err
	}
	return r.outcome(ctx, r.streams)
}

// damage says why a record is none that the run could make.
func (r *patchesRun) damage(_ *results.Trial, record *patchesRecord) string {
	if record.Array == nil {
		return "it is damaged"
	}
	if !output.Exists(record.Array.Output) {
		return fmt.Sprintf("its array %q is gone", record.Array.Output)
	}
	return ""
}

// compute computes the array of one picture.
func (r *patchesRun) compute(ctx context.Context, p *pipeline.Picture, record *patchesRecord) (err error) {
	limitMemory(p.Width*p.Height, r.net.memory)
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	record.patches, err = r.net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{
		Classes: publicClasses(r.classes), Features: r.options.features, Stride: r.options.stride, Progress: bar.Set})
	return advise(err)
}

// write writes the array of one picture.
func (r *patchesRun) write(t *results.Trial, record *patchesRecord) error {
	record.output = r.arrays.Next(t.Path, r.options.kind())
	patches := record.patches
	if patches == nil {
		if record.Array.Output != record.output {
			return pipeline.Ending(usageErrorf("--resume: the array of %q was written to %q, not %q: give --npy and the images of the interrupted run", t.Path, record.Array.Output, record.output))
		}
		return pipeline.Ending(r.print(record.Array))
	}
	record.patches = nil
	shape := patches.Values.Shape()
	record.Array = &extracted{Path: t.Path, Kind: r.options.kind(), Classes: r.classes, Patch: patches.Patch, Stride: patches.Stride,
		Rows: patches.Rows, Cols: patches.Cols, Channels: shape[2], Origin: [2]int{patches.Origin, patches.Origin},
		Native: nativeGrid{patches.First, patches.Step, patches.NativeRows, patches.NativeCols}, Output: record.output}
	if r.options.features {
		record.Array.Classes = nil
	}
	if err := npy.Write(&r.options.replacing, record.output, patches.Values.Float32s(), shape...); err != nil {
		return err
	}
	return pipeline.Ending(r.print(record.Array))
}

// print prints what was written, unless it is for merging to print.
func (r *patchesRun) print(x *extracted) error {
	if r.saved.part != nil {
		return nil
	}
	r.bar.Hide()
	return x.print(r.streams, r.options.format.Value)
}

// print prints what there is to say about one array.
func (x *extracted) print(s *terminal.Streams, format string) error {
	if format == formatJSON {
		return writeJSON(s, x)
	}
	return s.Printf("%s\t%s\t%d x %d x %d\t%s\n", text.Path(x.Path), x.Kind, x.Rows, x.Cols, x.Channels, text.Path(x.Output))
}

// fail takes the place of an image without an array, which no other one gets, so that
// names do not depend on what fails.
func (r *patchesRun) fail(t *results.Trial, record *patchesRecord) error {
	if record.output == "" {
		r.arrays.Next(t.Path, r.options.kind())
	}
	if r.options.format.Value != formatJSON || r.saved.part != nil {
		return nil
	}
	return writeJSON(r.streams, predictions.NewFailure(t.Path, errors.New(record.Error)))
}
