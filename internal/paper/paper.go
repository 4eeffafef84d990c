// Package paper makes files of drawings, for screens and for printing: PNG of pixels, SVG and
// PDF of lines, letters and images.
package paper

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"bagnet/internal/heatmap"
)

// The kinds of file that there are, as their names end.
const (
	PNG = "png"
	SVG = "svg"
	PDF = "pdf"
)

// Kinds are all of them.
func Kinds() []string { return []string{PNG, SVG, PDF} }

// A Format says what file is made of a drawing. The same drawing in the same format is the same bytes.
type Format struct {
	Kind  string  // one of Kinds; "" for PNG
	Width float64 // of the picture in print, mm; 0 for body text of 7 points or, without text, 96 pixels an inch
	DPI   float64 // dots an inch of a PNG file; 0 for DefaultDPI or, without Width too, the drawing's own pixels
}

// DefaultDPI is what printers ask for.
const DefaultDPI = 300

// What a drawing is printed like unless a width says otherwise: journals want text of 7 points,
// and browsers have 96 pixels an inch.
const (
	bodyPoints  = 7
	pointsInch  = 72
	pixelsInch  = 96
	millimetres = 25.4 // an inch
)

// inches is how wide a drawing is in print.
func (f Format) inches(d *heatmap.Drawing) float64 {
	switch {
	case f.Width > 0:
		return f.Width / millimetres
	case d.Em > 0:
		return float64(d.Size.X) / d.Em * bodyPoints / pointsInch
	}
	return float64(d.Size.X) / pixelsInch
}

// Ems is how many ems of text of 7 points are as wide as the picture in print; 0 if that is not known.
func (f Format) Ems() float64 { return f.Width / millimetres * pointsInch / bodyPoints }

// File makes the file of a drawing, in which texts say what it shows.
func (f Format) File(d *heatmap.Drawing, texts []heatmap.Text) ([]byte, error) {
	switch f.Kind {
	case SVG:
		return svgFile(d, f.inches(d), texts)
	case PDF:
		return pdfFile(d, f.inches(d), texts)
	}
	var file bytes.Buffer
	if f.Width == 0 && f.DPI == 0 {
		img, err := d.Image()
		if err != nil {
			return nil, err
		}
		err = heatmap.WritePNG(&file, img, texts)
		return file.Bytes(), err
	}
	dpi := f.DPI
	if dpi == 0 {
		dpi = DefaultDPI
	}
	inches := f.inches(d)
	img, err := d.Scaled(max(1, int(math.Round(inches*dpi))))
	if err != nil {
		return nil, fmt.Errorf("drawing a picture %.0f mm wide with %g dots an inch: %w: take fewer", inches*millimetres, dpi, err)
	}
	err = heatmap.WritePNGAt(&file, img, texts, dpi)
	return file.Bytes(), err
}

// title is what the file is called by programs that show it.
func title(texts []heatmap.Text) string {
	for _, key := range []string{"Title", "bagnet:class", "bagnet:facts"} {
		for _, t := range texts {
			if t.Key == key {
				return t.Value
			}
		}
	}
	return "bagnet"
}

// told is all that texts say, in a line.
func told(texts []heatmap.Text) string {
	var all []string
	for _, t := range texts {
		all = append(all, strings.TrimPrefix(t.Key, "bagnet:")+": "+t.Value)
	}
	return strings.Join(all, "; ")
}
