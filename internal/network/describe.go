package network

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/images"
	"bagnet/internal/text"
)

// A Description is what there is to say about a network and its file.
type Description struct {
	Name          string               `json:"name"`
	Format        string               `json:"format"`
	SHA256        string               `json:"sha256"`
	Family        string               `json:"family"`
	Patch         int                  `json:"patch,omitempty"`  // of a BagNet or a bag of words, pixels
	Layers        int                  `json:"layers,omitempty"` // of other networks, those with weights
	StemWidth     int                  `json:"stem_width"`
	Depths        []int                `json:"depths"`
	Words         []int                `json:"words,omitempty"`           // of shapes and, if there are any, of colours: a bag of words
	Strides       []int                `json:"strides,omitempty"`         // of a BagNet
	Assumed       bool                 `json:"strides_assumed,omitempty"` // nothing says what the strides are
	Kernels       [][]int              `json:"kernels,omitempty"`         // of each stage's blocks, if not the published BagNets'
	Parameters    int64                `json:"parameters"`
	Stored        map[string]int       `json:"stored"` // tensors of each type
	Grid          *GridSize            `json:"grid"`   // null for other networks, or if images do not become squares of one size
	Preprocessing images.Preprocessing `json:"preprocessing"`
	Bare          bool                 `json:"preprocessing_assumed,omitempty"` // nothing says how images are prepared
	Classes       []class.Class        `json:"classes"`
	Remarks       map[string]string    `json:"remarks"` // name, source, license, training, weights
}

// GridSize is the native grid of patches of the squares that images become.
type GridSize struct {
	Size int `json:"size"` // of the image, pixels
	Rows int `json:"rows"`
	Cols int `json:"cols"`
}

// Describe returns what there is to say about the network, whose file has that SHA-256.
// It is called before Close.
func (n *Network) Describe(hash string) Description {
	a := n.Architecture()
	info := Description{
		Name: n.Name, Format: n.Format, SHA256: hash,
		Family: a.Family, Patch: a.Patch, Layers: a.Layers, StemWidth: a.StemWidth, Depths: a.Depths, Words: a.Words, Strides: a.Strides,
		Parameters: a.Parameters, Stored: n.Stored(),
		Preprocessing: n.Preprocessing, Bare: n.Metadata.Preprocessing == nil, Classes: n.Classes, Remarks: n.Metadata.Remarks(),
	}
	if n.BagNet != nil {
		c := n.BagNet.Config()
		info.Assumed = n.Metadata.Strides == [4]int{} && n.Metadata.PatchSize == 0
		if !c.UsualPlacement() {
			info.Kernels = c.Kernels[:]
		}
	}
	if a.Patch > 0 {
		info.Layers = 0 // they are called by their patches
	}
	if w, h, fixed := n.Preprocessing.FixedSize(); fixed && w == h && a.Patch > 0 {
		if g, err := n.Mapper().NativeGrid(h, w); err == nil {
			info.Grid = &GridSize{w, g.Rows, g.Cols}
		}
	}
	return info
}

// Text is the description for people: a table of two columns, then the classes.
func (d Description) Text() []byte {
	var b bytes.Buffer
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-15s %s\n", name, text.OneLine(fmt.Sprintf(format, args...)))
	}
	line("name", "%s", d.Name)
	line("format", "%s", d.Format)
	line("sha256", "%s", d.SHA256)
	line("family", "%s", d.Family)
	if d.Patch > 0 {
		line("patch", "%d x %d pixels", d.Patch, d.Patch)
	} else {
		line("layers", "%d", d.Layers)
	}
	if d.Words != nil {
		line("words", "%s", wordsOf(d.Words))
	} else {
		line("stem width", "%d", d.StemWidth)
		line("depths", "%s", text.Numbers(", ", d.Depths))
	}
	if len(d.Strides) > 0 {
		assumed := ""
		if d.Assumed {
			assumed = " (assumed)"
		}
		line("strides", "%s%s", text.Numbers(", ", d.Strides), assumed)
	}
	if d.Kernels != nil {
		line("3x3 in blocks", "%s", blocksOf3x3(d.Kernels))
	}
	line("parameters", "%d", d.Parameters)
	var stored []string
	for _, dtype := range slices.Sorted(maps.Keys(d.Stored)) {
		stored = append(stored, fmt.Sprintf("%s (%s)", dtype, text.Count(d.Stored[dtype], "tensor", "tensors")))
	}
	line("stored as", "%s", strings.Join(stored, ", "))
	if d.Grid != nil {
		line("grid", "%d x %d patches at %d x %d pixels", d.Grid.Rows, d.Grid.Cols, d.Grid.Size, d.Grid.Size)
	}
	p := d.Preprocessing
	line("resize", "%s, %s", resizing(p.Resize), p.Interpolation)
	line("crop", "%s", orNone(p.Crop))
	line("mean", "%g, %g, %g", p.Mean[0], p.Mean[1], p.Mean[2])
	line("std", "%g, %g, %g", p.Std[0], p.Std[1], p.Std[2])
	if d.Bare {
		line("(assumed)", "%s", "resize, crop, mean and std: nothing says how images are prepared")
	}
	for _, name := range slices.Sorted(maps.Keys(d.Remarks)) {
		if remark := d.Remarks[name]; remark != d.Name {
			line(name, "%s", remark)
		}
	}
	line("classes", "%d", len(d.Classes))
	for _, c := range d.Classes {
		fmt.Fprintf(&b, "%15d %s\n", c.Index, text.OneLine(strings.TrimSpace(c.ID+"  "+c.Label)))
	}
	return b.Bytes()
}

// wordsOf says how many words the vocabularies of a bag of words have.
func wordsOf(counts []int) string {
	if len(counts) == 1 {
		return fmt.Sprintf("%d of shapes", counts[0])
	}
	return fmt.Sprintf("%d of shapes, %d of colours", counts[0], counts[1])
}

// orNone is a number of pixels for people.
func orNone(n int) string {
	if n == 0 {
		return "none"
	}
	return fmt.Sprintf("%d pixels", n)
}

// resizing is a size that images get, for people.
func resizing(r images.Resize) string {
	if r.None() {
		return "none"
	}
	return r.String() + " pixels"
}

// blocksOf3x3 names the blocks whose convolution is 3x3 as tensors do, counted from 0:
// "layer1: 0, 1; layer2: 0".
func blocksOf3x3(kernels [][]int) string {
	var stages []string
	for stage, blocks := range kernels {
		var threes []int
		for block, k := range blocks {
			if k == 3 {
				threes = append(threes, block)
			}
		}
		if threes != nil {
			stages = append(stages, fmt.Sprintf("layer%d: %s", stage+1, text.Numbers(", ", threes)))
		}
	}
	if stages == nil {
		return "none"
	}
	return strings.Join(stages, "; ")
}
