package chart

import (
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// An entry of a legend says what a look means.
type entry struct {
	name      string
	look      look
	line, dot bool // what there is of it
}

// A legend has the names of the series, and below them the kinds.
type legend struct {
	typeface
	names, kinds []entry
	alone        string // the name of all series, which the title says then
}

// newLegend makes the legend of what can be drawn.
func (l *layout) newLegend() legend {
	g := legend{typeface: l.typeface}
	looks, names, kinds := l.looks(), map[string]int{}, map[string]int{}
	for i, s := range l.Series {
		if s.Style == Reference || s.Name == "" || len(l.series[i].XYs) == 0 {
			continue
		}
		if _, there := names[s.Name]; !there {
			names[s.Name] = len(g.names)
			named := looks[i]
			if s.Kind != "" && s.Style == Curve {
				named.dashes = nil
			}
			g.names = append(g.names, entry{name: shortened(s.Name), look: named, line: s.Style == Curve, dot: true})
		}
		if _, there := kinds[s.Kind]; !there && s.Kind != "" {
			kinds[s.Kind] = len(g.kinds)
			kind := looks[i]
			kind.color = referring
			g.kinds = append(g.kinds, entry{name: shortened(s.Kind), look: kind, line: s.Style == Curve, dot: s.Style == Dots})
		}
	}
	if len(g.kinds) == 1 { // there is nothing to tell apart
		for i := range g.names {
			g.names[i].name = shortened(g.names[i].name + ", " + g.kinds[0].name)
		}
		g.kinds = nil
	}
	if len(g.names) == 1 {
		g.alone, g.names = g.names[0].name, nil
	}
	return g
}

// empty reports whether there is nothing to say.
func (g legend) empty() bool { return len(g.names)+len(g.kinds) == 0 }

// swatch is how wide the look is drawn.
func (g legend) swatch() vg.Length { return 2.6 * g.em }

// lettering is how entries are written.
func (g legend) lettering() text.Style {
	s := g.style(1)
	s.YAlign = text.YCenter
	return s
}

// column is the width of the widest entry, with what parts it from the next one.
func (g legend) column() vg.Length {
	widest := vg.Length(0)
	for _, e := range append(g.names[:len(g.names):len(g.names)], g.kinds...) {
		widest = max(widest, g.lettering().Width(e.name))
	}
	return widest + g.swatch() + 2*g.em
}

// fitting is how many columns fit into a width: no more than make the rows the fewest.
func (g legend) fitting(width vg.Length) int {
	most := max(1, int((width+1.6*g.em)/g.column()))
	longest := max(len(g.names), len(g.kinds))
	rows := (longest + most - 1) / most
	return (longest + rows - 1) / rows
}

// line is how far apart entries stand.
func (g legend) line() vg.Length { return 1.3 * g.em }

// rows is how many rows so many entries take.
func rows(entries, columns int) int { return (entries + columns - 1) / columns }

// size is that of a legend of so many columns.
func (g legend) size(columns int) (width, height vg.Length) {
	used := min(columns, max(len(g.names), len(g.kinds)))
	return vg.Length(used)*g.column() - 1.6*g.em, vg.Length(rows(len(g.names), columns)+rows(len(g.kinds), columns)) * g.line()
}

// draw draws the legend from its upper left corner on.
func (g legend) draw(c draw.Canvas, corner vg.Point, columns int) {
	y := corner.Y - g.line()/2
	for _, entries := range [][]entry{g.names, g.kinds} {
		for i, e := range entries {
			at := vg.Point{X: corner.X + vg.Length(i%columns)*g.column(), Y: y - vg.Length(i/columns)*g.line()}
			g.drawEntry(c, e, at)
		}
		y -= vg.Length(rows(len(entries), max(1, columns))) * g.line()
	}
}

// drawEntry draws one entry, whose left end's middle is at at.
func (g legend) drawEntry(c draw.Canvas, e entry, at vg.Point) {
	end := vg.Point{X: at.X + g.swatch(), Y: at.Y}
	if e.line {
		c.StrokeLine2(e.look.line(g.thickness()), at.X, at.Y, end.X, end.Y)
	}
	if e.dot {
		c.DrawGlyphNoClip(draw.GlyphStyle{Color: e.look.color, Shape: e.look.shape, Radius: g.radius()}, vg.Point{X: (at.X + end.X) / 2, Y: at.Y})
	}
	c.FillText(g.lettering(), vg.Point{X: end.X + 0.4*g.em, Y: at.Y + 0.1*g.em}, e.name)
}

// wrapped breaks text between words into lines that are no wider than width, but for words
// that are.
func wrapped(s text.Style, line string, width vg.Length) string {
	var lines []string
	for _, word := range strings.Fields(line) {
		last := len(lines) - 1
		if last >= 0 && s.Width(lines[last]+" "+word) <= width {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return strings.Join(lines, "\n")
}
