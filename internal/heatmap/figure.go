package heatmap

import (
	"errors"
	"fmt"
	"image"
	"math"
	"strings"

	"github.com/disintegration/imaging"
)

// A Figure shows the maps of several images on one page, all in the colours of one bar: a
// row an image, the image itself first; a column for each class, network or method.
type Figure struct {
	Heads  []Head // over the columns of maps, one at least
	Images []FigureImage
	Bar    Bar
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

// A FigureMap is a drawn map with what is said under it. It is as large as its image, or has
// the shape at least: of another network it may have other pixels.
type FigureMap struct {
	Drawn *image.NRGBA // transparent where no patch is
	Title string       // what it is of, where the column's head does not say so; "" for none
	Facts string       // in small print, "" for none
}

// Brief is what an image gets, in a few words: its logit for the class, and how likely it is.
func (c Caption) Brief() string {
	parts := []string{"logit " + formatLogit(c.Logit)}
	if c.Versus != "" {
		parts[0] = "difference " + formatLogit(c.Logit)
	} else if !math.IsNaN(c.Probability) {
		parts = append(parts, formatProbability(c.Probability))
	}
	return strings.Join(parts, " · ")
}

// A Bar is the bar of a figure.
type Bar struct {
	Colors       Colormap
	Scale        float64 // of the value at its head
	Unit         string  // of the values
	Unsigned     bool    // whether it begins with 0
	Below, Above bool    // whether there are values beyond its ends
}

// Layout lays out the figure. Images have one width, whatever their own; where that is a
// multiple of it, each pixel becomes a square. Calls may be concurrent.
func (f Figure) Layout() (*Drawing, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("drawing figure: %w", err)
	}
	l := f.layout()
	if int64(l.size.X)*int64(l.size.Y) > maxPixels {
		return nil, fmt.Errorf("drawing figure: %d x %d pixels are too many: show fewer or smaller images", l.size.X, l.size.Y)
	}
	bar := f.Bar.colorbar()
	return &Drawing{Size: l.size, Em: l.em, paint: func(canvas Surface) {
		hairline := l.hairline()
		for _, t := range l.texts {
			t.draw(canvas, t.at)
		}
		for _, c := range l.cells {
			canvas.Ring(c.at, hairline, frame)
			if !c.img.Opaque() {
				canvas.Hatch(c.at, l.em/2)
			}
			img, zoom := c.fit()
			enlarge(canvas, c.at.Min, img, zoom)
		}
		l.small.draw(canvas, l.bar.Min.X, l.bar.Min.Y-l.small.line, f.Bar.Unit)
		bar.draw(canvas, l.bar, l.small, hairline)
	}}, nil
}

func (f Figure) check() error {
	if len(f.Images) == 0 || len(f.Heads) == 0 {
		return errors.New("there are no maps")
	}
	for i, row := range f.Images {
		if row.Image == nil || row.Image.Rect.Empty() || !row.Image.Opaque() {
			return fmt.Errorf("image %d has no pixels, or is not opaque", i+1)
		}
		if len(row.Maps) != len(f.Heads) {
			return fmt.Errorf("image %d has %d maps for %d columns", i+1, len(row.Maps), len(f.Heads))
		}
		for j, m := range row.Maps {
			if m.Drawn == nil || m.Drawn.Rect.Empty() {
				return fmt.Errorf("map %d of image %d has no pixels", j+1, i+1)
			}
		}
	}
	if len(f.Bar.Colors) < 2 || !(f.Bar.Scale > 0) {
		return fmt.Errorf("a bar of %d colours to %v", len(f.Bar.Colors), f.Bar.Scale)
	}
	return nil
}

// colorbar is the bar as it is drawn.
func (b Bar) colorbar() colorbar {
	return colorbar{colors: b.Colors, scale: b.Scale, unit: b.Unit, unsigned: b.Unsigned, below: b.Below, above: b.Above}
}

// fit returns the pixels that fill the cell, each zoom pixels wide and high. Those of a map
// are colours of its own, never between two.
func (c figureCell) fit() (img *image.NRGBA, zoom int) {
	size, own := c.at.Size(), c.img.Rect.Size()
	if zoom = size.X / own.X; own.Mul(zoom) == size {
		return c.img, zoom
	}
	filter := imaging.NearestNeighbor
	if c.photograph {
		filter = imaging.CatmullRom
	}
	return imaging.Resize(c.img, size.X, size.Y, filter), 1
}
