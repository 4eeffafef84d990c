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
	Alpha   float64 // opacity of the map over the image, 0 to 1; of Panel and Overlay
	Border  Border  // how to draw what took no part in the decision; "" for PaleBorder
	Zoom    int     // pixels for each of the image's, along a side; 0 for what the style has, or AutoZoom
	Bar     bool    // whether the styles other than Panel, which always has one, get a colour bar
	Caption Caption // written by Panel alone; what it says of a difference is at any bar
	Ems     float64 // that a panel is wide, of its body text; 0 for as many as look well

	// Of maps that are not a BagNet's evidence.
	Title    string // what the map is called in a panel; "" for "evidence"
	Unit     string // of its values; "" for "logit"
	Unsigned bool   // whether no value is below 0: Colors, which are ParseUnsigned's, go from 0 to Scale

	counted image.Rectangle // the columns and rows that count for the scale
}

// AutoZoom makes small images as large as Panel does.
const AutoZoom = -1

// maxZoom bounds Zoom: a pixel is a large square then.
const maxZoom = 64

// Draw draws the picture in the given style. Panel makes small images larger, very
// large ones smaller unless there is a Zoom, and adds margins; the other styles have the size of
// the image times Zoom, pixel by pixel, if they have no bar. Calls may be concurrent.
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
	p.counted = p.Map.counted(p.Image.Rect.Size(), p.Border)
	if style == Panel && p.Zoom == 0 {
		p = p.reduced()
	}
	size := p.Image.Rect.Size()
	evidence := p.Map.render(size.X, size.Y, p.colour)
	if style == Panel {
		return p.panel(evidence), nil
	}
	d, err := p.plain(style, evidence)
	if err != nil {
		return nil, fmt.Errorf("drawing %s: %w", style, err)
	}
	return d, nil
}

// zoom is how many pixels each of the image's gets, along a side.
func (p Picture) zoom(style Style) int {
	switch long := max(p.Image.Rect.Dx(), p.Image.Rect.Dy()); {
	case p.Zoom > 0:
		return p.Zoom
	case p.Zoom == AutoZoom || style == Panel:
		return max(1, (smallest+long-1)/long)
	}
	return 1
}

// inner is where in the image the values are that count.
func (p Picture) inner() image.Rectangle { return p.Map.inner(p.counted, p.Image.Rect.Size()) }

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
	case p.Zoom != AutoZoom && (p.Zoom < 0 || p.Zoom > maxZoom):
		return fmt.Errorf("zoom %d is not between 1 and %d", p.Zoom, maxZoom)
	}
	_, err := ParseBorder(string(p.Border))
	return err
}
