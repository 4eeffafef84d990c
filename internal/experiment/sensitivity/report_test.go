package sensitivity

import (
	"math"
	"strings"
	"testing"

	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// TestReport sums up two images of two maps by hand.
func TestReport(t *testing.T) {
	response := func(logit, probability float64) experiment.Response {
		return experiment.Response{Logit: logit, Probability: probability}
	}
	record := func(cells int, logit float64, area, correlation text.Ratio, masked int, left, probability float64) Record {
		curve := []ShareRecord{{0, 0, 0, response(logit, 1)}, {10, masked, 0, response(left, probability)}}
		other := []ShareRecord{{0, 0, 0, response(logit, 1)}, {10, masked, 0, response(logit, 1)}}
		return Record{Class: 1, Response: response(logit, 1), Cells: cells, Maps: []MapRecord{
			{Map: "m", Correlation: correlation, Area: area, Curve: curve}, {Map: RandomName, Area: 1, Curve: other},
		}}
	}
	m := &experiment.Measured[Record]{NetworkSummary: experiment.NetworkSummary{Model: "net", Family: "v1", Patch: 33, Measured: 2}}
	for _, r := range []Record{record(16, 5, 0.5, 0.25, 2, 3, 0.75), record(20, 4, 0.25, text.Ratio(math.NaN()), 2, 3, 0.25)} {
		m.Results = append(m.Results, experiment.Result[Record]{Value: r})
	}
	run := &experiment.Run[Record]{Summary: experiment.Summary{Experiment: "sensitivity", Images: 2, All: 2}, Networks: []*experiment.Measured[Record]{m}}
	s := Settings{Maps: []Map{NewFiles("m", nil), Random{}}, Cell: 16, Shares: []float64{0, 10}, Follow: FollowTrue}
	r := NewReport(run, s)
	if r.Follows != FollowTrue || r.Cell != 16 || len(r.Networks) != 1 || len(r.Networks[0].Maps) != 2 {
		t.Fatalf("%+v", r)
	}
	got := r.Networks[0].Maps[0]
	if got.Map != "m" || got.Area.Mean != 0.375 || got.Area.Error != 0.125 || got.Correlation.Mean != 0.25 || len(got.Curve) != 2 {
		t.Fatalf("%+v", got)
	}
	// 2 cells of 16 are 12.5 %, of 20 they are 10 %.
	if p := got.Curve[1]; p.Percent != 10 || p.Masked != 11.25 || p.Probability.Mean != 0.5 || p.Probability.Error != 0.25 || p.LogitDrop.Mean != 1.5 || p.LogitDrop.Error != 0.5 {
		t.Errorf("%+v", p)
	}
	if p := r.Networks[0].Maps[1].Curve[1]; p.LogitDrop.Mean != 0 || p.Probability.Mean != 1 {
		t.Errorf("%+v", p)
	}
	written := string(r.Text())
	for _, want := range []string{
		"\nmasked      cells of 16 pixels, those that each map ranks highest first\n",
		"\ntrue class, mean %          0%     10%    area under it   r with truth\n",
		"\nm                        100.0    50.0   37.50 ± 12.50%          0.250\n",
		"\nm                         0.00    1.50\n",
		"\nrandom                    0.00    0.00\n",
	} {
		if !strings.Contains(written, want) {
			t.Errorf("no %q in\n%s", want, written)
		}
	}
	f := r.Figure()
	if len(f.Series) != 2 || f.Series[0].Name != "m" || !strings.Contains(f.Title, "16 pixels") || !strings.Contains(f.Y, "true class") {
		t.Fatalf("%+v", f)
	}
	if p := f.Series[0].Points[1]; p.X != 11.25 || p.Y != 0.5 || p.Error != 0.25 {
		t.Errorf("drawn as %+v", p)
	}
	run.Networks = append(run.Networks, m)
	if f := NewReport(run, s).Figure(); len(f.Series) != 4 || f.Series[3].Name != "random" || f.Series[3].Kind != "net" || f.Series[0].Kind != f.Series[1].Kind {
		t.Errorf("two networks: %+v", f)
	}
}
