package experiment

import (
	"slices"

	"bagnet/internal/chart"
	"bagnet/internal/class"
)

// ChanceOf is the accuracy of answers drawn at random from classes.
func ChanceOf(classes []class.Class) float64 { return 1 / float64(max(1, len(classes))) }

// WithChance adds a line to a figure of accuracies for each of the networks' chances, which
// are often the same.
func WithChance(f chart.Figure, chances []float64) chart.Figure {
	chances = slices.Clone(chances)
	slices.Sort(chances)
	for _, chance := range slices.Compact(chances) {
		f.Series = append(f.Series, chart.Series{Name: "chance", Style: chart.Reference, Points: []chart.Point{{Y: chance}}})
	}
	return f
}
