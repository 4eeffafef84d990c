package bias

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"

	"bagnet/internal/chart"
	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Report is what the experiment has to say.
type Report struct {
	experiment.Summary
	Mapping  string                  `json:"mapping"`
	Networks []Network               `json:"networks"`
	Pairs    []experiment.Difference `json:"pairs,omitempty"`
}

// Network is about one network.
type Network struct {
	experiment.NetworkSummary
	Dropped int `json:"dropped"` // of one class in shape and texture; the rest counts
	Decisions
	Classes []Class `json:"classes"`
}

// Class is about the images whose shape is of one class.
type Class struct {
	Class class.Class `json:"class"`
	Decisions
}

// Decisions are counts of images by what was decided.
type Decisions struct {
	Shape   int                `json:"shape"`
	Texture int                `json:"texture"`
	Other   int                `json:"other"`      // neither
	Bias    experiment.Bounded `json:"shape_bias"` // Shape / (Shape + Texture)
}

// NewReport sums up the records of a run on images of the entry-level classes of mapping.
func NewReport(run *experiment.Run[Record], mapping string) *Report {
	r := &Report{Summary: run.Summary, Mapping: mapping, Networks: []Network{}}
	for _, m := range run.Networks {
		n := Network{NetworkSummary: m.NetworkSummary, Classes: []Class{}}
		var all []float64
		byShape := make([][]float64, len(m.Classes))
		for _, image := range m.Results {
			if dropped(image) {
				n.Dropped++
				continue
			}
			v := vote(image.Class, image.Value)
			all = append(all, v)
			byShape[image.Class] = append(byShape[image.Class], v)
		}
		// Images of one run are drawn alike for all networks.
		n.Decisions = newDecisions(all, rand.New(rand.NewPCG(r.Seed, math.MaxUint64)))
		for i, votes := range byShape {
			if len(votes) > 0 {
				n.Classes = append(n.Classes, Class{m.Classes[i], newDecisions(votes, rand.New(rand.NewPCG(r.Seed, math.MaxUint64-1-uint64(i))))})
			}
		}
		r.Networks = append(r.Networks, n)
	}
	r.Pairs = experiment.Differences(run, amounts)
	return r
}

// dropped reports whether shape and texture are of one class.
func dropped(image experiment.Result[Record]) bool { return image.Value.Texture.Index == image.Class }

// vote is 1 for a decision by shape, 0 for one by texture and NaN for any other.
func vote(shape int, r Record) float64 {
	switch r.Decision.Index {
	case shape:
		return 1
	case r.Texture.Index:
		return 0
	}
	return math.NaN()
}

// newDecisions counts votes; rng draws images for the interval.
func newDecisions(votes []float64, rng *rand.Rand) (d Decisions) {
	for _, v := range votes {
		switch v {
		case 1:
			d.Shape++
		case 0:
			d.Texture++
		default:
			d.Other++
		}
	}
	d.Bias = experiment.Bounded{Estimate: experiment.NewEstimate(votes), Interval: experiment.MeanIntervals([][]float64{votes}, rng)[0]}
	return d
}

// Text is the report for people.
func (r *Report) Text() []byte {
	var b bytes.Buffer
	r.Summary.Text(&b)
	fmt.Fprintf(&b, "classes     %s\n", text.OneLine(r.Mapping))
	for _, n := range r.Networks {
		n.NetworkSummary.Text(&b)
		fmt.Fprintf(&b, "dropped     %d: shape and texture of one class\n", n.Dropped)
		fmt.Fprintf(&b, "\n%-24s  %5s  %7s  %5s  %16s  %16s\n", "shape", "shape", "texture", "other", "shape bias", "95% interval")
		for _, c := range n.Classes {
			c.text(&b, text.Shorten(c.Class.Label, 24))
		}
		n.Decisions.text(&b, "all")
	}
	experiment.TextDifferences(&b, r.Pairs)
	return b.Bytes()
}

func (d Decisions) text(b *bytes.Buffer, name string) {
	fmt.Fprintf(b, "%s  %5d  %7d  %5d  %16s  %16s\n", text.Pad(name, 24), d.Shape, d.Texture, d.Other, d.Bias.Percent(), d.Bias.Interval.Text(100, 1, "%"))
}

// dodge is how far apart the networks' points of one class stand, of the distance of classes.
const dodge = 0.7

// Figure draws the shape bias of each class and of all.
func (r *Report) Figure() chart.Figure {
	f := chart.Figure{Title: "Shape or texture", X: "class of the shape", Y: "shape bias", From: 0, To: 1}
	at := map[int]int{} // where a class stands, by its number
	for _, n := range r.Networks {
		for _, c := range n.Classes {
			if _, there := at[c.Class.Index]; !there {
				at[c.Class.Index] = len(f.Names)
				f.Names = append(f.Names, text.Shorten(c.Class.Label, 24))
			}
		}
	}
	f.Names = append(f.Names, "all")
	for i, n := range r.Networks {
		beside := dodge * (float64(i) + 0.5 - float64(len(r.Networks))/2) / float64(len(r.Networks))
		s := chart.Series{Name: n.Shown(), Style: chart.Dots}
		add := func(place int, b experiment.Bounded) {
			s.Points = append(s.Points, chart.Point{X: float64(place) + beside, Y: b.Value(), Error: float64(b.Error)})
		}
		for _, c := range n.Classes {
			add(at[c.Class.Index], c.Bias)
		}
		add(len(f.Names)-1, n.Bias)
		f.Series = append(f.Series, s)
	}
	f.Series = append(f.Series, chart.Series{Name: "no bias", Style: chart.Reference, Points: []chart.Point{{Y: 0.5}}})
	return f
}

// amounts are what an image adds to the shape bias: of images that both networks decide by
// shape or texture.
func amounts(image experiment.Result[Record]) []experiment.Amount {
	if dropped(image) {
		return nil
	}
	return []experiment.Amount{{Of: "shape bias", Value: vote(image.Class, image.Value), Weight: 1}}
}
