package heatmap

import (
	"cmp"
	"errors"
	"fmt"
	"image"
	"math"
	"strings"
)

// A Figure shows the maps of several images on one page, all in the colours of one bar: a
// row an image, the image itself first; a column for each class, network or method.
type Figure struct {
	Style  Style  // of the maps, not Panel
	Heads  []Head // over the columns of maps, one at least
	Images []FigureImage
	Scale  float64 // what the bar's head stands for; 0 for the Scale that all maps have in common
	Unit   string  // of the bar's numbers
	Ems    float64 // that the figure is wide, of its body text; 0 for as many as look well
}

// A Head says whose maps are in a column.
type Head struct {
	Title string // "" for none
	Note  string // in small print under it; "" for none
}

// A FigureImage is an image with its maps, one for each column.
type FigureImage struct {
	Image  *image.NRGBA // opaque
	Letter string       // beside it, "" for none
	Name   string       // under it, "" for none
	Facts  string       // in small print under that, "" for none
	Maps   []FigureMap
}

// A FigureMap is a map with what is said under it. Its image may have other pixels than that
// of its row: another network's have. All maps of a figure have the same Colors and are
// Unsigned, or none is.
type FigureMap struct {
	Picture
	Title string // what it is of, where the column's head does not say so; "" for none
	Facts string // in small print, "" for none
}

// Brief is what an image gets, in a few words: its logit for the class, and how likely it is.
func (c Caption) Brief() string {
	if c.Versus != "" {
		return "difference " + formatLogit(c.Logit)
	}
	parts := []string{"logit " + formatLogit(c.Logit)}
	if !math.IsNaN(c.Probability) {
		parts = append(parts, formatProbability(c.Probability))
	}
	return strings.Join(parts, " · ")
}

// Layout lays out the figure. Images have one width, whatever their own; where that is a
// multiple of it, each pixel becomes a square. Calls may be concurrent.
func (f Figure) Layout() (*Drawing, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("drawing figure: %w", err)
	}
	bar := f.colorbar()
	l := f.layout(bar)
	if err := checkSize(l.size); err != nil {
		return nil, fmt.Errorf("drawing figure: %w: show fewer or smaller images", err)
	}
	l.render(f.Style)
	return &Drawing{Size: l.size, Em: l.em, what: "figure", fewer: "show fewer or smaller images", paint: func(canvas Surface) { l.draw(canvas, bar) }}, nil
}

func (f Figure) check() error {
	if len(f.Images) == 0 || len(f.Heads) == 0 {
		return errors.New("there are no maps")
	}
	if _, err := ParseStyle(string(f.Style)); err != nil || f.Style == Panel {
		return cmp.Or(err, errors.New("its maps cannot be panels"))
	}
	for i, row := range f.Images {
		if row.Image == nil || row.Image.Rect.Empty() || !row.Image.Opaque() {
			return fmt.Errorf("image %d has no pixels, or is not opaque", i+1)
		}
		if len(row.Maps) != len(f.Heads) {
			return fmt.Errorf("image %d has %d maps for %d columns", i+1, len(row.Maps), len(f.Heads))
		}
		for j, m := range row.Maps {
			if err := m.check(); err != nil {
				return fmt.Errorf("map %d of image %d: %w", j+1, i+1, err)
			}
		}
	}
	return nil
}

// colorbar is the bar of all maps. It ends in arrows where any map has values beyond.
func (f Figure) colorbar() colorbar {
	first := f.Images[0].Maps[0].Picture
	bar := colorbar{colors: first.Colors, unsigned: first.Unsigned, scale: cmp.Or(f.Scale, first.Scale), unit: f.Unit}
	if f.Style == Overlay {
		over := newBlend(first.Alpha)
		bar.under = &over
	}
	for _, row := range f.Images {
		for _, m := range row.Maps {
			m.counted = m.Map.counted(m.Image.Rect.Size(), m.Border)
			of := newColorbar(m.Picture)
			bar.below, bar.above = bar.below || of.below, bar.above || of.above
		}
	}
	return bar
}
