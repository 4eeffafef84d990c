package cli

import (
	"math"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/text"
)

// answered is a network's answers, by class label, to images of known class.
func answered(model string, classes []class.Class, labels, answers string) *measured[errorsRecord] {
	m := &measured[errorsRecord]{networkSummary: networkSummary{Model: model}, classes: classes}
	of := func(label byte) class.Class {
		for _, c := range classes {
			if c.Label == string(label) {
				return c
			}
		}
		return class.Class{Index: -7} // of a damaged record
	}
	for i := range labels {
		if answers[i] == '-' {
			m.Failed++
			continue
		}
		m.Measured++
		m.results = append(m.results, result[errorsRecord]{path: "image" + string(labels[i]) + string(rune('0'+i)), ordinal: 10 * i,
			class: of(labels[i]).Index, value: errorsRecord{of(answers[i]), 0.5 + float64(i)/100}})
	}
	return m
}

// Two networks that number the same classes in their own ways, one of which
// failed on an image.
func TestErrorsReport(t *testing.T) {
	run := &experimentRun[errorsRecord]{networks: []*measured[errorsRecord]{
		answered("one", classList("a", "b", "c"), "aabbccab", "aabcabab"),
		answered("two", classList("c", "a", "b"), "aabbccab", "abbcbba-"),
	}}
	r, err := newErrorsReport(run, 1)
	if err != nil {
		t.Fatal(err)
	}
	// Right, of the first seven: one has a0 a1 b2 a6, two has a0 b2 a6.
	if r.Compared != 7 || r.Networks[0].Top1.value() != 4.0/7 || r.Networks[1].Top1.value() != 3.0/7 {
		t.Errorf("%+v", r)
	}
	p := r.Pairs[0]
	expected := (4.0*3 + 3*4) / 49
	if len(r.Pairs) != 1 || math.Abs(float64(p.Kappa)-(6.0/7-expected)/(1-expected)) > 1e-12 || math.Abs(float64(p.Expected)-expected) > 1e-12 ||
		p.BothWrong != 3 || p.EitherWrong != 4 || p.Overlap != 0.75 || p.SameAnswer != text.Ratio(2.0/3) {
		t.Errorf("pair %+v", p)
	}
	if r := float64(p.ClassCorrelation); math.Abs(r-0.960769) > 1e-6 { // of 1, 1/2, 0 and 2/3, 1/2, 0
		t.Errorf("correlation over classes %v", r)
	}
	if !(p.KappaInterval[0] < p.Kappa && p.Kappa < p.KappaInterval[1]+1e-9) {
		t.Errorf("interval %v around %v", p.KappaInterval, p.Kappa)
	}
	if only := r.Networks[0].OnlyRight; len(only) != 1 || only[0].Path != "imagea1" || only[0].Label.Label != "a" || only[0].Probability != 0.51 || len(r.Networks[1].OnlyRight) != 0 {
		t.Errorf("only right: %+v and %+v", only, r.Networks[1].OnlyRight)
	}
	if c := r.Classes[0]; c.Class.Label != "a" || c.Images != 3 || c.Accuracy[0].value() != 1 || c.Accuracy[1].value() != 2.0/3 {
		t.Errorf("class %+v", c)
	}
	text := string(r.text())
	for _, want := range []string{"compared    7: ", " 1 one    57.14 ± 20.20%                 1         8       0 ", "\n  1   2  0.720", "only 1, one, is right: the surest of 1\n 51.00%  a "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	figure := r.figure()
	if len(figure.Series) != 2 || len(figure.Series[0].Points) != 3 || figure.Series[1].Name != "equal" {
		t.Errorf("figure %+v", figure)
	}
	if p, c := figure.Series[0].Points[1], r.Classes[1]; p.X != c.Accuracy[0].value() || p.Y != c.Accuracy[1].value() || !(p.Error > 0) || p.Error != float64(c.Accuracy[1].Error) {
		t.Errorf("point %+v of class %+v", p, c)
	}

	run.networks[1].results[0].value.Predicted.Index = 1000 // as in a damaged record: a wrong answer
	if r, err = newErrorsReport(run, 1); err != nil || r.Networks[1].Top1.value() != 2.0/7 {
		t.Errorf("%+v, %v", r.Networks[1], err)
	}

	run.networks[1].results = nil // it did not come to that
	if r, err = newErrorsReport(run, 1); err != nil || r.Compared != 0 || !math.IsNaN(float64(r.Pairs[0].Kappa)) {
		t.Errorf("%+v, %v", r, err)
	}
	if !strings.Contains(string(r.text()), "\n  1   2      -                 -") {
		t.Errorf("%s", r.text())
	}
}

// classList makes classes of these names.
func classList(names ...string) (classes []class.Class) {
	for i, name := range names {
		classes = append(classes, class.Class{Index: i, Label: name})
	}
	return classes
}
