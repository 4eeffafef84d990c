package interactions

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// runOf is a run of one network.
func runOf(n experiment.NetworkSummary, records ...Record) *experiment.Run[Record] {
	m := &experiment.Measured[Record]{NetworkSummary: n}
	for _, r := range records {
		m.Results = append(m.Results, experiment.Result[Record]{Value: r})
	}
	return &experiment.Run[Record]{Networks: []*experiment.Measured[Record]{m}}
}

// TestErrorsHaveTheirOwnChance has the same records for several sizes and gaps,
// whose bootstrap errors are alike, but not of one stream.
func TestErrorsHaveTheirOwnChance(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	s := Settings{Sizes: []int{8, 16}, Gaps: []int{0, 8}}
	var records []Record
	for range 50 {
		joint, noise := rng.NormFloat64(), rng.NormFloat64()
		image := Record{Range: 10}
		for _, size := range s.Sizes {
			for _, gap := range s.Gaps {
				image.Regions = append(image.Regions, Regions{Size: size, Gap: gap, Joint: joint, Sum: joint + noise})
			}
		}
		records = append(records, image)
	}
	run := runOf(experiment.NetworkSummary{}, records...)
	seen := map[text.Ratio]bool{}
	regions := NewReport(run, s).Networks[0].Regions
	for _, g := range regions {
		if seen[g.Correlation.Error] {
			t.Errorf("two errors are both %v", g.Correlation.Error)
		}
		seen[g.Correlation.Error] = true
		if first := regions[0].Correlation; g.Correlation.Mean != first.Mean || math.Abs(float64(g.Correlation.Error/first.Error)-1) > 0.3 {
			t.Errorf("%v of the same records as %v", g.Correlation, first)
		}
	}
	run.Seed = 1
	if other := NewReport(run, s).Networks[0].Regions[0]; seen[other.Correlation.Error] {
		t.Error("another seed gives the same error")
	}
}

// TestWhatIsNotExactIsSaid has deviations beyond rounding and within.
func TestWhatIsNotExactIsSaid(t *testing.T) {
	net, apart := experiment.NetworkSummary{Model: "net", Family: "v1", Patch: 33, Measured: 1}, false
	s := Settings{Sizes: []int{8}, Gaps: []int{32}}
	for sum, want := range map[float64]string{
		2: "they do NOT add up exactly;\nlargest deviation 0.1 of the logits' range, 1 measurement\n",
		// Eight times what rounding does to a logit, 2e-5 of the range of 10.
		1 + 15.9e-4: "they add up exactly, but for rounding;\nlargest deviation 0.00016 of the logits' range, 1 measurement\n",
		1 - 16.1e-4: "they do NOT add up exactly;\nlargest deviation 0.00016 of",
	} {
		run := runOf(net, Record{Range: 10, Regions: []Regions{{Size: 8, Gap: 32, Joint: 1, Sum: sum, SharedPatch: &apart}}})
		if text := string(NewReport(run, s).Text()); !strings.Contains(text, "\nregions that no patch touches two of, as from a gap of 32 pixels on: "+want) {
			t.Errorf("a sum of %v:\n%s", sum, text)
		}
	}
	touching := true
	run := runOf(net, Record{Range: 10, Regions: []Regions{{Size: 8, Gap: 32, Joint: 1, Sum: 2, SharedPatch: &touching}}})
	if text := string(NewReport(run, s).Text()); !strings.Contains(text, "\nno regions were so far apart that no patch touches two of them, as from a gap of 32 pixels on\n") {
		t.Errorf("regions that touch:\n%s", text)
	}
}

// TestLargest has deviations of different images, each in units of its own range.
func TestLargest(t *testing.T) {
	region := func(sum float64) []Regions { return []Regions{{Size: 8, Gap: 0, Joint: 1, Sum: sum}} }
	run := runOf(experiment.NetworkSummary{}, Record{Range: 10, Regions: region(2)}, Record{Range: 4, Regions: region(2)}, Record{Range: 100, Regions: region(-9)})
	g := NewReport(run, Settings{Sizes: []int{8}, Gaps: []int{0}}).Networks[0].Regions[0]
	if g.Largest != 0.25 || g.Relative.Mean != 4 { // (1 + 1 + 10) / 3
		t.Errorf("%+v", g)
	}
}

func TestReport(t *testing.T) {
	touching, apart := true, false
	var records []Record
	for i, r := range []Regions{
		{Joint: 1, Sum: 2, SharedPatch: &touching},
		{Joint: 2, Sum: 4, SharedPatch: &touching},
		{Joint: 3, Sum: 6, SharedPatch: &apart},
		{Joint: -4, Sum: -8, SharedPatch: nil},
	} {
		r.Size, r.Gap = 16, 8
		records = append(records, Record{Range: float32(10 * (i + 1)), Regions: []Regions{{Size: 16, Gap: 0, Joint: 7, Sum: 7}, r}})
	}
	run := runOf(experiment.NetworkSummary{Model: "net", Family: "resnet", Measured: 4}, records...)
	r := NewReport(run, Settings{Sizes: []int{16}, Gaps: []int{0, 8, 99}})
	n := r.Networks[0]
	if len(n.Regions) != 3 {
		t.Fatalf("%+v", n.Regions)
	}
	same, some, none := n.Regions[0], n.Regions[1], n.Regions[2]
	if some.Images != 4 || some.Correlation.Mean != 1 || some.Relative.Mean != 1 || some.Largest != 0.1 || some.Relative.Error != 0 {
		t.Errorf("twice as much: %+v", some)
	}
	if !math.IsNaN(float64(same.Correlation.Mean)) || same.Relative.Mean != 0 || same.Largest != 0 {
		t.Errorf("the same for all: %+v", same)
	}
	if none.Images != 0 || !math.IsNaN(float64(none.Largest)) {
		t.Errorf("what does not fit: %+v", none)
	}
	if n.Additivity.Images != 1 || math.Abs(float64(n.Additivity.Deviation)-0.1) > 1e-15 || n.Additivity.Exact {
		t.Errorf("additivity %+v", n.Additivity)
	}
	series := r.Figure().Series
	if len(series) != 1 || series[0].Name != "net" || series[0].Kind != "regions of 16 px" || len(series[0].Points) != 2 || series[0].Points[1].X != 8 || series[0].Points[1].Y != 1 {
		t.Errorf("series %+v", series)
	}
	if text := string(r.Text()); !strings.Contains(text, "\nleft out, as they do not fit into the images: 16 px with a gap of 99\n") {
		t.Errorf("%s", text)
	}
}

// TestAddUp has two images: of every gap, |joint - sum| and |joint| are given, and a gap that
// does not fit into one of them.
func TestAddUp(t *testing.T) {
	image := func(apart ...float64) Record {
		r := Record{Range: 10}
		for i, a := range apart {
			r.Regions = append(r.Regions, Regions{Size: 8, Gap: 10 * i, Joint: -2, Sum: -2 - a}, Regions{Size: 16, Gap: 10 * i, Joint: 1, Sum: 0})
		}
		return r
	}
	run := runOf(experiment.NetworkSummary{Model: "net", Layers: 18, Sees: 435, Side: 96, Measured: 2}, image(1.2, 0.6, 0.18), image(0.8, 0.2, 0, 0.8))
	r := NewReport(run, Settings{Sizes: []int{8, 16, 99}, Gaps: []int{0, 10, 20, 30}})
	eight, sixteen, none := r.Networks[0].AddUp[0], r.Networks[0].AddUp[1], r.Networks[0].AddUp[2]
	// 50, 20, 4.5 and, of the second image alone, 40 % apart.
	if !eight.Never || eight.Size != 8 || eight.last != 30 || !sixteen.Never || !math.IsNaN(float64(none.From)) {
		t.Errorf("%+v, %+v, %+v", eight, sixteen, none)
	}
	r = NewReport(run, Settings{Sizes: []int{8}, Gaps: []int{0, 10, 20}})
	eight = r.Networks[0].AddUp[0] // 10 % are between 20 and 4.5
	if want := 10 + 10*(20.0-10)/(20-4.5); math.Abs(float64(eight.From)-want) > 1e-12 || eight.Always || eight.Never {
		t.Errorf("%+v, want %v", eight, want)
	}
	// Of one image alone: 0 + 10*(40-10)/(40-10) and 10 + 10*(30-10)/(30-9).
	if low, high := float64(eight.Interval[0]), float64(eight.Interval[1]); math.Abs(low-10) > 1e-9 || math.Abs(high-(10+200.0/21)) > 1e-9 {
		t.Errorf("interval %v", eight.Interval)
	}
	if got := string(r.Text()); !strings.Contains(got, "\n90% of the joint effect adds up from a gap of\n16.5 px (95%: 10.0 to 19.5), for regions of 8 px\n") {
		t.Error(got)
	}
	f := r.DepthFigure(experiment.ByLayers)
	if s := f.Series[0]; len(f.Series) != 1 || s.Name != "" || s.Points[0].Name != "net" || s.Points[0].X != 18 || s.Bars[0].High >= 20 {
		t.Errorf("%+v", f)
	}
	if f := r.DepthFigure(experiment.BySight); f.Series[0].Points[0].X != 96 {
		t.Errorf("%+v", f)
	}
}
