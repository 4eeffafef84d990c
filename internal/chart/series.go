package chart

import (
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// drawn are the points of a series that can be drawn, with their error bars.
type drawn struct {
	plotter.XYs // along the axes
	plotter.XErrors
	plotter.YErrors
	xs    []float64 // as they are labelled
	names []string  // of the points
}

// drawable returns what can be drawn of a series.
func (f Figure) drawable(s Series) drawn {
	var d drawn
	for i, p := range s.Points {
		if s.level() { // it is at no x
			p.X = 1
		}
		if !finite(p.X) || !finite(p.Y) || f.XScale == Log && p.X <= 0 || f.YScale == Log && p.Y <= 0 {
			continue
		}
		low, high := p.Y-half(p.Error), p.Y+half(p.Error)
		if s.Bars != nil {
			low, high = min(p.Y, s.Bars[i].Low), max(p.Y, s.Bars[i].High)
		}
		d.xs, d.names = append(d.xs, p.X), append(d.names, p.Name)
		d.XYs = append(d.XYs, plotter.XY{X: f.XScale.along(p.X), Y: f.YScale.along(p.Y)})
		d.YErrors = append(d.YErrors, f.YScale.bar(p.Y, low, high))
		d.XErrors = append(d.XErrors, f.XScale.bar(p.X, p.X-half(p.XError), p.X+half(p.XError)))
	}
	return d
}

// level reports whether a series is a reference across the figure.
func (s Series) level() bool { return s.Style == Reference && len(s.Points) == 1 }

// half is the length of an error bar to one side.
func half(e float64) float64 {
	if !finite(e) {
		return 0
	}
	return e
}

// bar returns how far a bar from low to high goes from the place of v, along the axis.
func (s Scale) bar(v, low, high float64) struct{ Low, High float64 } {
	switch {
	case s == Root && v >= 0:
		low = max(0, low)
	case s == Log && low <= 0: // it has no end
		low = v
	}
	return struct{ Low, High float64 }{s.along(v) - s.along(low), s.along(high) - s.along(v)}
}

// addSeries adds the series to the plot, references first, and sets the axes.
func (l *layout) addSeries() error {
	x, y := extent{low: l.XScale.along(1), high: l.XScale.along(1)}, extent{l.YScale.along(l.From), l.YScale.along(l.To)}
	looks := l.looks()
	l.series = make([]drawn, len(l.Series))
	for i, s := range l.Series {
		d := l.drawable(s)
		l.series[i] = d
		for j, xy := range d.XYs {
			y.include(xy.Y-d.YErrors[j].Low, xy.Y+d.YErrors[j].High)
			if s.level() {
				continue
			}
			if len(l.xs) == 0 {
				x = extent{xy.X, xy.X}
			}
			l.xs = append(l.xs, d.xs[j])
			x.include(xy.X-d.XErrors[j].Low, xy.X+d.XErrors[j].High)
		}
	}
	l.scale(l.plot, x, y)
	ends := [4]float64{l.plot.X.Min, l.plot.X.Max, l.plot.Y.Min, l.plot.Y.Max}
	for i, s := range l.Series {
		if s.Style == Reference {
			l.series[i].XYs = l.across(l.series[i].XYs)
		}
	}
	for pass := range 2 { // what is measured lies over what it is compared with
		for i, s := range l.Series {
			if d := l.series[i]; len(d.XYs) > 0 && (s.Style == Reference) == (pass == 0) {
				if err := l.add(s.Style, d, looks[i]); err != nil {
					return err
				}
			}
		}
	}
	l.plot.X.Min, l.plot.X.Max, l.plot.Y.Min, l.plot.Y.Max = ends[0], ends[1], ends[2], ends[3] // which the library moved
	return nil
}

// across is where a reference lies: of one point across the axes, of none in a figure of equal
// axes along their diagonal.
func (l *layout) across(xys plotter.XYs) plotter.XYs {
	x, y := l.plot.X, l.plot.Y
	switch {
	case len(xys) == 0 && l.Equal:
		return plotter.XYs{{X: x.Min, Y: y.Min}, {X: x.Max, Y: y.Max}}
	case len(xys) == 1:
		return plotter.XYs{{X: x.Min, Y: xys[0].Y}, {X: x.Max, Y: xys[0].Y}}
	}
	return xys
}

// add adds one series that has points.
func (l *layout) add(style Style, d drawn, look look) error {
	line, dots, err := plotter.NewLinePoints(d.XYs)
	if err != nil {
		return err
	}
	line.LineStyle = look.line(l.thickness())
	if style == Reference {
		l.plot.Add(line)
		return nil
	}
	dots.Color, dots.Shape, dots.Radius = look.color, look.shape, l.radius()
	l.addBars(d, look)
	if style == Curve {
		l.plot.Add(line)
	}
	l.plot.Add(dots)
	return nil
}

// addBars adds the error bars that have a length.
func (l *layout) addBars(d drawn, look look) {
	thin := draw.LineStyle{Color: look.color, Width: l.em / 14}
	if l.Equal { // bars both ways cross each other
		thin.Color = paler(look.color)
	}
	upright := &plotter.YErrorBars{LineStyle: thin, CapWidth: 0.5 * l.em}
	level := &plotter.XErrorBars{LineStyle: thin, CapWidth: 0.5 * l.em}
	for j := range d.XYs {
		if e := d.YErrors[j]; e.Low > 0 || e.High > 0 {
			upright.XYs, upright.YErrors = append(upright.XYs, d.XYs[j]), append(upright.YErrors, e)
		}
		if e := d.XErrors[j]; e.Low > 0 || e.High > 0 {
			level.XYs, level.XErrors = append(level.XYs, d.XYs[j]), append(level.XErrors, e)
		}
	}
	if len(upright.XYs) > 0 {
		l.plot.Add(upright)
	}
	if len(level.XYs) > 0 {
		l.plot.Add(level)
	}
}

// thickness is that of lines, radius that of points.
func (t typeface) thickness() vg.Length { return 2 * t.em / 15 }
func (t typeface) radius() vg.Length    { return 0.33 * t.em }
