package shuffle

import (
	"math"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// madeUp is a run of a BagNet over four images of class 1.
func madeUp(patches, features text.Ratio) *experiment.Run[Record] {
	m := &experiment.Measured[Record]{NetworkSummary: experiment.NetworkSummary{Model: "net", Family: "v1", Patch: 33, Measured: 4}}
	for i := range 4 {
		logit := float32(i)
		m.Results = append(m.Results, experiment.Result[Record]{Class: 1, Value: Record{
			Side: 64, Class: min(i, 1), Logit: logit,
			Tiles: []TilesRecord{
				{32, []Shuffled{{1, 2 * logit, 0.5}, {0, 2 * logit, 0.7}}},
				{8, []Shuffled{{0, -logit, text.Ratio(math.NaN())}, {2, -logit, -1}}},
			},
			Features: &FeaturesRecord{[]Shuffled{{1, logit, 1}}, features},
			Patches:  &patches,
		}})
	}
	return &experiment.Run[Record]{
		Summary:  experiment.Summary{Experiment: "shuffle", Images: 4, All: 9},
		Networks: []*experiment.Measured[Record]{m},
	}
}

func TestReport(t *testing.T) {
	n := NewReport(madeUp(1e-6, 0)).Networks[0]
	if n.Intact.Mean != 0.75 || n.Intact.Error != 0.25 {
		t.Errorf("accuracy of the intact images %+v", n.Intact)
	}
	if len(n.Tiles) != 2 || n.Tiles[0].Tile != 8 || n.Tiles[1].Tile != 32 {
		t.Fatalf("tiles %+v", n.Tiles)
	}
	small, large := n.Tiles[0], n.Tiles[1]
	if large.Accuracy.Mean != 0.5 || large.Accuracy.Error != 0 { // each image is right in one of two orders
		t.Errorf("accuracy %+v", large.Accuracy)
	}
	if small.Accuracy.Mean != 0 || small.Images != 4 || n.Features.Accuracy.Mean != 1 {
		t.Errorf("accuracy %+v and %+v", small, n.Features)
	}
	if large.LogitCorrelation != 1 || small.LogitCorrelation != -1 {
		t.Errorf("correlations of logits %v, %v", large.LogitCorrelation, small.LogitCorrelation)
	}
	if math.Abs(float64(large.ClassCorrelation.Mean)-0.6) > 1e-15 || small.ClassCorrelation.Mean != -1 {
		t.Errorf("correlations over classes %v, %v", large.ClassCorrelation, small.ClassCorrelation)
	}
	if !n.Patches.Exact || n.Patches.Images != 4 || !n.Features.Exact || !n.Features.Averaged {
		t.Errorf("proofs %+v, %+v", n.Patches, n.Features)
	}
}

// TestText has the largest tiles first, and says why a v2 has no proof.
func TestText(t *testing.T) {
	run := madeUp(1e-6, 0)
	written := string(NewReport(run).Text())
	for _, want := range []string{
		"\nintact        75.00 ± 25.00%\n" +
			"32 px          50.00 ± 0.00%              1.000      0.600 ± 0.000\n" +
			"8 px            0.00 ± 0.00%             -1.000     -1.000 ± 0.000\n" +
			"features      100.00 ± 0.00%              1.000      1.000 ± 0.000\n",
		"\npositions of the last feature map shuffled: the logits are the same\nup to rounding; largest deviation 0 of their range, 4 images\n",
		"\npatches of 33 pixels shuffled, each run alone: the logits are the same\nup to rounding; largest deviation 1e-06 of their range, 4 images\n",
	} {
		if !strings.Contains(written, want) {
			t.Errorf("no %q in\n%s", want, written)
		}
	}
	const padded = "a BagNet v2 pads within its layers: no patch can be run alone"
	if strings.Contains(written, padded) {
		t.Errorf("a v1:\n%s", written)
	}
	run.Networks[0].Family = "v2"
	if written := string(NewReport(run).Text()); !strings.Contains(written, padded) {
		t.Errorf("a v2:\n%s", written)
	}
}

// TestFigure draws the intact images at their side, and nowhere if they differ in size.
func TestFigure(t *testing.T) {
	run := madeUp(1e-6, 0)
	last := NewReport(run).Figure().Series[0].Points[2]
	if last.X != 64 || last.Y != 0.75 || last.Error != 0.25 {
		t.Errorf("drawn as %+v", last)
	}
	run.Networks[0].Results[2].Value.Side = 48
	if last := NewReport(run).Figure().Series[0].Points[2]; !math.IsNaN(last.X) || last.Y != 0.75 {
		t.Errorf("images of two sizes are drawn as %+v", last)
	}
}

// TestWhatIsNotExactIsSaid has deviations beyond rounding.
func TestWhatIsNotExactIsSaid(t *testing.T) {
	r := NewReport(madeUp(3e-5, 0.25))
	text := string(r.Text())
	if n := strings.Count(text, "the logits are NOT the same"); n != 2 || r.Networks[0].Patches.Exact {
		t.Errorf("%d of two deviations in:\n%s", n, text)
	}
	for family, averaged := range map[string]bool{"vgg_bn": false, "vgg": false, "alexnet": false, "resnet": true, "densenet": true} {
		run := madeUp(0, 0.25)
		run.Networks[0].Family, run.Networks[0].Patch = family, 0
		text := string(NewReport(run).Text())
		if strings.Contains(text, "NOT") != averaged || strings.Contains(text, "the logits move by at most 0.25 of their range, 4 images") == averaged {
			t.Errorf("features of a %s:\n%s", family, text)
		}
	}
}

// TestHalf has four images of two classes, all of which are right while they are intact, three
// in tiles of 16 pixels or one and two halves of them, and none in tiles of 8.
func TestHalf(t *testing.T) {
	m := &experiment.Measured[Record]{NetworkSummary: experiment.NetworkSummary{Model: "net", Family: "v1", Layers: 51, Sees: 9, Side: 64, Measured: 4}, Classes: class.PlainClasses(4)}
	right, wrong := Shuffled{Class: 1}, Shuffled{Class: 0}
	for _, at16 := range [][]Shuffled{{right, right}, {right, wrong}, {wrong, right}, {wrong, wrong}} {
		m.Results = append(m.Results, experiment.Result[Record]{Class: 1, Value: Record{Side: 64, Class: 1, Tiles: []TilesRecord{
			{16, at16}, {8, []Shuffled{wrong, wrong}}, {32, []Shuffled{right, right}},
		}}})
	}
	run := &experiment.Run[Record]{Networks: []*experiment.Measured[Record]{m}}
	r := NewReport(run)
	h := r.Networks[0].Half
	// The level is 0.625 of an intact 1 and a chance of 0.25: a quarter of the way from 0.5 at
	// 16 to 1 at 32, on a logarithmic scale.
	if want := 16 * math.Pow(2, 0.25); h.Chance != 0.25 || math.Abs(float64(h.From)-want) > 1e-9 || h.last != 64 || h.Never || h.Always {
		t.Errorf("%+v, want %v", h, want)
	}
	// A sample of nothing but the first image crosses between 8 and 16, one of the last between 16 and 32, both at 0.625.
	if low, high := 8*math.Pow(2, 0.625), 16*math.Pow(2, 0.625); float64(h.Interval[0]) < low || float64(h.Interval[1]) > high || h.Interval[0] >= h.From || h.Interval[1] <= h.From {
		t.Errorf("%+v, want it within %v and %v", h, low, high)
	}
	if got := string(r.Text()); !strings.Contains(got, "\nhalf of the accuracy, above a chance of 25.00%, is left by tiles of 19.0 px (95%: ") {
		t.Error(got)
	}
	if f := r.DepthFigure(experiment.ByLayers); len(f.Series) != 1 || f.Series[0].Points[0].X != 51 || f.Series[0].Points[0].Y != float64(r.Networks[0].Half.From) {
		t.Errorf("%+v", f)
	}
	// Images of two sides have no last tile; the largest leaves enough.
	m.Results[3].Value.Side = 48
	if h := NewReport(run).Networks[0].Half; math.Abs(float64(h.From)-16*math.Pow(2, 0.25)) > 1e-9 || h.last != 32 {
		t.Errorf("%+v", h)
	}
	for i := range m.Results {
		m.Results[i].Value.Class = 0
	}
	if h := NewReport(run).Networks[0].Half; !math.IsNaN(float64(h.From)) || h.Never || h.Always {
		t.Errorf("no better than chance: %+v", h)
	}
}
