package sensitivity

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"bagnet/internal/chart"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// comparedRun has 40 images of very different areas, of which the second map's is larger by
// 0.03 in each, and the third's as often larger as smaller.
func comparedRun() *experiment.Run[Record] {
	m := &experiment.Measured[Record]{NetworkSummary: experiment.NetworkSummary{Model: "net", Measured: 40}}
	for i := range 40 {
		area := float64(i*7%40) / 50
		record := Record{Cells: 16, Maps: []MapRecord{
			{Map: "a", Correlation: 0.5, Area: text.Ratio(area)},
			{Map: "b", Correlation: 0.25, Area: text.Ratio(area + 0.03)},
			{Map: RandomName, Correlation: text.Ratio(math.NaN()), Area: text.Ratio(area + 0.1*float64(i%2*2-1))},
		}}
		for k := range record.Maps {
			record.Maps[k].Curve = []ShareRecord{{0, 0, 0, experiment.Response{}}, {50, 8, 0, experiment.Response{Probability: 0.5}}}
			record.Maps[k].Insertion = &CurveRecord{text.Ratio(1 - area), []ShareRecord{{0, 0, 0, experiment.Response{}}, {50, 8, 0, experiment.Response{Probability: 0.25}}}}
		}
		if i < 8 { // the others have no boxes
			record.Boxes = &BoxRecord{2, 4}
			record.Maps[0].Pointing = &PointRecord{Hit: true, Precision: 0.75}
			record.Maps[1].Pointing = &PointRecord{Hit: i < 6, Precision: text.Ratio(math.NaN())}
			record.Maps[2].Pointing = &PointRecord{Hit: false, Precision: 0.25}
		}
		m.Results = append(m.Results, experiment.Result[Record]{Value: record})
	}
	return &experiment.Run[Record]{Summary: experiment.Summary{Experiment: "sensitivity", Images: 40, All: 40}, Networks: []*experiment.Measured[Record]{m}}
}

// TestCompare has a difference that is small beside what images differ by, and certain.
func TestCompare(t *testing.T) {
	run := comparedRun()
	s := Settings{Maps: []Map{NewFiles("a", nil), NewFiles("b", nil), Random{}}, Cell: 16, Shares: []float64{0, 50}, Follow: FollowTrue,
		Curve: Both, Fill: FillRoad, Compare: CompareAll, Boxes: &dataset.Boxes{}}
	r := NewReport(run, s)
	n := r.Networks[0]
	if len(n.Pairs) != 3 || n.Pairs[0].Maps != [2]string{"a", "b"} || n.Pairs[1].Maps != [2]string{"a", RandomName} || n.Pairs[2].Maps != [2]string{"b", RandomName} {
		t.Fatalf("%+v", n.Pairs)
	}
	near := func(a text.Ratio, b float64) bool { return math.Abs(float64(a)-b) < 1e-9 }
	certain, unsure := n.Pairs[0].Area, n.Pairs[1].Area
	if !near(certain.Mean, -0.03) || !near(certain.Interval[0], -0.03) || !near(certain.Interval[1], -0.03) {
		t.Errorf("a and b: %+v", certain)
	}
	// The mean of 40 times +-0.1 has a standard error of 0.0158.
	if !near(unsure.Mean, 0) || math.Abs(float64(unsure.Interval[1])-1.96*0.0158) > 0.004 || math.Abs(float64(unsure.Interval[0])+1.96*0.0158) > 0.004 {
		t.Errorf("a and random: %+v", unsure)
	}
	if own := n.Maps[0].AreaInterval; float64(own[1]-own[0]) < 0.1 {
		t.Errorf("a alone: %v, whose images differ by much more", own)
	}
	if p := n.Pairs[0]; !near(p.Insertion.Mean, 0) || p.Correlation.Mean != 0.25 || p.Pointing.Mean != 0.25 || !math.IsNaN(float64(p.Precision.Mean)) || !math.IsNaN(float64(n.Pairs[1].Correlation.Mean)) {
		t.Errorf("%+v", p)
	}
	if n.Boxes.Images != 8 || n.Boxes.Boxes != 16 || n.Boxes.Cells.Mean != 0.25 || n.Maps[1].Pointing.Mean != 0.75 || n.Maps[0].Precision.Mean != 0.75 {
		t.Errorf("%+v, %+v", n.Boxes, n.Maps[1].Pointing)
	}
	written := string(r.Text())
	for _, want := range []string{
		"\nfilled      with the weighted mean of what is around, and noise of 0.01 (ROAD)\n",
		"\nput back, mean %            0%     50%    area under it\na                          0.0    25.0    61.00",
		"\nboxes       16 in 8 images, 25.0% of whose cells they cover\n",
		"\nb                        75.00 ± 16.37%    37.50 to 100.00%                -                   -\n",
		"\n95% interval               area, masked   area, put back    r with truth\n",
		"\nfirst minus second, same images (95%)             area, masked",
		"\na - b                                  -3.00% (-3.00 to -3.00)  ",
	} {
		if !strings.Contains(written, want) {
			t.Errorf("no %q in\n%s", want, written)
		}
	}
	if f := r.Figure(); len(f.Series) != 6 || f.Series[1].Name != "a" || f.Series[0].Kind != "masked" || f.Series[1].Kind != "put back" || f.XScale != chart.Root || f.X != "cells masked or put back, %" || f.Series[1].Points[1].Y != 0.25 {
		t.Errorf("%+v", f)
	}
	s.Compare = CompareFirst
	if pairs := NewReport(run, s).Networks[0].Pairs; len(pairs) != 2 || pairs[1].Maps != [2]string{"a", RandomName} || *pairs[0].Area != *certain && !near(pairs[0].Area.Mean, -0.03) {
		t.Errorf("each with the first: %+v", pairs)
	}
	s.Compare = CompareNone
	if n := NewReport(run, s).Networks[0]; n.Pairs != nil || n.Maps[0].AreaInterval != nil || n.Maps[0].Pointing == nil {
		t.Errorf("none: %+v", n)
	}
}

// TestReportInsertion has only that curve, of squares.
func TestReportInsertion(t *testing.T) {
	s := Settings{Maps: []Map{NewFiles("a", nil)}, Cell: 16, Shares: []float64{0, 50}, Follow: FollowTrue, Curve: Insertion, Place: PlacePeaks, Compare: CompareAll, NoTruth: true}
	run := comparedRun()
	run.Networks[0].Results[0].Value.Maps[0].Insertion.Curve[1].Pixels = 2048 // 50 %, as 8 of 16 cells are
	r := NewReport(run, s)
	m := r.Networks[0].Maps[0]
	if m.Curve != nil || m.AreaInterval != nil || m.CorrelationInterval != nil || m.Insertion.AreaInterval == nil || m.Insertion.Curve[1].Masked != 50 {
		t.Errorf("%+v", m)
	}
	written := string(r.Text())
	if strings.Contains(written, "true class") || !strings.Contains(written, "squares of 16 pixels, around the highest pixels of each map\n") || strings.Contains(written, "filled") {
		t.Errorf("%s", written)
	}
	run.Networks[0].Results[1].Value.Maps[0].Insertion.Curve[1].Pixels = 2111
	if got := NewReport(run, s).Figure().Series[0].Points[1].X; got != 50 { // 50.04 %
		t.Errorf("drawn at %v", got)
	}
	if f := r.Figure(); len(f.Series) != 1 || f.Series[0].Name != "a" || f.Series[0].Kind != "" || f.X != "pixels put back, %" || f.Title != "Putting back squares of 16 pixels, as maps rank them" {
		t.Errorf("%+v", f)
	}
	data, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(data), `"place":"peaks"`) || strings.Contains(string(data), `"fill"`) {
		t.Errorf("%s, %v", data, err)
	}
}
