package experiment

import (
	"math"
	"slices"

	"bagnet/internal/chart"
	"bagnet/internal/class"
)

// ChanceOf is the accuracy of answers drawn at random from classes.
func ChanceOf(classes []class.Class) float64 { return 1 / float64(max(1, len(classes))) }

// WithChance adds a line to a figure of accuracies for each of the networks' chances, which
// are often the same.
func WithChance(f chart.Figure, chances []float64) chart.Figure {
	low, high := math.Inf(1), math.Inf(-1)
	for _, s := range f.Series {
		for _, p := range s.Points {
			if !math.IsNaN(p.X) && !math.IsNaN(p.Y) {
				low, high = min(low, p.X), max(high, p.X)
			}
		}
	}
	if len(f.Names) > 0 {
		low, high = -0.5, float64(len(f.Names))-0.5
	}
	if low >= high {
		return f
	}
	chances = slices.Clone(chances)
	slices.Sort(chances)
	for _, chance := range slices.Compact(chances) {
		f.Series = append(f.Series, chart.Series{Name: "chance", Style: chart.Reference, Points: []chart.Point{{X: low, Y: chance}, {X: high, Y: chance}}})
	}
	return f
}
