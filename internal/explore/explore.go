// Package explore makes pages on which the decisions of a BagNet are taken apart: HTML
// files that hold the picture, the logits of its patches and a script that adds them up
// again as patches are erased. They open from a disk and ask for nothing else.
//
// The script and the style are in the directory page, as they are read by people; nothing
// is built. What they show is in docs/explore.md.
package explore

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/text"
)

// maxValues is how many values one page holds at most, of all its images together: 36 MB.
const maxValues = 8 << 20

// A Page is one file. The zero value is one without images.
type Page struct {
	Title    string // "" for the image's name, or how many there are
	Model    string
	Software string
	Outputs  int           // of the network
	Total    int           // classes that the network knows
	Class    *bagnet.Class // shown first; nil for each image's likeliest
	Versus   *bagnet.Class // whose evidence is subtracted at first; nil for none

	images []entry
	opened string // the values that are shown first, of the first image
	values int    // that the images have
}

// entry is an image as the page holds it.
type entry struct {
	view
	picture encoded
	cells   cells
	static  static
}

// view is what the script is told of an image, in JSON.
type view struct {
	Name    string         `json:"name"`
	Width   int            `json:"width"`
	Height  int            `json:"height"`
	Lossy   bool           `json:"lossy"`
	Grid    layer          `json:"grid"`
	Classes []bagnet.Class `json:"classes"`
	Logits  []float32      `json:"logits"` // of Classes, as classify gives them
	Best    bagnet.Class   `json:"best"`
	Share   float64        `json:"share"` // the probability of Best among all classes there are
}

// layer is a grid.Grid in JSON.
type layer struct {
	Rows       int `json:"rows"`
	Cols       int `json:"cols"`
	Origin     int `json:"origin"`
	Stride     int `json:"stride"`
	Patch      int `json:"patch"`
	First      int `json:"first"`
	Step       int `json:"step"`
	NativeRows int `json:"nativeRows"`
	NativeCols int `json:"nativeCols"`
}

// encoded is a picture in a file's bytes.
type encoded struct {
	Type string // of media
	Data string // base64
}

// Add puts an image on the page: what it is called, the picture that the network saw, and its
// patches. It keeps none of them. A page that would become too large is an error that
// bagnet.ErrTooLarge describes, and stays as it was.
func (p *Page) Add(name string, picture *image.NRGBA, patches *bagnet.Patches) error {
	values := patches.Values.Float32s()
	if p.values+len(values) > maxValues {
		return fmt.Errorf("with its %d patches of %d classes the page would have more than %d values, where pages of their own would do: %w", patches.Rows*patches.Cols, len(patches.Classes), maxValues, bagnet.ErrTooLarge)
	}
	e := entry{view: newView(name, picture.Rect.Size(), patches)}
	var err error
	if e.picture, e.Lossy, err = encodePicture(picture); err != nil {
		return err
	}
	if e.cells, err = encodeCells(values); err != nil {
		return err
	}
	if e.static, err = p.newStatic(name, patches); err != nil {
		return err
	}
	if len(p.images) == 0 {
		p.opened = p.opening(patches)
	}
	p.values += len(values)
	p.images = append(p.images, e)
	return nil
}

// Images returns how many there are.
func (p *Page) Images() int { return len(p.images) }

func newView(name string, size image.Point, patches *bagnet.Patches) view {
	a, g := patches.Answer, patches.Grid
	best := a.Top(1)[0]
	v := view{
		Name: text.OneLine(name), Width: size.X, Height: size.Y, Best: printable(best.Class), Share: best.Probability,
		Grid: layer{g.Rows, g.Cols, g.Origin, g.Stride, g.Patch, g.First, g.Step, g.NativeRows, g.NativeCols},
	}
	for _, c := range patches.Classes {
		v.Classes = append(v.Classes, printable(c))
		v.Logits = append(v.Logits, a.Logits[c.Index])
	}
	return v
}

// printable is a class whose texts cannot break a line.
func printable(c bagnet.Class) bagnet.Class {
	return bagnet.Class{Index: c.Index, ID: text.OneLine(c.ID), Label: text.OneLine(c.Label)}
}

// shortName is a class's first name for a line.
func shortName(c bagnet.Class) string { return text.OneLine(class.FirstName(class.Class(c))) }

// losslessBytes is how large a picture's PNG file may be: a page of a larger one has a
// JPEG file, which is good to look at, though its pixels are not those the network saw.
const losslessBytes = 1 << 20

// encodePicture returns the picture's file, and whether pixels were lost.
func encodePicture(picture *image.NRGBA) (e encoded, lossy bool, err error) {
	var b bytes.Buffer
	kind := "image/png"
	size := picture.Rect.Size()
	if lossy = size.X*size.Y > losslessBytes; !lossy { // no photograph of more pixels takes less
		encoder := png.Encoder{CompressionLevel: png.BestCompression}
		if err = encoder.Encode(&b, picture); err == nil {
			lossy = b.Len() > losslessBytes
		}
	}
	if lossy {
		b.Reset()
		kind, err = "image/jpeg", jpeg.Encode(&b, picture, &jpeg.Options{Quality: 92})
	}
	if err != nil {
		return encoded{}, lossy, fmt.Errorf("encoding the picture: %w", err)
	}
	return encoded{kind, base64.StdEncoding.EncodeToString(b.Bytes())}, lossy, nil
}
