package stickers

import (
	"bagnet/internal/chart"
	"strings"
	"testing"

	"bagnet/internal/experiment"
)

// madeUp is a run of a BagNet over three images, one of them of the stickers' own class.
func madeUp(changed int) *experiment.Run[Record] {
	m := &experiment.Measured[Record]{NetworkSummary: experiment.NetworkSummary{Model: "net", Family: "v1", Patch: 9, Measured: 3}}
	for i := range 2 {
		m.Results = append(m.Results, experiment.Result[Record]{Class: 0, Value: Record{
			Target: 1,
			Pasted: []Pasted{{16, 4, 2, 2 * i, 0}, {8, 1, 2, i, 1}, {8, 4, 0, 0, 0}},
			Places: []Places{{8, 2, 0.5, 0}},
			Defence: []Defence{
				{Size: 16, Certified: i == 0, Tries: 2, Changed: changed + i, Became: i},
				{Size: 8, Certified: true, Tries: 2},
			},
		}})
	}
	m.Results = append(m.Results, experiment.Result[Record]{Class: 1, Value: Record{Target: 1, Own: true}})
	return &experiment.Run[Record]{Summary: experiment.Summary{Experiment: "stickers", Images: 3, All: 5}, Networks: []*experiment.Measured[Record]{m}}
}

func TestReport(t *testing.T) {
	r := NewReport(madeUp(0))
	n := r.Networks[0]
	if n.Own != 1 || len(n.Pasted) != 2 || n.Pasted[0].Size != 8 || n.Pasted[0].Images != 2 {
		t.Fatalf("%+v", n)
	}
	if p := n.Pasted[0]; p.Became.Mean != 0.25 || p.Other.Mean != 0.5 || p.Became.Error != 0.25 {
		t.Errorf("%+v", p)
	}
	if p := n.Pasted[1]; p.Size != 16 || p.Number != 4 || p.Became.Mean != 0.5 || p.Became.Error != 0.5 {
		t.Errorf("%+v", p)
	}
	if p := n.Places[0]; p.Effect.Mean != 2 || p.Anywhere.Mean != 0.5 || p.Congruent.Mean != 0 {
		t.Errorf("%+v", p)
	}
	if d := n.Defence[1]; d.Size != 16 || d.Certified != 1 || d.Tries != 2 || d.Changed != 0 || d.Became.Mean != 0.25 {
		t.Errorf("%+v", d)
	}
	text := string(r.Text())
	for _, want := range []string{
		"left out    1 image of the stickers' own class\n",
		"\n1              8 px       2       25.00 ± 25.00%      50.00 ± 0.00%\n4             16 px       2       50.00 ± 50.00%       0.00 ± 0.00%\n",
		"\n8 px                      2.000 ± 0.000      0.500 ± 0.000      0.000 ± 0.000\n",
		"\n16 px: 25.00 ± 25.00% became their class; 1 of 2 answers certified, and of 2 tries on these none changed the answer\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if text := string(NewReport(madeUp(1)).Text()); !strings.Contains(text, "1 CHANGED THE ANSWER: the certificates are wrong") {
		t.Errorf("a certificate that broke:\n%s", text)
	}
	f := r.Figure()
	if len(f.Series) != 2 || f.Series[0].Name != "net" || f.Series[0].Kind != "1 sticker" || f.Series[1].Kind != "4 stickers" || f.YScale != chart.Root || f.Series[1].Points[0].X != 16 || f.Series[0].Points[0].Error != 0.25 {
		t.Errorf("%+v", f)
	}
}
