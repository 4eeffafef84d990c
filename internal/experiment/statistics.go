package experiment

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Pearson returns the correlation of pairs of values, between -1 and 1. It is
// NaN for fewer than two pairs and where one side is constant.
func Pearson(x, y []float64) float64 {
	if len(x) < 2 || slices.Min(x) == slices.Max(x) || slices.Min(y) == slices.Max(y) {
		return math.NaN()
	}
	return max(-1, min(1, stat.Correlation(x, y, nil)))
}

// Mean returns the mean of values and its standard error, the sample's standard
// deviation over the root of their number. The mean of none is NaN, and so is
// the error of fewer than two. NaN values are left out.
func Mean(values []float64) (mean, standardError float64) {
	values = slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	mean, deviation := stat.MeanStdDev(values, nil)
	if len(values) < 2 {
		return mean, math.NaN()
	}
	return mean, stat.StdErr(deviation, float64(len(values)))
}

// Deviation returns the largest difference of two networks' answers to an image,
// or of one network's in two ways: |a-b| in units of the range of b, its largest
// value by magnitude. It is 0 where both are zeros.
func Deviation[A, B float32 | float64](a []A, b []B) float64 {
	largest, span := 0.0, 0.0
	for i := range b {
		largest = max(largest, math.Abs(float64(a[i])-float64(b[i])))
		span = max(span, math.Abs(float64(b[i])))
	}
	if largest == 0 {
		return 0
	}
	return largest / span
}

// Best returns the index of the largest logit, the first of several.
func Best(logits []float32) int {
	best := 0
	for i, v := range logits {
		if v > logits[best] {
			best = i
		}
	}
	return best
}

// float64s returns the values in float64.
func float64s(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}
