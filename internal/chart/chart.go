// Package chart draws measurements as curves and points with error bars.
package chart

import (
	"bytes"
	"fmt"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Formats are those that a Figure can be drawn in.
var Formats = []string{"png", "svg", "pdf"}

// A Figure is a diagram of series over one x axis. The same figure is the same
// bytes.
type Figure struct {
	Title          string // a figure of one series says its name too, unless Titled
	Titled         bool   // Title is all that is to stand there
	X, Y           string // what the axes show, with the unit
	XScale, YScale Scale
	Equal          bool // the axes are equally long and show the same values, and a diagonal is where x and y are equal
	// Names are what x = 0, 1, 2 and so on stand for, if not numbers.
	Names []string
	// From and To are what the y axis shows at least; it shows every point and its
	// error in any case.
	From, To float64
	Marks    []float64 // where the x axis is marked; nil for where points are
	Series   []Series
	Size     Size // zero for the usual one
}

// A Scale says where values lie along an axis.
type Scale int

// The scales of axes. A square root gives shares of 0 to 10 % a third of the axis.
const (
	Linear Scale = iota
	Log          // all values above zero; others are left out
	Root         // the square root, below zero of what is there; no error bar goes beyond zero
)

// A Series is some points that look alike. All series of one Name have one colour, all of
// one Kind one kind of dashes.
type Series struct {
	Name   string // one line; "" is not in the legend
	Kind   string // one line: a size, or what else there is several of for each name; "" for nothing
	Points []Point
	Style  Style
	Bars   []Bar // of Points, instead of their Errors; nil where bars are as long to both sides
}

// A Style says how a series is drawn.
type Style int

// The styles of series.
const (
	Curve     Style = iota // points, joined in their order
	Dots                   // points, not joined
	Reference              // a grey line that joins the points, without them, or of one point lies level across the figure; its name stands beside it
)

// A Point is a measurement. One whose X or Y is not finite is left out.
type Point struct {
	X, Y   float64
	Error  float64 // half the length of its upright error bar; none if it is not finite or 0
	XError float64 // the same along the x axis
	Name   string  // stands beside the point, if there is room or the series has no name; "" for nothing
}

// A Bar says where an error bar ends, on both sides of its point's Y.
type Bar struct{ Low, High float64 }

// A Size is that of a figure in millimetres.
type Size struct{ Width, Height float64 }

// The least and the largest sides of figures, millimetres.
const (
	leastWidth, leastHeight = 60, 45
	largestSide             = 1000
)

// Check refuses sizes that nothing can be drawn in. That of zero is the usual one.
func (s Size) Check() error {
	if s == (Size{}) {
		return nil
	}
	if !(s.Width >= leastWidth && s.Height >= leastHeight && s.Width <= largestSide && s.Height <= largestSide) {
		return fmt.Errorf("%gx%g mm: want %dx%d to %dx%d", s.Width, s.Height, leastWidth, leastHeight, largestSide, largestSide)
	}
	return nil
}

// size is that of the figure.
func (f Figure) size() (width, height vg.Length) {
	s := f.Size
	switch {
	case s != Size{}:
	case f.Equal:
		s = Size{130, 140}
	default:
		s = Size{180, 110}
	}
	return vg.Length(s.Width) * vg.Millimeter, vg.Length(s.Height) * vg.Millimeter
}

// dotsPerInch are the pixels of a PNG.
const dotsPerInch = 150

// svgFont is how an SVG names the font. Where it is not installed, those with its
// measures take its place.
const svgFont = "font-family:Liberation Sans"

// Draw returns the figure in one of the Formats.
func (f Figure) Draw(format string) ([]byte, error) {
	l, err := f.planned()
	if err != nil {
		return nil, fmt.Errorf("drawing a plot: %w", err)
	}
	width, height := l.whole.Max.X, l.whole.Max.Y
	var canvas vg.CanvasWriterTo
	switch format {
	case "png":
		canvas = vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(dotsPerInch))}
	case "svg":
		canvas = vgsvg.New(width, height)
	case "pdf":
		canvas = newPDFCanvas(width, height, f.Title)
	default:
		return nil, fmt.Errorf("drawing a plot: unknown format %q: want one of %q", format, Formats)
	}
	whole := draw.New(canvas)
	whole.SetColor(color.White)
	whole.Fill(whole.Rectangle.Path())
	l.draw(whole.Canvas)
	var out bytes.Buffer
	_, err = canvas.WriteTo(&out)
	return bytes.ReplaceAll(out.Bytes(), []byte(svgFont+";"), []byte(svgFont+",Arial,Helvetica,sans-serif;")), err
}

// Rename gives the series other names, in the order of the names that there are: names has
// one for each. References keep theirs.
func (f *Figure) Rename(names []string) {
	for i, number := range numbered(f.Series, func(s Series) string { return s.Name }) {
		if number >= 0 && number < len(names) {
			f.Series[i].Name = names[number]
		}
	}
}

// numbered numbers the values that of has of the series, in their order, from 0; -1 for
// references.
func numbered(series []Series, of func(Series) string) []int {
	numbers, seen := make([]int, len(series)), map[string]int{}
	for i, s := range series {
		if numbers[i] = -1; s.Style == Reference {
			continue
		}
		value := of(s)
		if _, there := seen[value]; !there {
			seen[value] = len(seen)
		}
		numbers[i] = seen[value]
	}
	return numbers
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
