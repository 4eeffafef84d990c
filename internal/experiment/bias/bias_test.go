package bias

import (
	"context"
	"encoding/json"
	"math"
	"strings"
	"testing"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/experiment/entry"
	"bagnet/internal/testkit"
)

// golden is what numpy and scipy have: scripts/make_bias_goldens.py.
type golden struct {
	Shapes, Textures, Decisions []int
	Dropped                     int
	Counts                      []struct { // of each shape, then of all
		Shape, Texture, Other int
		Bias                  float64
	}
	Height, Width int
	A, B          []float32
	Made          map[string][]float64 // by sigma
}

var animals = []class.Class{{ID: "n0", Label: "bear"}, {Index: 1, ID: "n1", Label: "cat"}, {Index: 2, ID: "n2", Label: "Border collie, dog"}, {Index: 3, ID: "n3", Label: "T-shirt"}, {Index: 4, ID: "n4", Label: "4x4"}}

func TestCues(t *testing.T) {
	index := class.NewIndex(animals)
	for name, want := range map[string][2]int{
		"cat/cat7-bear12.png":          {1, 0},
		"cat7-bear12":                  {1, 0},
		"x/0001_cue_dnn_cat1-cat3.png": {1, 1},
		"T-shirt3-cat1.png":            {3, 1},
		"cat1-T-shirt3.JPEG":           {1, 3},
		"T-shirt1-T-shirt2.png":        {3, 3},
		"Border_collie12-cat1.png":     {2, 1},
		"dog-bear.png":                 {2, 0},
		"0001_Border_collie1-bear.png": {2, 0},
		"a.tar/n4/4x41-cat2.png":       {-1, -1}, // 4x41 is 4x without its number
		"cat.png":                      {-1, -1},
		"0-1.png":                      {-1, -1}, // numbers name no class
		"cat1-horse1.png":              {-1, -1},
		"horse1-cat1.png":              {-1, -1},
		"":                             {-1, -1},
	} {
		shape, texture, err := Cues(name, index)
		if err != nil {
			shape, texture = -1, -1
		}
		if shape != want[0] || texture != want[1] {
			t.Errorf("%s: %d, %d (%v), want %v", name, shape, texture, err, want)
		}
	}
	if _, _, err := Cues("d/photo.png", index); err == nil || !strings.Contains(err.Error(), `its name "photo.png" does not say`) {
		t.Errorf("%v", err)
	}
}

// answering gives every image the same probabilities.
type answering struct {
	experiment.Runner
	p []float64
}

func (a answering) Classify(context.Context, *bagnet.Image) (bagnet.Answer, error) {
	return bagnet.Answer{Probabilities: a.p}, nil
}

func TestMeasure(t *testing.T) {
	x := &Experiment{entry.Decider{Mapping: entry.Each("net", animals[:3])}}
	net := &experiment.Network{Runner: answering{p: []float64{0.1, 0.7, 0.2}}, Name: "net", Classes: animals[:3]}
	it := &experiment.Sample{Image: experiment.NewImage(4, 4), Path: "d/dog1-bear2.png", Class: 2}
	r, err := x.Measure(t.Context(), net, it)
	if err != nil || r != (Record{animals[0], animals[1], 0.7}) {
		t.Errorf("%+v, %v", r, err)
	}
	it.Class = 1
	if _, err := x.Measure(t.Context(), net, it); err == nil || err.Error() != `the shape is "Border collie" by its name, but "cat" by its directory or list` {
		t.Errorf("another shape: %v", err)
	}
	it.Path = "x.png"
	if _, err := x.Measure(t.Context(), net, it); err == nil {
		t.Error("no name")
	}
	if x.Name() != "bias" {
		t.Error(x.Name())
	}
}

// TestReport counts as numpy does.
func TestReport(t *testing.T) {
	g := testkit.ReadGolden[golden](t, "testdata/bias.json")
	names := []class.Class{{Label: "a"}, {Index: 1, Label: "b"}, {Index: 2, Label: "c"}, {Index: 3, Label: "d"}, {Index: 4, Label: "unseen"}}
	m := &experiment.Measured[Record]{NetworkSummary: experiment.NetworkSummary{Model: "net", Measured: 200}, Classes: names}
	for i, shape := range g.Shapes {
		m.Results = append(m.Results, experiment.Result[Record]{Class: shape, Value: Record{Texture: names[g.Textures[i]], Decision: names[g.Decisions[i]]}})
	}
	none := &experiment.Measured[Record]{NetworkSummary: experiment.NetworkSummary{Model: "none"}, Classes: names}
	r := NewReport(&experiment.Run[Record]{Networks: []*experiment.Measured[Record]{m, none}}, "each")
	n := r.Networks[0]
	if n.Dropped != g.Dropped || len(n.Classes) != 4 {
		t.Fatalf("%d dropped, want %d; %d classes", n.Dropped, g.Dropped, len(n.Classes))
	}
	for i, want := range g.Counts {
		got := n.Decisions
		if i < 4 {
			if got = n.Classes[i].Decisions; n.Classes[i].Class != names[i] {
				t.Errorf("class %d is %v", i, n.Classes[i].Class)
			}
		}
		if got.Shape != want.Shape || got.Texture != want.Texture || got.Other != want.Other || math.Abs(got.Bias.Value()-want.Bias) > 1e-12 {
			t.Errorf("%d: %+v, want %+v", i, got, want)
		}
		// The binomial standard error, and an interval that is about twice that to each side.
		decided := float64(want.Shape + want.Texture)
		e := math.Sqrt(want.Bias * (1 - want.Bias) / (decided - 1))
		if math.Abs(float64(got.Bias.Error)-e) > 1e-9 {
			t.Errorf("%d: error %v, want %v", i, got.Bias.Error, e)
		}
		low, high := float64(got.Bias.Interval[0]), float64(got.Bias.Interval[1])
		if math.Abs((high-low)/(2*1.96*e)-1) > 0.15 || !(low < want.Bias && want.Bias < high) {
			t.Errorf("%d: interval %v to %v around %v ± %v", i, low, high, want.Bias, e)
		}
	}
	if empty := r.Networks[1]; empty.Shape+empty.Texture+empty.Other+empty.Dropped+len(empty.Classes) != 0 || !math.IsNaN(empty.Bias.Value()) {
		t.Errorf("of nothing: %+v", empty)
	}
	out := string(r.Text())
	for _, want := range []string{"classes     each\n", "dropped     ", "\nshape                     shape  texture  other        shape bias      95% interval\n", "\na    ", "\nall  "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	f := r.Figure()
	if strings.Join(f.Names, " ") != "a b c d all" || len(f.Series) != 3 || len(f.Series[0].Points) != 5 || f.Series[2].Points[0].Y != 0.5 {
		t.Fatalf("%+v", f)
	}
	for i, p := range f.Series[0].Points { // to the left of its mark, as there are two networks
		if math.Abs(p.X-float64(i)+0.175) > 1e-9 || math.Abs(p.Y-g.Counts[i].Bias) > 1e-12 || p.Error <= 0 {
			t.Errorf("point %d: %+v", i, p)
		}
	}
	if all := f.Series[1].Points[0]; math.Abs(all.X-4.175) > 1e-9 {
		t.Errorf("the other network's: %+v", all)
	}
	data, err := json.Marshal(r)
	if err != nil || !strings.Contains(string(data), `"dropped":0,"shape":0,"texture":0,"other":0,"shape_bias":{"mean":null,"standard_error":null,"interval":[null,null]}`) {
		t.Errorf("%s, %v", data, err)
	}
}
