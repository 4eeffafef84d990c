package bagnet

import (
	"cmp"
	"context"
	"errors"
	"image"
	"math"

	"bagnet/internal/grid"
	"bagnet/internal/heatmap"
	"bagnet/internal/ranking"
	"bagnet/internal/text"
)

// A Heatmap is the evidence of an image's patches for one class: their logits. Patches says
// what that means where Sees is more than Patch.
type Heatmap struct {
	Class       Class
	Versus      *Class    // whose evidence is subtracted, nil for none
	Logit       float64   // of the image; with Versus, the difference
	Probability float64   // of Class
	Mean        float64   // of the native grid's values, in float64: Logit, up to rounding
	Values      []float32 // [Rows*Cols], row by row
	Grid                  // where they are

	img   *Image
	model string
}

// Heatmaps returns the maps of classes, in their order, with a value for every patch
// there is: at the smallest of Info().Strides. If none is named, there is one map, of
// the likeliest class. Errors are those of Patches.
func (m *Model) Heatmaps(ctx context.Context, img *Image, classes ...Class) ([]Heatmap, error) {
	strides := m.Info().Strides
	if strides == nil {
		return nil, ErrNoPatches
	}
	p, err := m.Patches(ctx, img, &PatchOptions{Classes: classes, Stride: strides[len(strides)-1]})
	if err != nil {
		return nil, err
	}
	return p.Heatmaps(), nil
}

// Heatmaps returns the maps of p's classes, in their order; none if p are features. They
// share nothing with p.Values.
func (p *Patches) Heatmaps() []Heatmap {
	all := make([]Heatmap, len(p.Classes))
	values, n := p.Values.Float32s(), len(p.Classes)
	for i, c := range p.Classes {
		h := Heatmap{
			Class: c, Logit: float64(p.Answer.Logits[c.Index]), Probability: p.Answer.Probabilities[c.Index],
			Mean: p.means[i], Values: make([]float32, p.Rows*p.Cols), Grid: p.Grid, img: p.img, model: p.model,
		}
		for k := range h.Values {
			h.Values[k] = values[k*n+i]
		}
		all[i] = h
	}
	return all
}

// Minus returns by how much h's evidence exceeds that of another class. Both must be of
// the same Image and grid, and neither a difference already.
func (h Heatmap) Minus(other Heatmap) (Heatmap, error) {
	switch {
	case h.Grid != other.Grid || h.img != other.img || len(h.Values) != len(other.Values):
		return Heatmap{}, errors.New("subtracting heatmaps of different images or grids")
	case h.Versus != nil || other.Versus != nil:
		return Heatmap{}, errors.New("subtracting heatmaps that are differences already")
	}
	values := make([]float32, len(h.Values))
	for i, v := range h.Values {
		values[i] = v - other.Values[i]
	}
	versus := other.Class
	h.Values, h.Logit, h.Mean, h.Versus = values, h.Logit-other.Logit, h.Mean-other.Mean, &versus
	return h, nil
}

// Scale returns the magnitude that percent, 0 to 100, of the values do not exceed, for
// DrawOptions.Scale; 1 if that is zero. Several maps are drawn alike with one scale.
func (h Heatmap) Scale(percent float64) float64 { return h.drawing().Scale(percent) }

// drawing is h as package heatmap draws it.
func (h Heatmap) drawing() heatmap.Map {
	return heatmap.Map{Grid: grid.Grid(h.Grid), Values: h.Values}
}

// A Patch is a part of an image with its evidence for a class.
type Patch struct {
	Rect     image.Rectangle // pixels of the prepared picture
	Evidence float32
}

// Top returns the n patches with the most evidence, strongest first and from top to
// bottom, then left to right, where they are equal; all of them if n is 0 or more than
// there are. They lie wholly inside the image, and none covers a stronger one by more
// than overlap, 0 to 1, of its area. Cells of a network that sees more than them all count:
// those that reach beyond the image are moved inside.
func (h Heatmap) Top(n int, overlap float64) []Patch {
	if h.img == nil {
		return nil // the zero value
	}
	if n <= 0 {
		n = len(h.Values)
	}
	side, size := h.Grid.Patch, h.img.Size()
	g := ranking.Map{Grid: grid.Grid(h.Grid), Values: h.Values, Classes: 1, Height: size.Y, Width: size.X}
	var top []Patch
	for _, c := range g.Strongest(0, ranking.Selection{PerImage: n, Overlap: overlap, AtLeast: float32(math.Inf(-1))}) {
		top = append(top, Patch{image.Rect(c.X, c.Y, c.X+side, c.Y+side), c.Evidence})
	}
	return top
}

// DrawOptions say how Draw draws. Nil stands for the zero value.
type DrawOptions struct {
	Style    string   // "panel", "overlay", "heatmap" or "edges"; "" for panel
	Colormap string   // matplotlib's name; "" for RdBu_r
	Scale    float64  // the strongest colours stand for it; 0 for Heatmap.Scale(99)
	Alpha    *float64 // opacity of the map over the image in panel and overlay, 0 to 1; nil for 0.6
}

// Draw returns a picture of the map over the image it came from. A panel has a caption
// and a colour bar; the other styles have the size of the image, pixel by pixel: the map
// over it in grey, the map alone, or the map under the image's edges. Where no patch is,
// the map alone is transparent. A map of an image made by FromTensor cannot be drawn.
func (h Heatmap) Draw(o *DrawOptions) (*image.NRGBA, error) {
	p, style, err := h.Picture(o)
	if err != nil {
		return nil, err
	}
	return p.Draw(style)
}

// Picture returns what Draw draws, and in which style, for the packages of this module that
// lay it out for other files than those of pixels, or beside others.
func (h Heatmap) Picture(o *DrawOptions) (p heatmap.Picture, style heatmap.Style, err error) {
	if h.img == nil || h.img.picture == nil {
		return p, "", errors.New("drawing a heatmap of an image that is known as a tensor only")
	}
	var d DrawOptions
	if o != nil {
		d = *o
	}
	colors, err := heatmap.ParseColormap(cmp.Or(d.Colormap, "RdBu_r"))
	if err != nil {
		return p, "", err
	}
	p = heatmap.Picture{
		Image: h.img.picture, Map: h.drawing(), Colors: colors, Scale: d.Scale, Alpha: heatmap.DefaultAlpha,
		Caption: heatmap.Caption{Class: text.OneLine(h.Class.Label), Logit: h.Logit, Probability: h.Probability, Model: text.OneLine(h.model), Patch: h.Grid.Patch, Stride: h.Stride},
	}
	if p.Scale == 0 {
		p.Scale = p.Map.Scale(99)
	}
	if d.Alpha != nil {
		p.Alpha = *d.Alpha
	}
	if grid.Grid(h.Grid).Wide() {
		p.Caption.Caution = heatmap.Caution(h.Sees, max(h.img.Size().X, h.img.Size().Y))
	}
	if h.Versus != nil {
		p.Caption.Versus = text.OneLine(h.Versus.Label)
	}
	return p, heatmap.Style(cmp.Or(d.Style, string(heatmap.Panel))), nil
}
