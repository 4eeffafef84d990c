package experiment

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"unicode/utf8"

	"gonum.org/v1/gonum/stat"

	"bagnet/internal/text"
)

// The pairs of networks that a report compares: none, each with the first, or all.
const (
	CompareNone  = "none"
	CompareFirst = "first"
	CompareAll   = "all"
)

// An Amount is what an image adds to one of a network's figures, which is the sum of values
// over that of weights: a mean if these are 1.
type Amount struct {
	Of            string // the figure
	Value, Weight float64
}

// A Difference is between figures of two networks, of the images that both have an amount of:
// the first's minus the second's.
type Difference struct {
	Models [2]string `json:"models"`
	Of     string    `json:"of"`
	Images int       `json:"images"`
	Bounded
}

// Differences compares the networks of a run, as its Compare says, by what their results add to
// figures. Samples of images, drawn with replacement, are the same for both networks and all
// figures of a pair (paired bootstrap); the standard error is their deviation.
func Differences[R any](run *Run[R], amounts func(Result[R]) []Amount) []Difference {
	var all []Difference
	for second := range run.Networks {
		for first := range second {
			if run.Compare != CompareAll && (run.Compare != CompareFirst || first > 0) {
				continue
			}
			a, b := run.Networks[first], run.Networks[second]
			rng := rand.New(rand.NewPCG(run.Seed, math.MaxUint64-1-uint64(len(all)))) // no image's
			for _, d := range differences(gathered(a.Results, amounts), gathered(b.Results, amounts), rng) {
				d.Models = [2]string{a.Model, b.Model}
				all = append(all, d)
			}
		}
	}
	return all
}

// figures are what images add to each figure of a network, by the images' ordinals.
type figures struct {
	names []string // in their order
	of    map[string]map[int]Amount
}

// gathered sorts a network's amounts by figure. Those that are no numbers are left out.
func gathered[R any](results []Result[R], amounts func(Result[R]) []Amount) figures {
	f := figures{of: map[string]map[int]Amount{}}
	for _, image := range results {
		for _, a := range amounts(image) {
			if math.IsNaN(a.Value) || math.IsNaN(a.Weight) {
				continue
			}
			if f.of[a.Of] == nil {
				f.of[a.Of] = map[int]Amount{}
				f.names = append(f.names, a.Of)
			}
			f.of[a.Of][image.Ordinal] = a
		}
	}
	return f
}

// differences are those of the figures that both networks have.
func differences(a, b figures, rng *rand.Rand) []Difference {
	var all []Difference
	images := map[int]bool{} // by ordinal
	for _, name := range a.names {
		d := Difference{Of: name}
		for ordinal := range a.of[name] {
			if _, both := b.of[name][ordinal]; both {
				images[ordinal] = true
				d.Images++
			}
		}
		if d.Images > 0 {
			all = append(all, d)
		}
	}
	columns := make([][][2]Amount, len(all)) // [figure][image], zeros where one network has no amount
	ordinals := slices.Sorted(maps.Keys(images))
	for k, d := range all {
		for _, ordinal := range ordinals {
			amount, inA := a.of[d.Of][ordinal]
			other, inB := b.of[d.Of][ordinal]
			if !inA || !inB {
				amount, other = Amount{}, Amount{}
			}
			columns[k] = append(columns[k], [2]Amount{amount, other})
		}
	}
	bound(all, columns, rng)
	return all
}

// bound estimates the differences of columns, and their intervals.
func bound(all []Difference, columns [][][2]Amount, rng *rand.Rand) {
	if len(all) == 0 {
		return
	}
	drawn := make([][]float64, len(all))
	sample := make([]int, len(columns[0]))
	for i := range sample {
		sample[i] = i
	}
	for k := range all {
		all[k].Mean = text.Ratio(difference(columns[k], sample))
	}
	for range resamples {
		for i := range sample {
			sample[i] = rng.IntN(len(sample))
		}
		for k, column := range columns {
			if d := difference(column, sample); !math.IsNaN(d) {
				drawn[k] = append(drawn[k], d)
			}
		}
	}
	for k, values := range drawn {
		d := &all[k]
		d.Error, d.Interval = text.Ratio(math.NaN()), Interval{text.Ratio(math.NaN()), text.Ratio(math.NaN())}
		if d.Images < 2 || len(values) < 2 {
			continue
		}
		slices.Sort(values)
		d.Error = text.Ratio(stat.StdDev(values, nil))
		d.Interval = Interval{text.Ratio(stat.Quantile(0.025, stat.Empirical, values, nil)), text.Ratio(stat.Quantile(0.975, stat.Empirical, values, nil))}
	}
}

// difference is the first network's figure minus the second's, of some of a column's images.
func difference(column [][2]Amount, sample []int) float64 {
	var values, weights [2]float64
	for _, i := range sample {
		for side, a := range column[i] {
			values[side] += a.Value
			weights[side] += a.Weight
		}
	}
	return values[0]/weights[0] - values[1]/weights[1]
}

// TextDifferences writes the differences for people, if there are any: shares, in percent.
func TextDifferences(b *bytes.Buffer, all []Difference) {
	if len(all) == 0 {
		return
	}
	const heading = "first minus second, same images"
	longest, of := utf8.RuneCountInString(heading), 0
	pair := func(d Difference) string { return text.OneLine(d.Models[0]) + " - " + text.OneLine(d.Models[1]) }
	for _, d := range all {
		longest, of = max(longest, utf8.RuneCountInString(pair(d))), max(of, utf8.RuneCountInString(d.Of))
	}
	fmt.Fprintf(b, "\n%s  %s  %6s  %10s  %19s\n", text.Pad(heading, longest), text.Pad("", of), "images", "difference", "95% interval")
	before := ""
	for _, d := range all {
		name := pair(d)
		if name == before {
			name = ""
		} else {
			before = name
		}
		fmt.Fprintf(b, "%s  %s  %6d  %10s  %19s\n", text.Pad(name, longest), text.Pad(d.Of, of), d.Images, d.Alone(100, 2)+"%", d.Interval.Text(100, 2, "%"))
	}
}
