// Package chart draws measurements as curves with error bars.
package chart

import (
	"bytes"
	"fmt"
	"image/color"
	"math"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Formats are those that a Figure can be drawn in.
var Formats = []string{"png", "svg", "pdf"}

// A Figure is a diagram of curves over one x axis. The same figure is the same
// bytes.
type Figure struct {
	Title string
	X, Y  string // what the axes show, with the unit
	LogX  bool   // x is on a logarithmic scale, all of it above zero
	// Names are what x = 0, 1, 2 and so on stand for, if not numbers.
	Names []string
	// From and To are what the y axis shows at least; it shows every point and its
	// error in any case.
	From, To float64
	Marks    []float64 // where the x axis is marked; nil for where points are
	Series   []Series
}

// A Series is one curve: points in the order in which they are joined.
type Series struct {
	Name   string // one line or more
	Points []Point
	Style  Style
	Bars   []Bar // of Points, instead of their Errors; nil where bars are as long to both sides
}

// A Style says how a series is drawn.
type Style int

// The styles of series.
const (
	Curve Style = iota // points, joined
	Dots               // points, not joined
	Line               // the line that joins the points, without them
	Twin               // a Curve in the colour and with the marks of the series before it, the line in other dashes
)

// A Point is a measurement. One whose X or Y is not finite is left out.
type Point struct {
	X, Y  float64
	Error float64 // half the length of its error bar; none if it is not finite or 0
}

// A Bar says where an error bar ends, on both sides of its point's Y.
type Bar struct{ Low, High float64 }

// The size of a figure and the pixels of a PNG.
const (
	width, height = 18 * vg.Centimeter, 11 * vg.Centimeter
	dotsPerInch   = 150
	margin        = 3 * vg.Millimeter
)

// colors are those of M. Okabe and K. Ito, Color Universal Design, 2002, which
// people of every kind of colour vision can tell apart, without the yellow that
// vanishes on white.
var colors = []color.Color{
	color.NRGBA{0, 114, 178, 255},   // blue
	color.NRGBA{213, 94, 0, 255},    // vermilion
	color.NRGBA{0, 158, 115, 255},   // bluish green
	color.NRGBA{204, 121, 167, 255}, // reddish purple
	color.NRGBA{230, 159, 0, 255},   // orange
	color.NRGBA{86, 180, 233, 255},  // sky blue
	color.NRGBA{0, 0, 0, 255},
}

// shapes and dashes tell more series apart than there are colours.
var (
	shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}}
	dashes = [][]vg.Length{nil, {vg.Points(5), vg.Points(2)}, {vg.Points(1.5), vg.Points(1.5)}}
)

// svgFont is how an SVG names the font. Where it is not installed, those with its
// measures take its place.
const svgFont = "font-family:Liberation Sans"

// Draw returns the figure in one of the Formats.
func (f Figure) Draw(format string) ([]byte, error) {
	p, legend, err := f.plot()
	if err != nil {
		return nil, fmt.Errorf("drawing a plot: %w", err)
	}
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
	area := draw.Crop(whole, margin, -margin, margin, -margin)
	if len(f.Series) > 1 { // beside the curves, where it covers none
		beside := legend.Rectangle(area)
		legend.Draw(draw.Crop(area, area.Max.X-area.Min.X-(beside.Max.X-beside.Min.X), 0, 0, -vg.Centimeter))
		area = draw.Crop(area, 0, -(beside.Max.X - beside.Min.X + margin), 0, 0)
	}
	p.Draw(area)
	var out bytes.Buffer
	_, err = canvas.WriteTo(&out)
	return bytes.ReplaceAll(out.Bytes(), []byte(svgFont+";"), []byte(svgFont+",Arial,Helvetica,sans-serif;")), err
}

// plot lays the figure out.
func (f Figure) plot() (*plot.Plot, plot.Legend, error) {
	p, legend := plot.New(), plot.NewLegend()
	handler := text.Plain{Fonts: font.NewCache(liberation.Collection())}
	sans := func(s *text.Style, size vg.Length) {
		s.Font = font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, size)
		s.Handler = handler
	}
	sans(&p.Title.TextStyle, 12)
	sans(&legend.TextStyle, 9)
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		sans(&axis.Label.TextStyle, 11)
		sans(&axis.Tick.Label, 9)
	}
	p.TextHandler = handler
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = f.Title, f.X, f.Y
	if len(f.Series) == 1 && f.Series[0].Name != "" { // which needs no legend
		p.Title.Text += ", " + shortened(f.Series[0].Name)
	}
	p.Title.Padding = vg.Points(8)
	legend.Top, legend.Left, legend.Padding = true, true, vg.Points(3)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = color.Gray{225}, color.Gray{225}
	p.Add(grid)
	p.Y.Min, p.Y.Max = f.From, f.To
	var xs []float64
	look := -1
	for _, s := range f.Series {
		if s.Style != Twin {
			look++
		}
		points := f.drawable(s)
		if len(points.XYs) == 0 {
			continue
		}
		lines, dots, bars, err := curve(points, look)
		if err != nil {
			return nil, legend, err
		}
		if s.Style == Twin {
			lines.Dashes = dashes[(look/len(colors)+1)%len(dashes)]
		}
		name := shortened(s.Name)
		switch s.Style {
		case Curve, Twin:
			p.Add(bars, lines, dots)
			legend.Add(name, lines, dots)
		case Dots:
			p.Add(bars, dots)
			legend.Add(name, dots)
		case Line:
			p.Add(lines)
			legend.Add(name, lines)
		}
		for j, xy := range points.XYs {
			xs = append(xs, points.xs[j])
			p.Y.Min, p.Y.Max = min(p.Y.Min, xy.Y-points.YErrors[j].Low), max(p.Y.Max, xy.Y+points.YErrors[j].High)
		}
	}
	f.scale(p, xs)
	return p, legend, nil
}

// drawn are the points of a series that can be drawn, with their error bars.
type drawn struct {
	plotter.XYs // along the axes
	plotter.YErrors
	xs []float64 // as they are labelled
}

func (f Figure) drawable(s Series) drawn {
	var d drawn
	for i, p := range s.Points {
		if !finite(p.X) || !finite(p.Y) || f.LogX && p.X <= 0 {
			continue
		}
		e := p.Error
		if !finite(e) {
			e = 0
		}
		d.xs = append(d.xs, p.X)
		d.XYs = append(d.XYs, plotter.XY{X: f.along(p.X), Y: p.Y})
		low, high := e, e
		if s.Bars != nil {
			low, high = max(0, p.Y-s.Bars[i].Low), max(0, s.Bars[i].High-p.Y)
		}
		d.YErrors = append(d.YErrors, struct{ Low, High float64 }{low, high})
	}
	return d
}

// curve draws one series, which has points, in its own colour and shape.
func curve(d drawn, i int) (*plotter.Line, *plotter.Scatter, *plotter.YErrorBars, error) {
	line, dots, err := plotter.NewLinePoints(d.XYs)
	if err != nil {
		return nil, nil, nil, err
	}
	bars := &plotter.YErrorBars{LineStyle: plotter.DefaultLineStyle, CapWidth: plotter.DefaultCapWidth}
	for j, e := range d.YErrors {
		if e.Low > 0 || e.High > 0 {
			bars.XYs, bars.YErrors = append(bars.XYs, d.XYs[j]), append(bars.YErrors, e)
		}
	}
	c := colors[i%len(colors)]
	line.Color, line.Width, line.Dashes = c, vg.Points(1.2), dashes[i/len(colors)%len(dashes)]
	dots.Color, dots.Shape, dots.Radius = c, shapes[i%len(shapes)], vg.Points(3)
	bars.Color = c
	return line, dots, bars, nil
}

// longestName is how many characters of a line of a series' name are shown.
const longestName = 32

// shortened is a name whose long lines lack their middle.
func shortened(name string) string {
	lines := strings.Split(name, "\n")
	for i, line := range lines {
		if runes := []rune(line); len(runes) > longestName {
			lines[i] = string(runes[:longestName/2]) + "…" + string(runes[len(runes)-longestName/2+1:])
		}
	}
	return strings.Join(lines, "\n")
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
