package evidence

import (
	"fmt"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/text"
)

// An Array is what there is to say about one array of patches' logits or features, as an
// object in JSON.
type Array struct {
	Path     string        `json:"path"`
	Kind     string        `json:"kind"`
	Classes  []class.Class `json:"classes,omitempty"` // of logits
	Patch    int           `json:"patch"`
	Sees     int           `json:"sees,omitempty"` // if it is more than the patch
	Stride   int           `json:"stride"`
	Rows     int           `json:"rows"`
	Cols     int           `json:"cols"`
	Channels int           `json:"channels"`
	Origin   [2]int        `json:"origin"` // y, x
	Native   NativeGrid    `json:"native"`
	Output   string        `json:"output"`
}

// A NativeGrid is the rows and columns First, First+Step, ... of an array.
type NativeGrid struct {
	First int `json:"first"`
	Step  int `json:"step"`
	Rows  int `json:"rows"`
	Cols  int `json:"cols"`
}

// Kinds of an Array.
const (
	Logits   = "logits"
	Features = "features"
)

// NewArray says what patches of the image at path hold, which are written to a file. classes
// are those of their logits.
func NewArray(path, kind string, classes []class.Class, p *bagnet.Patches, file string) *Array {
	a := &Array{Path: path, Kind: kind, Classes: classes, Patch: p.Patch, Sees: beyond(p.Grid), Stride: p.Stride,
		Rows: p.Rows, Cols: p.Cols, Channels: p.Values.Shape()[2], Origin: [2]int{p.Origin, p.Origin},
		Native: NativeGrid{p.First, p.Step, p.NativeRows, p.NativeCols}, Output: file}
	if kind == Features {
		a.Classes = nil
	}
	return a
}

// Row is the line for people and programs, with tabs between its fields.
func (a *Array) Row() string {
	return fmt.Sprintf("%s\t%s\t%d x %d x %d\t%s\n", text.Path(a.Path), a.Kind, a.Rows, a.Cols, a.Channels, text.Path(a.Output))
}
