package experiment

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"

	"bagnet/internal/text"
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
// value by magnitude. It is 0 where both are zeros. A single value is the logarithm
// of odds, whose nearness to 0 says nothing of the terms that it is the sum of: its
// range is 1 at least.
func Deviation[A, B float32 | float64](a []A, b []B) float64 {
	largest, span := 0.0, 0.0
	if len(b) == 1 {
		span = 1
	}
	for i := range b {
		largest = max(largest, math.Abs(float64(a[i])-float64(b[i])))
		span = max(span, math.Abs(float64(b[i])))
	}
	if largest == 0 {
		return 0
	}
	return largest / span
}

// float64s returns the values in float64.
func float64s(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

// resamples is how many samples the bootstrap draws.
const resamples = 1000

// resampled returns what statistic gives for 1000 samples of n of n images, drawn
// with replacement, but for NaN. statistic is given the numbers of the images, from
// 0, in a slice that it must not keep.
func resampled(n int, rng *rand.Rand, statistic func(sample []int) float64) (values []float64) {
	sample := make([]int, n)
	for range resamples {
		for i := range sample {
			sample[i] = rng.IntN(n)
		}
		if v := statistic(sample); !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	return values
}

// Bootstrap returns the standard error of a statistic of n images (B. Efron,
// Bootstrap methods: another look at the jackknife, 1979): the standard deviation
// of what it gives for 1000 samples of n of them, drawn with replacement. statistic is
// given the numbers of the images, from 0, in a slice that it must not keep.
// Samples for which it is NaN are left out. The error of fewer than two images is
// NaN.
func Bootstrap(n int, rng *rand.Rand, statistic func(sample []int) float64) float64 {
	if n < 2 {
		return math.NaN()
	}
	values := resampled(n, rng, statistic)
	if len(values) < 2 {
		return math.NaN()
	}
	return stat.StdDev(values, nil)
}

// An Interval is where 95 % of a statistic's bootstrap samples lie: from their 2.5th to their
// 97.5th percentile, NaN where the statistic is undefined.
type Interval [2]text.Ratio

// intervalResamples is how many samples of the images intervals are taken from.
const intervalResamples = 10_000

// MeanIntervals returns the interval of the mean of each column, [columns][images]. A sample
// of images, drawn with replacement, is the same for all columns, so that differences of
// columns are paired. NaN values are left out of means; fewer than two others have no interval.
func MeanIntervals(columns [][]float64, rng *rand.Rand) []Interval {
	intervals, means := make([]Interval, len(columns)), make([][]float64, len(columns))
	if len(columns) == 0 {
		return intervals
	}
	sample := make([]int, len(columns[0]))
	for range intervalResamples {
		for i := range sample {
			sample[i] = rng.IntN(len(sample))
		}
		for k, column := range columns {
			sum, n := 0.0, 0
			for _, image := range sample {
				if v := column[image]; !math.IsNaN(v) {
					sum, n = sum+v, n+1
				}
			}
			if n > 0 {
				means[k] = append(means[k], sum/float64(n))
			}
		}
	}
	for k, values := range means {
		intervals[k] = Interval{text.Ratio(math.NaN()), text.Ratio(math.NaN())}
		if numbers := len(columns[k]) - count(columns[k], math.IsNaN); numbers > 1 {
			slices.Sort(values)
			intervals[k] = Interval{text.Ratio(stat.Quantile(0.025, stat.Empirical, values, nil)), text.Ratio(stat.Quantile(0.975, stat.Empirical, values, nil))}
		}
	}
	return intervals
}

// count returns how many of the values are so.
func count(values []float64, so func(float64) bool) (n int) {
	for _, v := range values {
		if so(v) {
			n++
		}
	}
	return n
}
