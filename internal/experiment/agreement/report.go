package agreement

import (
	"math"
	"math/rand/v2"

	"bagnet/internal/chart"
	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Report is what the experiment has to say. Classes are numbered as the first network
// numbers them.
type Report struct {
	experiment.Summary
	Compared int       `json:"compared"` // images that every network answered
	Networks []Network `json:"networks"`
	Pairs    []Pair    `json:"pairs"`
	Classes  []Class   `json:"classes"`

	examples int // to print for each network
}

// Network is about one network.
type Network struct {
	experiment.NetworkSummary
	Top1      experiment.Estimate `json:"top1"`
	OnlyRight []OnlyRight         `json:"only_right"` // the surest first
}

// OnlyRight is an image that no other network gets right.
type OnlyRight struct {
	Path        string      `json:"path"`
	Label       class.Class `json:"label"`
	Probability float64     `json:"probability"`
}

// Pair is about two networks.
type Pair struct {
	Models           [2]string     `json:"models"`
	Kappa            text.Ratio    `json:"kappa"`
	KappaInterval    [2]text.Ratio `json:"kappa_interval"` // 95%
	Agreement        text.Ratio    `json:"agreement"`
	Expected         text.Ratio    `json:"expected_agreement"`
	ClassCorrelation text.Ratio    `json:"class_correlation"`
	BothWrong        int           `json:"both_wrong"`
	EitherWrong      int           `json:"either_wrong"`
	Overlap          text.Ratio    `json:"overlap"`
	SameAnswer       text.Ratio    `json:"same_answer"` // of BothWrong

	first, second int
}

// Class is about the images of one class.
type Class struct {
	Class    class.Class           `json:"class"`
	Images   int                   `json:"images"`
	Accuracy []experiment.Estimate `json:"accuracy"` // of each network
}

// NewReport compares what the networks of a run answered, of whom there are two or more.
// Text prints as many examples for each network. Networks whose classes cannot be told
// from each other are an error.
func NewReport(run *experiment.Run[Record], examples int) (*Report, error) {
	r := &Report{Summary: run.Summary, examples: examples,
		Networks: []Network{}, Pairs: []Pair{}, Classes: []Class{}}
	answers, images, err := commonAnswers(run)
	if err != nil {
		return nil, err
	}
	r.Compared = len(images)
	classes := run.Networks[0].Classes
	shares := make([][]float64, len(run.Networks)) // [network][class]
	for _, class := range answers.Classes() {
		c := Class{Class: classes[class]}
		for _, label := range answers.Labels {
			if label == class {
				c.Images++
			}
		}
		r.Classes = append(r.Classes, c)
	}
	for i, m := range run.Networks {
		n := Network{NetworkSummary: m.NetworkSummary, OnlyRight: []OnlyRight{}}
		n.Top1 = experiment.EstimateOf(answers.Accuracy(i))
		for _, image := range answers.OnlyRight(i) {
			n.OnlyRight = append(n.OnlyRight, OnlyRight{images[image], classes[answers.Labels[image]], answers.Given[i][image].Probability})
		}
		var standardErrors []float64
		shares[i], standardErrors = answers.Accuracies(i)
		for j := range r.Classes {
			r.Classes[j].Accuracy = append(r.Classes[j].Accuracy, experiment.EstimateOf(shares[i][j], standardErrors[j]))
		}
		r.Networks = append(r.Networks, n)
	}
	for second := range run.Networks {
		for first := range second {
			n := answers.Agreement(first, second)
			pair := Pair{
				Models: [2]string{r.Networks[first].Model, r.Networks[second].Model},
				Kappa:  text.Ratio(n.Kappa()), Agreement: text.Ratio(n.Observed()), Expected: text.Ratio(n.Expected()),
				ClassCorrelation: text.Ratio(experiment.Pearson(shares[first], shares[second])),
				BothWrong:        n.BothWrong, EitherWrong: n.Images() - n.BothRight,
				Overlap: text.Ratio(n.Overlap()), SameAnswer: text.Ratio(n.SameShare()),
				first: first, second: second,
			}
			chance := rand.New(rand.NewPCG(r.Seed, math.MaxUint64-uint64(len(r.Pairs)))) // no image's
			low, high := n.KappaInterval(chance)
			pair.KappaInterval = [2]text.Ratio{text.Ratio(low), text.Ratio(high)}
			r.Pairs = append(r.Pairs, pair)
		}
	}
	return r, nil
}

// commonAnswers returns the answers to the images that every network has one to,
// and these images' paths. Classes are numbered as the first network does.
func commonAnswers(run *experiment.Run[Record]) (*experiment.Answers, []string, error) {
	first := run.Networks[0]
	answers := &experiment.Answers{Given: make([][]experiment.Answer, len(run.Networks))}
	given := make([]map[int]experiment.Answer, len(run.Networks)) // by image
	var all [][]class.Class
	for _, m := range run.Networks {
		all = append(all, m.Classes)
	}
	for i, m := range run.Networks {
		matched, err := class.MatchClasses(m.Model, m.Classes, first.Model, first.Classes)
		if run.Common > 0 {
			matched, err = class.NewCommon(all).InFirst(i), nil
		}
		if err != nil {
			return nil, nil, err
		}
		given[i] = make(map[int]experiment.Answer)
		for _, image := range m.Results {
			class := class.None
			if p := image.Value.Predicted.Index; p >= 0 && p < len(matched) {
				class = matched[p]
			}
			given[i][image.Ordinal] = experiment.Answer{Class: class, Probability: image.Value.Probability}
		}
	}
	var paths []string
	for _, image := range first.Results {
		all := true
		for i := range given {
			_, ok := given[i][image.Ordinal]
			all = all && ok
		}
		if !all {
			continue
		}
		paths = append(paths, image.Path)
		answers.Labels = append(answers.Labels, image.Class)
		for i := range given {
			answers.Given[i] = append(answers.Given[i], given[i][image.Ordinal])
		}
	}
	return answers, paths, nil
}

// mostNamed is how many classes have their names in the figure.
const mostNamed = 30

// Figure draws the accuracy on each class, the first network's against the
// others'.
func (r *Report) Figure() chart.Figure {
	f := chart.Figure{Title: "Accuracy on each class", X: "top-1 accuracy of " + r.Networks[0].Shown(), Y: "top-1 accuracy of others", From: 0.9, To: 1, Equal: true}
	if len(r.Networks) == 2 {
		f.Y = "top-1 accuracy of " + r.Networks[1].Shown()
	}
	for i, n := range r.Networks[1:] {
		s := chart.Series{Name: n.Shown(), Style: chart.Dots}
		for _, c := range r.Classes {
			x, y := c.Accuracy[0], c.Accuracy[i+1]
			s.Points = append(s.Points, chart.Point{X: x.Value(), Y: y.Value(), Error: float64(y.Error), XError: float64(x.Error)})
		}
		f.Series = append(f.Series, s)
	}
	for j, c := range r.Classes {
		best := 1 // of the networks, whose point has the name of the class
		for i := range c.Accuracy {
			if i > 0 && c.Accuracy[i].Value() > c.Accuracy[best].Value() {
				best = i
			}
		}
		if len(r.Classes) <= mostNamed {
			f.Series[best-1].Points[j].Name = text.Shorten(c.Class.Label, 24)
		}
	}
	return f
}
