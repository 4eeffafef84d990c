package cli

import (
	"context"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// patchesRun writes the arrays of pictures.
type patchesRun struct {
	streams *terminal.Streams
	net     *opened
	options *patchesOptions
	classes []class.Class // whose logits are written
	arrays  *output.Places
	bar     *terminal.Progress
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

// measure computes the array of one picture.
func (r *patchesRun) measure(ctx context.Context, p pipeline.Picture) (*bagnet.Patches, error) {
	bar := terminal.NewTileProgress(r.bar)
	defer bar.Hide()
	return r.net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{
		Classes: publicClasses(r.classes), Features: r.options.features, Stride: r.options.stride, Progress: bar.Set})
}

// take writes the array of one picture.
func (r *patchesRun) take(p pipeline.Picture, patches *bagnet.Patches) error {
	shape := patches.Values.Shape()
	x := extracted{Path: p.Path, Kind: "logits", Classes: r.classes, Patch: patches.Patch, Stride: patches.Stride,
		Rows: patches.Rows, Cols: patches.Cols, Channels: shape[2], Origin: [2]int{patches.Origin, patches.Origin},
		Native: nativeGrid{patches.First, patches.Step, patches.NativeRows, patches.NativeCols}}
	if r.options.features {
		x.Kind, x.Classes = "features", nil
	}
	x.Output = r.arrays.Next(p.Path, x.Kind)
	if err := npy.Write(&r.options.replacing, x.Output, patches.Values.Float32s(), shape...); err != nil {
		return err
	}
	return ending(r.record(x))
}

// record prints what was written.
func (r *patchesRun) record(x extracted) error {
	r.bar.Hide()
	if r.options.format.Value == formatJSON {
		return writeJSON(r.streams, x)
	}
	return r.streams.Printf("%s\t%s\t%d x %d x %d\t%s\n", text.Path(x.Path), x.Kind, x.Rows, x.Cols, x.Channels, text.Path(x.Output))
}
