package experiment

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"bagnet/internal/text"
)

// Reached returns the x from which on a curve stays at a level or above it, by straight lines
// between its points, whose x ascend: the first x if no point is below, infinity if the last
// one is. Points whose y is NaN are left out; without any others it is NaN.
func Reached(x, y []float64, level float64) float64 {
	at, next := math.NaN(), -1
	for i, v := range slices.Backward(y) {
		switch {
		case math.IsNaN(v):
			continue
		case v < level && next < 0:
			return math.Inf(1)
		case v < level:
			return x[i] + (level-v)/(y[next]-v)*(x[next]-x[i])
		}
		at, next = x[i], i
	}
	return at
}

// A Reach is from where on a curve of n images stays at some level.
type Reach struct {
	From     text.Ratio `json:"from"`     // null if it does nowhere, or nobody knows
	Interval Interval   `json:"interval"` // 95 %; null where it does nowhere
	Always   bool       `json:"always"`   // at the first point already, which From is
	Never    bool       `json:"never"`    // not at the last point
}

// NewReach makes what a statistic, in terms of Reached, gives of n images, with the interval in
// which 95 % of 1000 samples of them lie, drawn with replacement. first is the first point.
func NewReach(n int, first float64, rng *rand.Rand, statistic func(sample []int) float64) Reach {
	every := make([]int, n)
	for i := range every {
		every[i] = i
	}
	nobody := text.Ratio(math.NaN())
	from := statistic(every)
	r := Reach{From: text.Ratio(from), Interval: Interval{nobody, nobody}, Always: from == first, Never: math.IsInf(from, 1)}
	if n < 2 || math.IsNaN(from) {
		return r
	}
	if values := resampled(n, rng, statistic); len(values) > 1 {
		slices.Sort(values)
		r.Interval = Interval{text.Ratio(stat.Quantile(0.025, stat.Empirical, values, nil)), text.Ratio(stat.Quantile(0.975, stat.Empirical, values, nil))}
	}
	return r
}

// Text is the reach for people, in pixels, on an axis up to last.
func (r Reach) Text(last float64) string {
	if math.IsNaN(float64(r.From)) {
		return "unknown"
	}
	end := func(v text.Ratio) string {
		if math.IsInf(float64(v), 1) {
			return fmt.Sprintf("more than %g", last)
		}
		return fmt.Sprintf("%.1f", float64(v))
	}
	var what string
	switch {
	case r.Never:
		what = fmt.Sprintf("more than %g px", last)
	case r.Always:
		what = fmt.Sprintf("%g px or less", float64(r.From))
	default:
		what = fmt.Sprintf("%.1f px", float64(r.From))
	}
	if low := float64(r.Interval[0]); math.IsNaN(low) || math.IsInf(low, 1) { // "more" says it all
		return what
	}
	return fmt.Sprintf("%s (95%%: %s to %s)", what, end(r.Interval[0]), end(r.Interval[1]))
}
