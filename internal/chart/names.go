package chart

import (
	"math"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// A placer finds where text covers the least of what is drawn.
type placer struct {
	within vg.Rectangle
	boxes  []vg.Rectangle // points and text
	lines  [][2]vg.Point
}

// What text costs that lies beyond the axes, on a box, on a line.
const (
	beyondCost = 100
	boxCost    = 10
	lineCost   = 1
)

// cost is what text in a box costs.
func (p *placer) cost(box vg.Rectangle) (sum float64) {
	if box.Min.X < p.within.Min.X || box.Min.Y < p.within.Min.Y || box.Max.X > p.within.Max.X || box.Max.Y > p.within.Max.Y {
		sum += beyondCost
	}
	for _, other := range p.boxes {
		if box.Min.X < other.Max.X && other.Min.X < box.Max.X && box.Min.Y < other.Max.Y && other.Min.Y < box.Max.Y {
			sum += boxCost
		}
	}
	for _, line := range p.lines {
		if crosses(line, box) {
			sum += lineCost
		}
	}
	return sum
}

// crosses reports whether a line touches a box (Y.-D. Liang and B. A. Barsky, A new concept
// and method for line clipping, 1984).
func crosses(line [2]vg.Point, box vg.Rectangle) bool {
	from, to := 0.0, 1.0 // what of the line is within
	d := line[1].Sub(line[0])
	for _, side := range [4][2]vg.Length{
		{-d.X, line[0].X - box.Min.X}, {d.X, box.Max.X - line[0].X},
		{-d.Y, line[0].Y - box.Min.Y}, {d.Y, box.Max.Y - line[0].Y},
	} {
		switch step, room := float64(side[0]), float64(side[1]); {
		case step == 0 && room < 0:
			return false
		case step < 0:
			from = max(from, room/step)
		case step > 0:
			to = min(to, room/step)
		}
	}
	return from <= to
}

// best is the first of the boxes that cost the least.
func (p *placer) best(boxes []vg.Rectangle) int {
	best, least := 0, math.Inf(1)
	for i, box := range boxes {
		if cost := p.cost(box); cost < least {
			best, least = i, cost
		}
	}
	return best
}

// newPlacer knows what is drawn between the axes.
func (l *layout) newPlacer() *placer {
	p := &placer{within: l.data.Rectangle}
	radius := l.radius()
	for i, s := range l.Series {
		var last vg.Point
		for j, xy := range l.series[i].XYs {
			at := l.at(xy.X, xy.Y)
			if s.Style != Dots && j > 0 {
				p.lines = append(p.lines, [2]vg.Point{last, at})
			}
			last = at
			if s.Style == Reference {
				continue
			}
			p.boxes = append(p.boxes, vg.Rectangle{Min: at.Sub(vg.Point{X: radius, Y: radius}), Max: at.Add(vg.Point{X: radius, Y: radius})})
			x, y := l.series[i].XErrors[j], l.series[i].YErrors[j]
			p.lines = append(p.lines, [2]vg.Point{l.at(xy.X, xy.Y-y.Low), l.at(xy.X, xy.Y+y.High)}, [2]vg.Point{l.at(xy.X-x.Low, xy.Y), l.at(xy.X+x.High, xy.Y)})
		}
	}
	return p
}

// at is where a place along the axes lies on the canvas.
func (l *layout) at(x, y float64) vg.Point {
	return vg.Point{X: l.data.X(l.plot.X.Norm(x)), Y: l.data.Y(l.plot.Y.Norm(y))}
}

// drawNames writes the names of references and of points where they cover the least.
func (l *layout) drawNames() {
	p := l.newPlacer()
	for i, s := range l.Series {
		if n := len(l.series[i].XYs); s.Style == Reference && n > 1 && s.Name != "" {
			l.nameReference(p, shortened(s.Name), l.at(l.series[i].XYs[0].X, l.series[i].XYs[0].Y), l.at(l.series[i].XYs[n-1].X, l.series[i].XYs[n-1].Y))
		}
	}
	for i, s := range l.Series {
		if s.Style == Reference {
			continue
		}
		for j, xy := range l.series[i].XYs {
			if name := l.series[i].names[j]; name != "" {
				l.namePoint(p, shortened(name), l.at(xy.X, xy.Y), s.Name != "")
			}
		}
	}
}

// nameReference writes a name along the line from a to b.
func (l *layout) nameReference(p *placer, name string, a, b vg.Point) {
	style := l.style(0.95)
	style.Color = referring
	style.Rotation = math.Atan2(float64(b.Y-a.Y), float64(b.X-a.X))
	style.XAlign, style.YAlign = text.XCenter, text.YCenter
	sin, cos := math.Sincos(style.Rotation)
	width, height := style.Width(name), style.Height(name)
	length := vg.Length(math.Hypot(float64(b.X-a.X), float64(b.Y-a.Y)))
	var places []vg.Point
	var boxes []vg.Rectangle
	for _, side := range []vg.Length{1, -1} { // above, below
		for _, share := range []vg.Length{1, 0, 0.75, 0.25, 0.5} {
			along := width/2 + 0.4*l.em + share*(length-width-0.8*l.em)
			off := side * (height/2 + 0.15*l.em)
			at := vg.Point{X: a.X + along*vg.Length(cos) - off*vg.Length(sin), Y: a.Y + along*vg.Length(sin) + off*vg.Length(cos)}
			w, h := width*vg.Length(math.Abs(cos))+height*vg.Length(math.Abs(sin)), width*vg.Length(math.Abs(sin))+height*vg.Length(math.Abs(cos))
			places = append(places, at)
			boxes = append(boxes, vg.Rectangle{Min: vg.Point{X: at.X - w/2, Y: at.Y - h/2}, Max: vg.Point{X: at.X + w/2, Y: at.Y + h/2}})
		}
	}
	best := p.best(boxes)
	p.boxes = append(p.boxes, boxes[best])
	l.data.FillText(style, places[best], name)
}

// namePoint writes a name beside a point, or further away with a line to it. One that is optional
// is left out where it would cover points or text.
func (l *layout) namePoint(p *placer, name string, at vg.Point, optional bool) {
	style := l.style(0.95)
	style.YAlign = text.YCenter
	width, height := style.Width(name), 0.8*style.Height(name)
	var boxes []vg.Rectangle
	distances := []vg.Length{0.55, 1.6, 2.8}
	for _, ems := range distances {
		d := ems * l.em
		for _, to := range [][2]vg.Length{{1, 0}, {-1, 0}, {0, 1}, {0, -1}, {1, 1}, {1, -1}, {-1, 1}, {-1, -1}} {
			middle := vg.Point{X: at.X + to[0]*(d+width/2), Y: at.Y + to[1]*(d+height/2)}
			boxes = append(boxes, vg.Rectangle{Min: vg.Point{X: middle.X - width/2, Y: middle.Y - height/2}, Max: vg.Point{X: middle.X + width/2, Y: middle.Y + height/2}})
		}
	}
	best := p.best(boxes)
	box := boxes[best]
	if optional && p.cost(box) >= boxCost {
		return
	}
	if best >= len(boxes)/len(distances) {
		l.data.StrokeLine2(draw.LineStyle{Color: referring, Width: l.em / 20}, at.X, at.Y, max(box.Min.X, min(at.X, box.Max.X)), max(box.Min.Y, min(at.Y, box.Max.Y)))
	}
	p.boxes = append(p.boxes, box)
	l.data.FillText(style, vg.Point{X: box.Min.X, Y: (box.Min.Y+box.Max.Y)/2 + 0.1*l.em}, name)
}
