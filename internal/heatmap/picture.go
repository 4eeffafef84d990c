// Package heatmap turns patch logits into pictures: heat maps over images, contact sheets
// of patches, and confusion matrices.
package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
)

// A Style is a way of drawing a Picture.
type Style string

const (
	Panel   Style = "panel"   // image, map with colour bar and overlay beside each other, under a caption
	Overlay Style = "overlay" // the map over the image
	Heatmap Style = "heatmap" // the map alone, transparent where no patch is
	Edges   Style = "edges"   // the map under the image's edges
)

// Styles returns every style there is.
func Styles() []Style { return []Style{Panel, Overlay, Heatmap, Edges} }

// ParseStyle returns the style of the given name.
func ParseStyle(name string) (Style, error) {
	if s := Style(name); slices.Contains(Styles(), s) {
		return s, nil
	}
	var names []string
	for _, s := range Styles() {
		names = append(names, string(s))
	}
	return "", fmt.Errorf("unknown style %q: there are %s", name, strings.Join(names, ", "))
}

// DefaultAlpha is the opacity of a map at which both it and the image can be read.
const DefaultAlpha = 0.6

// A Picture is an image, the evidence found in it, and how to show both.
type Picture struct {
	Image   *image.NRGBA // opaque, as the network saw it: after resizing and cropping
	Map     Map          // evidence, in pixels of Image
	Colors  Colormap
	Scale   float64 // the strongest colours stand for +-Scale
	Alpha   float64 // opacity of the map over the image, 0 to 1
	Caption Caption // written by Panel alone

	// Of maps that are not a BagNet's evidence.
	Title    string // what the map is called in a panel; "" for "evidence"
	Unit     string // of its values; "" for "logit"
	Unsigned bool   // whether no value is below 0: Colors, which are ParseUnsigned's, go from 0 to Scale
}

// Draw draws the picture in the given style. Panel makes small images larger, very
// large ones smaller, and adds margins; the other styles have the size of the image, pixel by pixel.
// Calls may be concurrent.
func (p Picture) Draw(style Style) (*image.NRGBA, error) {
	d, err := p.Layout(style)
	if err != nil {
		return nil, err
	}
	return d.Image()
}

// Layout lays out what Draw draws.
func (p Picture) Layout(style Style) (*Drawing, error) {
	if _, err := ParseStyle(string(style)); err != nil {
		return nil, err
	}
	if err := p.check(); err != nil {
		return nil, fmt.Errorf("drawing %s: %w", style, err)
	}
	if style == Panel {
		p = p.reduced()
	}
	size := p.Image.Rect.Size()
	evidence := p.Map.render(size.X, size.Y, p.colour)
	switch style {
	case Panel:
		return p.panel(evidence), nil
	case Overlay:
		evidence = overlay(p.Image, evidence, p.Alpha)
	case Edges:
		evidence = underEdges(evidence, p.Image)
	}
	return &Drawing{Size: size, what: string(style), pixels: evidence}, nil
}

// colour returns the colour of a value.
func (p Picture) colour(v float64) color.NRGBA {
	if p.Unsigned {
		return p.Colors.At(2*v/p.Scale - 1)
	}
	return p.Colors.At(v / p.Scale)
}

func (p Picture) check() error {
	g := p.Map
	switch {
	case p.Image == nil || p.Image.Rect.Empty():
		return fmt.Errorf("there is no image")
	case g.Rows < 1 || g.Cols < 1 || g.Stride < 1 || len(g.Values) != g.Rows*g.Cols:
		return fmt.Errorf("grid of %d x %d every %d pixels has %d values", g.Rows, g.Cols, g.Stride, len(g.Values))
	case len(p.Colors) < 2:
		return fmt.Errorf("colormap has %d colours", len(p.Colors))
	case !(p.Scale > 0) || math.IsInf(p.Scale, 0):
		return fmt.Errorf("scale %v is not a positive number", p.Scale)
	case !(p.Alpha >= 0 && p.Alpha <= 1):
		return fmt.Errorf("alpha %v is not between 0 and 1", p.Alpha)
	}
	return nil
}

// overlay lays evidence over an image of its size, with the given opacity where
// there is evidence. The result begins at (0, 0).
func overlay(img, evidence *image.NRGBA, alpha float64) *image.NRGBA {
	out := image.NewNRGBA(evidence.Rect)
	a := int(alpha*256 + 0.5)
	for y := range out.Rect.Dy() {
		under := img.Pix[y*img.Stride:]
		over, dst := evidence.Pix[y*evidence.Stride:], out.Pix[y*out.Stride:(y+1)*out.Stride]
		for i := 0; i < len(dst); i += 4 {
			weight := a
			if over[i+3] == 0 {
				weight = 0
			}
			l := (299*int(under[i]) + 587*int(under[i+1]) + 114*int(under[i+2]) + 500) / 1000
			for c := range 3 {
				dst[i+c] = uint8((l*(256-weight) + int(over[i+c])*weight + 128) >> 8)
			}
			dst[i+3] = 255
		}
	}
	return out
}
