package noise

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"

	"bagnet/internal/chart"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Report is what the experiment has to say.
type Report struct {
	experiment.Summary
	Kind     string                  `json:"kind"`
	Contrast float64                 `json:"contrast,omitempty"` // under the noise
	Colour   bool                    `json:"colour"`
	Mapping  string                  `json:"mapping,omitempty"` // where answers are entry-level classes
	Networks []Network               `json:"networks"`
	Pairs    []experiment.Difference `json:"pairs,omitempty"`

	levels  []float64
	chances []float64 // of answers drawn at random, by network
}

// Network is about one network.
type Network struct {
	experiment.NetworkSummary
	Intact experiment.Bounded `json:"intact"` // accuracy on the images as they are
	Levels []Level            `json:"levels"`
}

// Level is about the images at one level.
type Level struct {
	Level    float64            `json:"level"`
	Accuracy experiment.Bounded `json:"accuracy"`
}

// NewReport sums up the records of a run of x.
func NewReport(run *experiment.Run[Record], x *Experiment) *Report {
	r := &Report{Summary: run.Summary, Kind: x.Kind, Colour: x.Colour, Networks: []Network{}, levels: x.Levels}
	if x.Kind == Uniform {
		r.Contrast = x.Settings.Contrast
	}
	if x.Decider != nil {
		r.Mapping = x.Mapping.Name
	}
	for _, m := range run.Networks {
		right := make([][]float64, 1+len(x.Levels)) // intact, then by level
		for _, image := range m.Results {
			given := append([]Answer{image.Value.Intact}, image.Value.Levels...)
			for i := range right {
				right[i] = append(right[i], experiment.Share(i < len(given) && given[i].Predicted == image.Class))
			}
		}
		bounds := make([]experiment.Bounded, len(right))
		intervals := experiment.MeanIntervals(right, rand.New(rand.NewPCG(r.Seed, math.MaxUint64)))
		for i, values := range right {
			bounds[i] = experiment.Bounded{Estimate: experiment.NewEstimate(values), Interval: intervals[i]}
		}
		n := Network{NetworkSummary: m.NetworkSummary, Intact: bounds[0], Levels: []Level{}}
		for i, level := range x.Levels {
			n.Levels = append(n.Levels, Level{level, bounds[i+1]})
		}
		r.Networks = append(r.Networks, n)
		r.chances = append(r.chances, experiment.ChanceOf(m.Classes))
	}
	r.Pairs = experiment.Differences(run, r.amounts)
	return r
}

// images says in words what became of the colours.
func (r *Report) images() string {
	if r.Colour {
		return "images in colour"
	}
	return "grey images"
}

// what says in words what was done to the images.
func (r *Report) what() string {
	if r.Kind == Contrast {
		return r.images() + ", less contrast"
	}
	return fmt.Sprintf("%s at a contrast of %g, uniform noise", r.images(), r.Contrast)
}

// level is what a level is called.
func (r *Report) level() string {
	if r.Kind == Contrast {
		return "contrast"
	}
	return "width"
}

// Text is the report for people.
func (r *Report) Text() []byte {
	var b bytes.Buffer
	r.Summary.Text(&b)
	fmt.Fprintf(&b, "changed     %s\n", r.what())
	if r.Mapping != "" {
		fmt.Fprintf(&b, "classes     %s\n", text.OneLine(r.Mapping))
	}
	for _, n := range r.Networks {
		n.NetworkSummary.Text(&b)
		fmt.Fprintf(&b, "\n%-9s  %17s  %18s\n", r.level(), "top-1 accuracy", "95% interval")
		line(&b, "intact", n.Intact)
		for _, l := range n.Levels {
			line(&b, fmt.Sprintf("%g", l.Level), l.Accuracy)
		}
	}
	experiment.TextDifferences(&b, r.Pairs)
	return b.Bytes()
}

func line(b *bytes.Buffer, name string, accuracy experiment.Bounded) {
	fmt.Fprintf(b, "%-9s  %17s  %18s\n", name, accuracy.Percent(), accuracy.Interval.Text(100, 1, "%"))
}

// Figure draws accuracy over levels, which stand side by side.
func (r *Report) Figure() chart.Figure {
	f := chart.Figure{Title: "Accuracy under uniform noise", X: fmt.Sprintf("width of the noise, %s at a contrast of %g", r.images(), r.Contrast), Y: "top-1 accuracy", From: 0, To: 1}
	if r.Kind == Contrast {
		f.Title, f.X = "Accuracy at low contrast", "contrast, "+r.images()
	}
	for _, level := range r.levels {
		f.Names = append(f.Names, fmt.Sprintf("%g", level))
	}
	for _, n := range r.Networks {
		s := chart.Series{Name: n.Shown()}
		for i, l := range n.Levels {
			s.Points = append(s.Points, chart.Point{X: float64(i), Y: l.Accuracy.Value(), Error: float64(l.Accuracy.Error)})
		}
		f.Series = append(f.Series, s)
	}
	return experiment.WithChance(f, r.chances)
}

// amounts are what an image adds to the accuracies.
func (r *Report) amounts(image experiment.Result[Record]) []experiment.Amount {
	all := []experiment.Amount{{Of: "intact", Value: experiment.Share(image.Value.Intact.Predicted == image.Class), Weight: 1}}
	for i, answer := range image.Value.Levels {
		of := fmt.Sprintf("%s %g", r.level(), r.levels[i])
		all = append(all, experiment.Amount{Of: of, Value: experiment.Share(answer.Predicted == image.Class), Weight: 1})
	}
	return all
}
