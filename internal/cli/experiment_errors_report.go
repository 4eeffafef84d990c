package cli

import (
	"math"
	"math/rand/v2"

	"bagnet/internal/chart"
	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// errorsReport is what experiment errors has to say. Classes are numbered as the
// first network numbers them.
type errorsReport struct {
	experimentSummary
	Compared int             `json:"compared"` // images that every network answered
	Networks []errorsNetwork `json:"networks"`
	Pairs    []errorsPair    `json:"pairs"`
	Classes  []errorsClass   `json:"classes"`

	examples int // to print for each network
}

// errorsNetwork is about one network.
type errorsNetwork struct {
	networkSummary
	Top1      estimate    `json:"top1"`
	OnlyRight []onlyRight `json:"only_right"` // the surest first
}

// onlyRight is an image that no other network gets right.
type onlyRight struct {
	Path        string      `json:"path"`
	Label       class.Class `json:"label"`
	Probability float64     `json:"probability"`
}

// errorsPair is about two networks.
type errorsPair struct {
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

// errorsClass is about the images of one class.
type errorsClass struct {
	Class    class.Class `json:"class"`
	Images   int         `json:"images"`
	Accuracy []estimate  `json:"accuracy"` // of each network
}

func newErrorsReport(run *experimentRun[errorsRecord], examples int) (*errorsReport, error) {
	r := &errorsReport{experimentSummary: run.experimentSummary, examples: examples,
		Networks: []errorsNetwork{}, Pairs: []errorsPair{}, Classes: []errorsClass{}}
	answers, images, err := commonAnswers(run)
	if err != nil {
		return nil, err
	}
	r.Compared = len(images)
	classes := run.networks[0].classes
	shares := make([][]float64, len(run.networks)) // [network][class]
	for _, class := range answers.Classes() {
		c := errorsClass{Class: classes[class]}
		for _, label := range answers.Labels {
			if label == class {
				c.Images++
			}
		}
		r.Classes = append(r.Classes, c)
	}
	for i, m := range run.networks {
		n := errorsNetwork{networkSummary: m.networkSummary, OnlyRight: []onlyRight{}}
		n.Top1 = newEstimateOf(answers.Accuracy(i))
		for _, image := range answers.OnlyRight(i) {
			n.OnlyRight = append(n.OnlyRight, onlyRight{images[image], classes[answers.Labels[image]], answers.Given[i][image].Probability})
		}
		var standardErrors []float64
		shares[i], standardErrors = answers.Accuracies(i)
		for j := range r.Classes {
			r.Classes[j].Accuracy = append(r.Classes[j].Accuracy, newEstimateOf(shares[i][j], standardErrors[j]))
		}
		r.Networks = append(r.Networks, n)
	}
	for second := range run.networks {
		for first := range second {
			n := answers.Agreement(first, second)
			pair := errorsPair{
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

// newEstimateOf is a mean with its standard error.
func newEstimateOf(mean, standardError float64) estimate {
	return estimate{text.Ratio(mean), text.Ratio(standardError)}
}

// commonAnswers returns the answers to the images that every network has one to,
// and these images' paths. Classes are numbered as the first network does.
func commonAnswers(run *experimentRun[errorsRecord]) (*experiment.Answers, []string, error) {
	first := run.networks[0]
	answers := &experiment.Answers{Given: make([][]experiment.Answer, len(run.networks))}
	given := make([]map[int]experiment.Answer, len(run.networks)) // by image
	var all [][]class.Class
	for _, m := range run.networks {
		all = append(all, m.classes)
	}
	for i, m := range run.networks {
		matched, err := class.MatchClasses(m.Model, m.classes, first.Model, first.classes)
		if run.Common > 0 {
			matched, err = class.NewCommon(all).InFirst(i), nil
		}
		if err != nil {
			return nil, nil, err
		}
		given[i] = make(map[int]experiment.Answer)
		for _, image := range m.results {
			class := class.None
			if p := image.value.Predicted.Index; p >= 0 && p < len(matched) {
				class = matched[p]
			}
			given[i][image.ordinal] = experiment.Answer{Class: class, Probability: image.value.Probability}
		}
	}
	var paths []string
	for _, image := range first.results {
		all := true
		for i := range given {
			_, ok := given[i][image.ordinal]
			all = all && ok
		}
		if !all {
			continue
		}
		paths = append(paths, image.path)
		answers.Labels = append(answers.Labels, image.class)
		for i := range given {
			answers.Given[i] = append(answers.Given[i], given[i][image.ordinal])
		}
	}
	return answers, paths, nil
}

// figure draws the accuracy on each class, the first network's against the
// others'.
func (r *errorsReport) figure() chart.Figure {
	f := chart.Figure{Title: "Accuracy on each class", X: "top-1 accuracy of " + text.OneLine(r.Networks[0].Model), Y: "top-1 accuracy", From: 1, To: 1}
	for i, n := range r.Networks[1:] {
		s := chart.Series{Name: text.OneLine(n.Model), Style: chart.Dots}
		for _, c := range r.Classes {
			y := c.Accuracy[i+1]
			s.Points = append(s.Points, chart.Point{X: c.Accuracy[0].value(), Y: y.value(), Error: float64(y.Error)})
		}
		f.Series = append(f.Series, s)
	}
	low := 0.9 // where both axes begin at the latest
	for _, c := range r.Classes {
		for _, a := range c.Accuracy {
			low = min(low, a.value())
		}
	}
	f.Series = append(f.Series, chart.Series{Name: "equal", Style: chart.Line, Points: []chart.Point{{X: low, Y: low}, {X: 1, Y: 1}}})
	return f
}
