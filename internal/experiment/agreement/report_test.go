package agreement

import (
	"math"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// answered is a network's answers, by class label, to images of known class.
func answered(model string, classes []class.Class, labels, answers string) *experiment.Measured[Record] {
	m := &experiment.Measured[Record]{NetworkSummary: experiment.NetworkSummary{Model: model}, Classes: classes}
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
		m.Results = append(m.Results, experiment.Result[Record]{Path: "image" + string(labels[i]) + string(rune('0'+i)), Ordinal: 10 * i,
			Class: of(labels[i]).Index, Value: Record{of(answers[i]), 0.5 + float64(i)/100}})
	}
	return m
}

// Two networks that number the same classes in their own ways, one of which
// failed on an image.
func TestReport(t *testing.T) {
	run := &experiment.Run[Record]{Networks: []*experiment.Measured[Record]{
		answered("one", classList("a", "b", "c"), "aabbccab", "aabcabab"),
		answered("two", classList("c", "a", "b"), "aabbccab", "abbcbba-"),
	}}
	r, err := NewReport(run, 1)
	if err != nil {
		t.Fatal(err)
	}
	// Right, of the first seven: one has a0 a1 b2 a6, two has a0 b2 a6.
	if r.Compared != 7 || r.Networks[0].Top1.Value() != 4.0/7 || r.Networks[1].Top1.Value() != 3.0/7 {
		t.Errorf("%+v", r)
	}
	p := r.Pairs[0]
	expected := (4.0*3 + 3*4) / 49
	if len(r.Pairs) != 1 || math.Abs(float64(p.Kappa)-(6.0/7-expected)/(1-expected)) > 1e-12 || math.Abs(float64(p.Expected)-expected) > 1e-12 ||
		p.BothWrong != 3 || p.EitherWrong != 4 || p.Overlap != 0.75 || p.SameAnswer != text.Ratio(2.0/3) {
		t.Errorf("pair %+v", p)
	}
	if p.Models != [2]string{"one", "two"} || math.Abs(float64(p.Agreement)-6.0/7) > 1e-12 {
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
	if c := r.Classes[0]; c.Class.Label != "a" || c.Images != 3 || c.Accuracy[0].Value() != 1 || c.Accuracy[1].Value() != 2.0/3 {
		t.Errorf("class %+v", c)
	}
	text := string(r.Text())
	for _, want := range []string{"compared    7: ", "\n   model  top-1 accuracy  only it is right  measured  failed  unknown class\n",
		" 1 one    57.14 ± 20.20%                 1         8       0 ", "\n  1   2  0.720", "only 1, one, is right: the surest of 1\n 51.00%  a "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	figure := r.Figure()
	if len(figure.Series) != 1 || len(figure.Series[0].Points) != 3 || !figure.Equal || figure.X != "top-1 accuracy of one" && figure.Y != "top-1 accuracy of two" {
		t.Errorf("figure %+v", figure)
	}
	if p, c := figure.Series[0].Points[1], r.Classes[1]; p.X != c.Accuracy[0].Value() || p.Y != c.Accuracy[1].Value() || !(p.Error > 0) || p.Error != float64(c.Accuracy[1].Error) || p.XError != float64(c.Accuracy[0].Error) || p.Name != c.Class.Label {
		t.Errorf("point %+v of class %+v", p, c)
	}
	if p := figure.Series[0].Points[0]; p.X != 1 || p.Y != 2.0/3 {
		t.Errorf("point %+v", p)
	}

	run.Networks[1].Results[0].Value.Predicted.Index = 1000 // as in a damaged record: a wrong answer
	if r, err = NewReport(run, 1); err != nil || r.Networks[1].Top1.Value() != 2.0/7 {
		t.Errorf("%+v, %v", r.Networks[1], err)
	}

	run.Networks[1].Results = nil // it did not come to that
	if r, err = NewReport(run, 1); err != nil || r.Compared != 0 || !math.IsNaN(float64(r.Pairs[0].Kappa)) {
		t.Errorf("%+v, %v", r, err)
	}
	if !strings.Contains(string(r.Text()), "\n  1   2      -                 -") {
		t.Errorf("%s", r.Text())
	}
}

// TestIntervalsHaveTheirOwnChance has three networks, of which two answer alike: the
// intervals of their pairs with the third are alike, but not of one stream; nor are
// those of another seed.
func TestIntervalsHaveTheirOwnChance(t *testing.T) {
	labels := strings.Repeat("ab", 100)
	var one, two []byte
	for i := range labels {
		wrong := func(is bool) byte {
			if is {
				return "ba"[i%2]
			}
			return labels[i]
		}
		one, two = append(one, wrong(i%3 == 0)), append(two, wrong(i%5 < 2))
	}
	classes := classList("a", "b")
	run := &experiment.Run[Record]{Networks: []*experiment.Measured[Record]{
		answered("one", classes, labels, string(one)), answered("same", classes, labels, string(one)), answered("other", classes, labels, string(two)),
	}}
	report := func(seed uint64) []Pair {
		t.Helper()
		run.Seed = seed
		r, err := NewReport(run, 0)
		if err != nil || len(r.Pairs) != 3 || r.Pairs[1].Models != [2]string{"one", "other"} || r.Pairs[2].Models != [2]string{"same", "other"} {
			t.Fatalf("%+v, %v", r, err)
		}
		return r.Pairs
	}
	pairs, again, other := report(1), report(1), report(2)
	a, b := pairs[1], pairs[2]
	if a.Kappa != b.Kappa || a.KappaInterval == b.KappaInterval {
		t.Errorf("kappa %v in %v, and %v in %v", a.Kappa, a.KappaInterval, b.Kappa, b.KappaInterval)
	}
	for i := range 2 {
		if math.Abs(float64(a.KappaInterval[i]-b.KappaInterval[i])) > 0.05 {
			t.Errorf("of the same answers %v and %v", a.KappaInterval, b.KappaInterval)
		}
	}
	if again[1].KappaInterval != a.KappaInterval || other[1].KappaInterval == a.KappaInterval {
		t.Error("the interval is not what the seed says")
	}
	if p := pairs[0]; p.Kappa != 1 || p.SameAnswer != 1 || p.Overlap != 1 {
		t.Errorf("the same answers: %+v", p)
	}
}

// TestOnlyWhatAllAnswered has three networks, of which the second has no answer to an
// image.
func TestOnlyWhatAllAnswered(t *testing.T) {
	classes := classList("a", "b")
	r, err := NewReport(&experiment.Run[Record]{Networks: []*experiment.Measured[Record]{
		answered("one", classes, "aabb", "aabb"), answered("two", classes, "aabb", "a-ba"), answered("three", classes, "aabb", "abbb"),
	}}, 5)
	if err != nil || r.Compared != 3 || r.Networks[0].Top1.Value() != 1 || r.Networks[1].Top1.Value() != 2.0/3 || r.Networks[2].Top1.Value() != 1 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestClassesInCommon has networks of different classes, of which b and c are common:
// their answers are numbered as the first one numbers all of its classes.
func TestClassesInCommon(t *testing.T) {
	run := &experiment.Run[Record]{Networks: []*experiment.Measured[Record]{
		answered("one", classList("a", "b", "c"), "bbcc", "bccb"),
		answered("two", classList("c", "d", "b"), "bbcc", "bccc"),
	}}
	if _, err := NewReport(run, 0); err == nil {
		t.Error("no error about other classes")
	}
	run.Common = 2
	r, err := NewReport(run, 0)
	if err != nil || r.Compared != 4 || r.Networks[0].Top1.Value() != 0.5 || r.Networks[1].Top1.Value() != 0.75 {
		t.Fatalf("%+v, %v", r, err)
	}
	if len(r.Classes) != 2 || r.Classes[0].Class.Label != "b" || r.Classes[1].Class.Label != "c" || r.Classes[1].Accuracy[1].Value() != 1 {
		t.Errorf("classes %+v", r.Classes)
	}
	if p := r.Pairs[0]; p.BothWrong != 1 || p.EitherWrong != 2 || p.SameAnswer != 1 {
		t.Errorf("pair %+v", p)
	}
	if only := r.Networks[1].OnlyRight; len(only) != 1 || only[0].Path != "imagec3" || only[0].Label.Label != "c" {
		t.Errorf("only right %+v", only)
	}
	if text := string(r.Text()); strings.Contains(text, "is right:") {
		t.Errorf("examples though none were asked for:\n%s", text)
	}
}

// classList makes classes of these names.
func classList(names ...string) (classes []class.Class) {
	for i, name := range names {
		classes = append(classes, class.Class{Index: i, Label: name})
	}
	return classes
}

// TestNamesInFigure has the name of a class at the best of the other networks, unless there are
// many classes.
func TestNamesInFigure(t *testing.T) {
	r := &Report{Networks: make([]Network, 3)}
	for i := range 2 {
		c := Class{Class: class.Class{Label: string(rune('a' + i))}}
		for _, share := range [][]float64{{0.5, 0.6, 0.7}, {0.9, 0.8, 0.7}}[i] {
			c.Accuracy = append(c.Accuracy, experiment.EstimateOf(share, 0.1))
		}
		r.Classes = append(r.Classes, c)
	}
	f := r.Figure()
	first, second := f.Series[0].Points, f.Series[1].Points
	if first[0].Name != "" || second[0].Name != "a" || first[1].Name != "b" || second[1].Name != "" {
		t.Errorf("%+v", f.Series)
	}
	for len(r.Classes) <= mostNamed {
		r.Classes = append(r.Classes, r.Classes[0])
	}
	if name := r.Figure().Series[1].Points[0].Name; name != "" {
		t.Errorf("one of many is named %q", name)
	}
}
