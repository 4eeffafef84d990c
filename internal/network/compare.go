package network

import (
	"context"
	"fmt"
	"strings"

	"bagnet/internal/text"
)

// A Comparison is how long passes of several networks take.
type Comparison []Bench

// Compare times networks, which run in turns.
func Compare(ctx context.Context, networks []*Network, m Measurement) (Comparison, error) {
	return m.all(ctx, networks, false)
}

// ratio is the median over rounds of how many times as long as the first network another one
// took in the same round.
func ratio(times, first []float64) float64 {
	ratios := make([]float64, len(times))
	for i, t := range times {
		ratios[i] = t / first[i]
	}
	return median(ratios)
}

// Text is the comparison for people.
func (c Comparison) Text() string {
	first := c[0]
	var b strings.Builder
	fmt.Fprintf(&b, "%d x %d pixels, kernel %s, %s; the median of %s, in each of which\nevery network has its turn", first.Size, first.Size, first.Kernel,
		text.Count(first.Threads, "thread", "threads"), text.Count(first.Runs, "round", "rounds"))
	if first.Passes > 1 {
		fmt.Fprintf(&b, " of %d passes side by side", first.Passes)
	}
	longest := len("network")
	for _, r := range c {
		longest = max(longest, len([]rune(r.Model)))
	}
	fmt.Fprintf(&b, "\n\n%-*s  %9s  %9s  %9s  %7s  %8s  %8s\n", longest, "network", "ms", "fastest", "slowest", "ratio", "images/s", "GFLOP/s")
	for _, r := range c {
		passes := float64(max(1, r.Passes))
		fmt.Fprintf(&b, "%-*s  %9.1f  %9.1f  %9.1f  %7.2f  %8.1f  %8.0f\n", longest, r.Model, r.Median, r.Min, r.Max, r.Ratio, passes/r.Median*1e3, r.GFLOPS)
	}
	return b.String()
}
