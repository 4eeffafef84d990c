package accuracy

import (
	"cmp"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet"
	"bagnet/internal/chart"
	"bagnet/internal/class"
	"bagnet/internal/experiment"
)

// madeUp is a run of two networks: what each answers to 40 images of 3 of 7 classes.
func madeUp() (*experiment.Run[Record], [][][]int) {
	run := &experiment.Run[Record]{Summary: experiment.Summary{Experiment: "accuracy", Images: 41, All: 50, Seed: 3}}
	rng := rand.New(rand.NewPCG(1, 2))
	var all [][][]int // [network][image]: true class, then the answers
	for i, s := range []experiment.NetworkSummary{
		{Model: "small", Family: "v1", Patch: 9, Layers: 51, Sees: 9, Side: 64, Measured: 40, Failed: 1},
		{Model: "deep", Family: "resnet", Layers: 18, Sees: 435, Side: 64, Measured: 40},
		{Model: "old", Family: "alexnet", Layers: 8, Side: 64, Measured: 40},
	} {
		m := &experiment.Measured[Record]{NetworkSummary: s, Classes: class.PlainClasses(7)}
		var images [][]int
		for image := range 40 {
			truth, order := []int{0, 2, 5}[image%3*(i+1)%3], rng.Perm(7)[:5]
			record := Record{}
			for _, c := range order {
				record.Predictions = append(record.Predictions, bagnet.Prediction{Class: bagnet.Class{Index: c}})
			}
			m.Results = append(m.Results, experiment.Result[Record]{Class: truth, Value: record})
			images = append(images, append([]int{truth}, order...))
		}
		run.Networks, all = append(run.Networks, m), append(all, images)
	}
	return run, all
}

// TestReport counts again what the report counts.
func TestReport(t *testing.T) {
	run, all := madeUp()
	r := NewReport(run, &Experiment{})
	if r.Choices != 7 || r.Chance != 1.0/7 {
		t.Errorf("%d classes, chance %v", r.Choices, r.Chance)
	}
	for i, images := range all {
		first, five, of, right := 0.0, 0.0, map[int]float64{}, map[int]float64{}
		for _, answers := range images {
			of[answers[0]]++
			if answers[1] == answers[0] {
				first++
				right[answers[0]]++
			}
			if slices.Contains(answers[1:], answers[0]) {
				five++
			}
		}
		mean := 0.0
		for c, n := range of {
			mean += right[c] / n / float64(len(of))
		}
		n := r.Networks[i]
		if float64(n.Top1) != first/40 || float64(n.Top5) != five/40 || math.Abs(float64(n.MeanClass)-mean) > 1e-15 {
			t.Errorf("%s: %v, %v, %v; want %v, %v, %v", n.Model, n.Top1, n.Top5, n.MeanClass, first/40, five/40, mean)
		}
		if n.Top1Interval != experiment.Wilson(int(first), 40) || n.Top5Interval != experiment.Wilson(int(five), 40) || n.Top1Interval == n.Top5Interval {
			t.Errorf("%s: intervals %v and %v", n.Model, n.Top1Interval, n.Top5Interval)
		}
		if !math.IsNaN(float64(n.ImagesPerSecond)) || n.Depth != n.Layers {
			t.Errorf("%+v", n)
		}
	}
	text := string(r.Text())
	for _, want := range []string{"images   41 of 50, by seed 3\nclasses  7; by chance 14.29% are right\n\nnetwork    top-1 ", "    51  9 px\n", "    18  the whole image\n", "\nsmall: 40 evaluated, 1 failed, 0 of unknown class\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "deep: ") {
		t.Errorf("nothing failed:\n%s", text)
	}
}

// TestFive has five classes, among which any five are all.
func TestFive(t *testing.T) {
	run, _ := madeUp()
	for _, m := range run.Networks {
		m.Classes = class.PlainClasses(5)
		m.Results = m.Results[:1]
		m.Results[0].Class = 4
	}
	n := NewReport(run, &Experiment{}).Networks[0]
	if !math.IsNaN(float64(n.Top5)) || !math.IsNaN(float64(n.Top5Interval[0])) {
		t.Errorf("top 5 of five: %v, %v", n.Top5, n.Top5Interval)
	}
}

// TestFigure has networks that see the same, which must not cover each other, and chance.
func TestFigure(t *testing.T) {
	run, _ := madeUp()
	r := NewReport(run, &Experiment{})
	f := r.Figure()
	if !slices.Equal(f.Marks, []float64{9, 64}) || len(f.Series) != 4 || !strings.Contains(f.X, "64: the whole image") {
		t.Fatalf("%+v", f)
	}
	small, deep, old, chance := f.Series[0], f.Series[1], f.Series[2], f.Series[3]
	if p := small.Points[0]; p.X != 9 || p.Y != float64(r.Networks[0].Top1) || small.Bars[0] != (chart.Bar{Low: float64(r.Networks[0].Top1Interval[0]), High: float64(r.Networks[0].Top1Interval[1])}) {
		t.Errorf("%+v", small)
	}
	left, right := deep.Points[0].X, old.Points[0].X
	if left >= 64 || math.Abs(left*right-64*64) > 1e-9 || right/left < 1.03 || right/left > 1.2 {
		t.Errorf("at %v and %v", left, right)
	}
	if len(chance.Points) != 1 || chance.Points[0].Y != 1.0/7 || chance.Style != chart.Reference || small.Points[0].Name == "" {
		t.Errorf("%+v", chance)
	}
	run.Networks[1].Measured = 0
	if f := NewReport(run, &Experiment{}).Figure(); f.Series[1].Points[0].X != 0 || f.Series[2].Points[0].X != 64 {
		t.Errorf("nothing was measured of the second network: %+v", f.Series)
	}
	for _, m := range run.Networks {
		m.Side, m.Sees = 0, 0 // images of any size, all of which are seen
	}
	if f := NewReport(run, &Experiment{}).Figure(); len(f.Series) != 4 || f.Series[0].Points[0].X != 0 {
		t.Errorf("%+v", f)
	}
}

// TestAmong takes answers among some classes, in each network's own numbers.
func TestAmong(t *testing.T) {
	m, err := bagnet.Open(filepath.Join("..", "..", "convnet", "testdata", "resnet-basic.safetensors"), nil)
	if err != nil {
		t.Fatal(err)
	}
	outputs := len(m.Classes()) // few
	forward, backward := class.PlainClasses(outputs), class.PlainClasses(outputs)
	for i := range outputs {
		forward[i].Label, backward[outputs-1-i].Label = string(rune('a'+i)), string(rune('a'+i))
	}
	it := &experiment.Sample{Image: experiment.NewImage(64, 64)}
	rng := rand.New(rand.NewPCG(5, 5))
	for i := range it.Values {
		it.Values[i] = float32(rng.NormFloat64())
	}
	answer, err := m.Classify(t.Context(), it.Pixels())
	if err != nil {
		t.Fatal(err)
	}
	// check holds the order of the answers, and their number.
	check := func(x *Experiment, classes []class.Class, among ...int) {
		t.Helper()
		record, err := x.Measure(t.Context(), &experiment.Network{Runner: m, Classes: classes}, it)
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(among, func(a, b int) int { return cmp.Compare(answer.Logits[b], answer.Logits[a]) })
		var got []int
		for _, p := range record.Predictions {
			got = append(got, p.Index)
		}
		if !slices.Equal(got, among[:min(5, len(among))]) {
			t.Errorf("answers %v, want %v", got, among)
		}
	}
	every := make([]int, outputs)
	for i := range every {
		every[i] = i
	}
	check(&Experiment{}, forward, every...)
	chosen := &Experiment{Among: func(all []class.Class) (class.Choice, error) {
		return class.Choose("--among", all, []string{"b", "c"})
	}}
	for _, classes := range [][]class.Class{forward, backward} {
		if _, err := chosen.Choose("net", classes); err != nil {
			t.Fatal(err)
		}
	}
	check(chosen, forward, 1, 2)
	check(chosen, backward, outputs-2, outputs-3)
	few := append(slices.Clone(forward[:2]), class.Class{Index: 2, Label: "other"})
	common := &Experiment{}
	if err := common.Compare(class.NewCommon([][]class.Class{forward, few})); err != nil {
		t.Fatal(err)
	}
	check(common, forward, 0, 1)
	if a, b := chosen.choices(forward), common.choices(forward); a != 2 || b != 2 {
		t.Errorf("%d and %d choices", a, b)
	}
	if chosen.Basis() == nil || common.Basis() == nil || (&Experiment{}).Basis() != nil {
		t.Error("records do not depend on the choice")
	}
	if err := (&Experiment{}).Compare(class.NewCommon([][]class.Class{forward[:1], forward})); err == nil || !strings.Contains(err.Error(), "1 class in common") {
		t.Errorf("one class in common: %v", err)
	}
	other := &Experiment{Among: func(all []class.Class) (class.Choice, error) { return class.ChoiceOf(all, []int{0, 1}), nil }}
	if _, err := other.Choose("one", forward); err != nil {
		t.Fatal(err)
	}
	if _, err := other.Choose("two", backward); err == nil || !strings.Contains(err.Error(), "others to model two") {
		t.Errorf("other classes: %v", err)
	}
}
