package experiment

import (
	"math"
	"slices"
	"strings"

	"bagnet/internal/chart"
)

// The axes that networks are compared along.
const (
	ByLayers = "layers" // how many a network has
	BySight  = "sees"   // what it sees at once
)

// Axes are what ReachFigure can draw against.
var Axes = []string{ByLayers, BySight}

// Along is where a network lies on an axis; 0 if nobody knows.
func (s NetworkSummary) Along(axis string) float64 {
	if axis == ByLayers {
		return float64(s.Layers)
	}
	side, _ := s.AtOnce()
	return float64(side)
}

// AxisTitle says what an axis shows.
func AxisTitle(axis string) string {
	if axis == ByLayers {
		return "layers with weights"
	}
	return "sees at once, pixels to a side (the whole image at most)"
}

// apart is by what factor points of one place are drawn apart.
const apart = 1.06

// SideBySide moves values of a logarithmic axis that are the same apart, in their order; 0
// stays. marks are the values, ascending, each once.
func SideBySide(values []float64) (moved, marks []float64) {
	many, met := map[float64]int{}, map[float64]int{}
	for _, v := range values {
		many[v]++
	}
	marks = []float64{}
	for _, v := range values {
		if met[v] == 0 && v > 0 {
			marks = append(marks, v)
		}
		moved = append(moved, v*math.Pow(apart, float64(met[v])-float64(many[v]-1)/2))
		met[v]++
	}
	slices.Sort(marks)
	return moved, marks
}

// A Reaching is a network's reach.
type Reaching struct {
	NetworkSummary
	Reach
	Kind string  // of several of one network; "" for the only one
	Last float64 // point of the curve
}

// ReachFigure draws reaches, whose figure has that title and y axis, against one of Axes. What
// is reached nowhere stands at the last point, and what stands beside it says so.
func ReachFigure(title, y, axis string, all []Reaching) chart.Figure {
	f := chart.Figure{Title: title, X: AxisTitle(axis), Y: y, XScale: chart.Log}
	var places []float64
	for _, n := range all {
		place := n.Along(axis)
		if math.IsNaN(float64(n.From)) { // it takes no room beside others
			place = 0
		}
		places = append(places, place)
	}
	places, f.Marks = SideBySide(places)
	for i, n := range all {
		s := chart.Series{Name: n.Shown(), Kind: n.Kind, Style: chart.Dots}
		from, name := float64(n.From), ""
		if n.Kind == "" { // it needs no legend
			s.Name, name = "", n.Shown()
		}
		switch {
		case n.Never:
			name, from = strings.TrimSpace(name+" (more)"), n.Last
		case n.Always:
			name = strings.TrimSpace(name + " (or less)")
		}
		s.Points = []chart.Point{{X: places[i], Y: from, Name: name}}
		low, high := float64(n.Interval[0]), float64(n.Interval[1])
		if math.IsNaN(low) {
			low, high = from, from
		}
		s.Bars = []chart.Bar{{Low: min(low, n.Last), High: min(high, n.Last)}}
		f.Series = append(f.Series, s)
	}
	return f
}
