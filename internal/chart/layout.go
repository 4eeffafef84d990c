package chart

import (
	"errors"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A layout is a figure's plan on a canvas.
type layout struct {
	Figure
	typeface
	whole   draw.Canvas // all of the figure
	plot    *plot.Plot
	room    draw.Canvas // of the plot with its axes
	data    draw.Canvas // between the axes
	title   string      // in lines
	legend  legend
	corner  vg.Point // of the legend, upper left
	columns int      // of the legend
	series  []drawn
	xs      []float64 // of all points
}

// A typeface is the lettering of a figure. All lengths follow from em, the size of the
// numbers at the axes in points.
type typeface struct {
	em      vg.Length
	handler text.Handler
}

// The type of a figure as large as the usual one, the smallest and the largest, in points.
const (
	usualType    = 9
	smallestType = 7
	largestType  = 11
)

// newTypeface returns the lettering of a figure of that size: as much smaller as its sides are
// in the mean, but not below what can be read.
func newTypeface(width, height vg.Length) typeface {
	usualWidth, usualHeight := Figure{}.size()
	smaller := vg.Length(math.Sqrt(float64(width * height / (usualWidth * usualHeight))))
	return typeface{max(smallestType, min(largestType, usualType*smaller)), text.Plain{Fonts: font.NewCache(liberation.Collection())}}
}

// style is that of text of so many ems.
func (t typeface) style(ems vg.Length) text.Style {
	return text.Style{Color: ink, Font: font.From(font.Font{Typeface: "Liberation", Variant: "Sans"}, ems*t.em), Handler: t.handler}
}

// leastData is the least side of what lies between the axes, in ems.
const leastData = 6

// planned lays the figure out; where no size was asked for, as high as what it shows takes.
func (f Figure) planned() (*layout, error) {
	if f.Equal {
		f.Series = append(f.Series[:len(f.Series):len(f.Series)], Series{Name: "equal", Style: Reference})
	}
	width, height := f.size()
	for {
		l, err := f.layOut(draw.Canvas{Rectangle: vg.Rectangle{Max: vg.Point{X: width, Y: height}}})
		if err == nil || f.Size != (Size{}) || height > largestSide*vg.Millimeter {
			return l, err
		}
		height += 3 * vg.Centimeter
	}
}

// layOut plans the figure on a canvas.
func (f Figure) layOut(whole draw.Canvas) (*layout, error) {
	l := &layout{Figure: f, typeface: newTypeface(whole.Max.X-whole.Min.X, whole.Max.Y-whole.Min.Y), whole: whole}
	margin := 0.9 * l.em
	inner := draw.Crop(whole, margin, -margin, margin, -margin)
	if err := l.newPlot(); err != nil {
		return nil, err
	}
	l.legend = l.newLegend()
	heading := l.title
	if len(f.Series) == 1 && f.Series[0].Name != "" && !f.Titled { // which needs no legend
		heading += ", " + shortened(f.Series[0].Name)
	} else if l.legend.alone != "" && !f.Titled {
		heading += ", " + l.legend.alone
	}
	l.title = wrapped(l.titleStyle(), heading, inner.Max.X-inner.Min.X)
	if l.title != "" {
		inner.Max.Y -= l.titleStyle().Height(l.title) + 0.7*l.em
	}
	l.place(inner)
	if side := min(l.data.Max.X-l.data.Min.X, l.data.Max.Y-l.data.Min.Y); side < leastData*l.em {
		return nil, errors.New("it has more names, or longer ones, than there is room for: it must be larger")
	}
	return l, nil
}

// titleStyle is how the title is written.
func (l *layout) titleStyle() text.Style {
	s := l.style(1.25)
	s.XAlign, s.YAlign = text.XCenter, text.YTop
	return s
}

// place puts the legend above the plot or beside it, whichever leaves the axes more room.
func (l *layout) place(inner draw.Canvas) {
	width, height := inner.Max.X-inner.Min.X, inner.Max.Y-inner.Min.Y
	if l.legend.empty() {
		l.room, l.data = l.fit(inner)
		return
	}
	columns := l.legend.fitting(width)
	_, high := l.legend.size(columns)
	wide, tall := l.legend.size(1)
	above, beside := draw.Crop(inner, 0, 0, 0, -(high+0.5*l.em)), draw.Crop(inner, 0, -(wide+1.5*l.em), 0, 0)
	_, dataAbove := l.fit(above)
	if _, dataBeside := l.fit(beside); tall <= height && area(dataBeside) > area(dataAbove) {
		l.room, l.data = l.fit(beside)
		l.columns, l.corner = 1, vg.Point{X: l.data.Max.X + 1.5*l.em, Y: l.data.Max.Y}
		return
	}
	l.room, l.data = l.fit(above) // anew, as it marks the axes
	l.columns = columns
	wide, _ = l.legend.size(columns)
	left := (l.data.Min.X + l.data.Max.X - wide) / 2 // over the axes' middle, as the title
	l.corner = vg.Point{X: max(inner.Min.X, min(left, inner.Max.X-wide)), Y: inner.Max.Y}
}

// area is that of a canvas, negative where there is none.
func area(c draw.Canvas) vg.Length {
	w, h := c.Max.X-c.Min.X, c.Max.Y-c.Min.Y
	if w < 0 || h < 0 {
		return -1
	}
	return w * h
}

// fit returns the room of the plot with its axes within that canvas, and what lies between
// the axes: a square if they are to be equal.
func (l *layout) fit(room draw.Canvas) (axes, data draw.Canvas) {
	if room.Max.X <= room.Min.X || room.Max.Y <= room.Min.Y {
		return room, room
	}
	across, up := 0.85*(room.Max.X-room.Min.X), 0.8*(room.Max.Y-room.Min.Y)
	if l.Equal {
		across = min(across, up) // as wide titles would make the square smaller
		up = across
	}
	x, y := &l.plot.X.Label, &l.plot.Y.Label
	x.Text, y.Text = wrapped(x.TextStyle, l.XScale.titled(l.X), across), wrapped(y.TextStyle, l.YScale.titled(l.Y), up)
	l.mark(across, up) // whose height and width the axes' room depends on
	for range 3 {      // the first time misses by what numbers at the ends take
		data = l.plot.DataCanvas(room)
		if !l.Equal {
			break
		}
		more := (data.Max.X - data.Min.X) - (data.Max.Y - data.Min.Y)
		room = draw.Crop(room, max(0, more/2), -max(0, more/2), max(0, -more), 0)
	}
	return room, l.plot.DataCanvas(room)
}

// newPlot makes the plot.
func (l *layout) newPlot() error {
	p := plot.New()
	l.plot, p.TextHandler, p.BackgroundColor = p, l.handler, nil
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		label, tick := axis.Label.TextStyle, axis.Tick.Label
		axis.Label.TextStyle, axis.Tick.Label = l.style(1.15), l.style(1)
		axis.Label.TextStyle.XAlign, axis.Label.TextStyle.YAlign = label.XAlign, label.YAlign
		axis.Tick.Label.XAlign, axis.Tick.Label.YAlign = tick.XAlign, tick.YAlign
		axis.Tick.Length, axis.Padding, axis.Label.Padding = 0.5*l.em, 0.4*l.em, 0.15*l.em
	}
	l.title = l.Title
	if len(l.Names) > 0 {
		p.Add(bands(len(l.Names)))
	}
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = rule, rule
	if len(l.Names) > 0 {
		grid.Vertical.Color = nil
	}
	p.Add(grid)
	return l.addSeries()
}

// draw draws what was planned.
func (l *layout) draw(canvas vg.Canvas) {
	l.whole.Canvas, l.room.Canvas, l.data.Canvas = canvas, canvas, canvas
	l.plot.Draw(l.room)
	l.drawNames()
	l.legend.draw(l.whole, l.corner, l.columns)
	if l.title == "" {
		return
	}
	style := l.titleStyle()
	margin := 0.9 * l.em
	x, half := (l.data.Min.X+l.data.Max.X)/2, style.Width(l.title)/2
	x = max(l.whole.Min.X+margin+half, min(x, l.whole.Max.X-margin-half))
	l.whole.FillText(style, vg.Point{X: x, Y: l.whole.Max.Y - margin}, l.title)
}

// bands draws every other one of so many places on the x axis on a darker ground.
type bands int

// Plot is what gonum's plots call.
func (n bands) Plot(c draw.Canvas, p *plot.Plot) {
	for i := 1; i < int(n); i += 2 {
		left, right := c.X(p.X.Norm(float64(i)-0.5)), c.X(p.X.Norm(float64(i)+0.5))
		c.FillPolygon(band, []vg.Point{{X: left, Y: c.Min.Y}, {X: right, Y: c.Min.Y}, {X: right, Y: c.Max.Y}, {X: left, Y: c.Max.Y}})
	}
}
