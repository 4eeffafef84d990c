package sensitivity

import (
	"math"
	"math/rand/v2"

	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// The pairs of maps that a report compares: none, each with the first, or all.
const (
	CompareNone  = "none"
	CompareFirst = "first"
	CompareAll   = "all"
)

// Pair is about two maps: means over images of the first's figure minus the second's.
type Pair struct {
	Maps        [2]string           `json:"maps"`
	Area        *experiment.Bounded `json:"area,omitempty"`
	Insertion   *experiment.Bounded `json:"insertion_area,omitempty"`
	Correlation *experiment.Bounded `json:"correlation,omitempty"`
	Pointing    *experiment.Bounded `json:"pointing,omitempty"`
	Precision   *experiment.Bounded `json:"precision,omitempty"`
}

// A quantity is what is measured of an image with a map; NaN where it is not.
type quantity func(MapRecord) float64

// The quantities.
func area(m MapRecord) float64        { return float64(m.Area) }
func correlation(m MapRecord) float64 { return float64(m.Correlation) }

// insertion is the area under that curve.
func insertion(m MapRecord) float64 {
	if m.Insertion == nil {
		return math.NaN()
	}
	return float64(m.Insertion.Area)
}

// pointing is 1 for a hit.
func pointing(m MapRecord) float64 {
	if m.Pointing == nil {
		return math.NaN()
	}
	return experiment.Share(m.Pointing.Hit)
}

func precision(m MapRecord) float64 {
	if m.Pointing == nil {
		return math.NaN()
	}
	return float64(m.Pointing.Precision)
}

// of is the quantity of each image with a map.
func (q quantity) of(name string, results []experiment.Result[Record]) []float64 {
	column := make([]float64, len(results))
	for i, image := range results {
		column[i] = q(image.Value.with(name))
	}
	return column
}

// with is what was found with a map; of none, what is known of nothing.
func (r Record) with(name string) MapRecord {
	for _, m := range r.Maps {
		if m.Map == name {
			return m
		}
	}
	return MapRecord{Correlation: text.Ratio(math.NaN()), Area: text.Ratio(math.NaN())}
}

// compare adds to the network's report what intervals it has: those of the maps' figures,
// and of the differences of pairs over the same images.
func (n *Network) compare(s Settings, results []experiment.Result[Record], seed uint64) {
	c, boxed := comparison{results: results}, comparison{} // of all images, and of those that have boxes
	for _, image := range results {
		if image.Value.Boxes != nil {
			boxed.results = append(boxed.results, image)
		}
	}
	for i := range n.Maps {
		m := &n.Maps[i]
		name := m.Map
		if s.Compare == CompareFirst || s.Compare == CompareAll {
			if s.deleted() {
				m.AreaInterval = &c.add(area, name, name).Interval
			}
			if s.inserted() {
				m.Insertion.AreaInterval = &c.add(insertion, name, name).Interval
			}
			if !s.NoTruth {
				m.CorrelationInterval = &c.add(correlation, name, name).Interval
			}
		}
		if s.Boxes != nil {
			m.Pointing, m.Precision = boxed.add(pointing, name, name), boxed.add(precision, name, name)
		}
	}
	for i := range n.Maps {
		for j := range i {
			if s.Compare != CompareAll && (s.Compare != CompareFirst || j > 0) {
				continue
			}
			a, b := n.Maps[j].Map, n.Maps[i].Map
			pair := Pair{Maps: [2]string{a, b}}
			if s.deleted() {
				pair.Area = c.add(area, a, b)
			}
			if s.inserted() {
				pair.Insertion = c.add(insertion, a, b)
			}
			if !s.NoTruth {
				pair.Correlation = c.add(correlation, a, b)
			}
			if s.Boxes != nil {
				pair.Pointing, pair.Precision = boxed.add(pointing, a, b), boxed.add(precision, a, b)
			}
			n.Pairs = append(n.Pairs, pair)
		}
	}
	c.bound(seed)
	boxed.bound(seed)
}

// A comparison collects columns of figures, whose intervals are taken from the same samples.
type comparison struct {
	results   []experiment.Result[Record]
	columns   [][]float64           // [estimates][images]
	estimates []*experiment.Bounded // of which the intervals are to come
}

// add estimates a figure of a map or, of two, its difference: the first's minus the second's.
func (c *comparison) add(q quantity, first, second string) *experiment.Bounded {
	column := q.of(first, c.results)
	if first != second {
		for i, v := range q.of(second, c.results) {
			column[i] -= v
		}
	}
	b := &experiment.Bounded{Estimate: experiment.NewEstimate(column)}
	c.columns, c.estimates = append(c.columns, column), append(c.estimates, b)
	return b
}

// bound takes the intervals, from the seed's chance, which is no image's.
func (c *comparison) bound(seed uint64) {
	for i, interval := range experiment.MeanIntervals(c.columns, rand.New(rand.NewPCG(seed, math.MaxUint64))) {
		c.estimates[i].Interval = interval
	}
}
