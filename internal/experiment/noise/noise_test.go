package noise

import (
	"context"
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/experiment/entry"
	"bagnet/internal/images"
	"bagnet/internal/testkit"
)

// golden is what numpy and skimage have: scripts/make_bias_goldens.py.
type golden struct {
	Height, Width   int
	X, U            []float32
	Grey            []float64
	Contrast, Noisy map[string][]float64 // by level; noise at contrast 0.3
}

func near(t *testing.T, what string, got []float32, want []float64, tolerance float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, v := range want {
		if !(math.Abs(float64(got[i])-v) <= tolerance) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, got[i], v)
		}
	}
}

func level(t *testing.T, text string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestDefinitions(t *testing.T) {
	g := testkit.ReadGolden[golden](t, "testdata/noise.json")
	grey := Grey(experiment.Image{Values: g.X, H: g.Height, W: g.Width})
	near(t, "grey", grey.Values, g.Grey, 1e-6)
	for c, want := range g.Contrast {
		near(t, "contrast "+c, WithContrast(grey, level(t, c)).Values, want, 1e-6)
	}
	for w, want := range g.Noisy {
		near(t, "noise "+w, WithNoise(WithContrast(grey, 0.3), g.U, level(t, w)).Values, want, 1e-6)
	}
}

// TestNoise is as far from -1 as from 1, and everywhere between.
func TestNoise(t *testing.T) {
	noise := Noise(100, 100, rand.New(rand.NewPCG(3, 4)))
	sum, squares := 0.0, 0.0
	for _, v := range noise {
		sum, squares = sum+float64(v), squares+float64(v)*float64(v)
	}
	low, high := slices.Min(noise), slices.Max(noise)
	if n := float64(len(noise)); len(noise) != 10_000 || math.Abs(sum/n) > 0.02 || math.Abs(squares/n-1.0/3) > 0.01 || low < -1 || low > -0.99 || high > 1 || high < 0.99 {
		t.Errorf("mean %v, square %v, %v to %v", sum/n, squares/n, low, high)
	}
}

// seeing remembers the images that it is asked about, and answers by how many there were.
type seeing struct {
	experiment.Runner
	images [][]float32
}

func (s *seeing) Classify(_ context.Context, img *bagnet.Image) (bagnet.Answer, error) {
	s.images = append(s.images, slices.Clone(img.Tensor().Float32s()))
	logits := make([]float32, 3)
	logits[len(s.images)%3] = 5
	p := make([]float64, 3)
	p[len(s.images)%3] = 0.9
	return bagnet.Answer{Logits: logits, Outputs: logits, Probabilities: p}, nil
}

var abc = []class.Class{{Label: "a"}, {Index: 1, Label: "b"}, {Index: 2, Label: "c"}}

// measured is what a network sees of the golden's image at some levels, as colours: first
// intact.
func measured(t *testing.T, x *Experiment) (Record, [][]float32) {
	t.Helper()
	g := testkit.ReadGolden[golden](t, "testdata/noise.json")
	p := images.ImageNet()
	s := &seeing{}
	net := &experiment.Network{Runner: s, Name: "net", Classes: abc, Preprocessing: p}
	it := &experiment.Sample{Image: experiment.Image{Values: g.X, H: g.Height, W: g.Width}.Normalised(p), RNG: rand.New(rand.NewPCG(1, 1))}
	r, err := x.Measure(t.Context(), net, it)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range s.images {
		s.images[i] = experiment.Image{Values: v, H: g.Height, W: g.Width}.Colours(p).Values
	}
	return r, s.images
}

func TestMeasure(t *testing.T) {
	g := testkit.ReadGolden[golden](t, "testdata/noise.json")
	wide := func(values []float32) (out []float64) {
		for _, v := range values {
			out = append(out, float64(v))
		}
		return out
	}
	r, seen := measured(t, &Experiment{Settings: Settings{Kind: Contrast, Levels: []float64{0, 0.3, 1}, Contrast: 0.7}})
	near(t, "intact", seen[0], wide(g.X), 1e-6)
	for i, c := range []string{"0.0", "0.3", "1.0"} {
		near(t, "contrast "+c, seen[i+1], g.Contrast[c], 1e-6)
	}
	if r.Intact.Predicted != 1 || r.Intact.Probability != 0.9 || len(r.Levels) != 3 || r.Levels[0].Predicted != 2 || r.Levels[2].Predicted != 1 {
		t.Errorf("%+v", r)
	}
	_, seen = measured(t, &Experiment{Settings: Settings{Kind: Contrast, Levels: []float64{1}, Colour: true}})
	near(t, "in colour", seen[1], wide(g.X), 1e-6)

	// Widths share one noise, which does not depend on the others.
	_, seen = measured(t, &Experiment{Settings: Settings{Kind: Uniform, Levels: []float64{0, 0.05, 0.1}, Contrast: 0.3}})
	near(t, "no noise", seen[1], g.Contrast["0.3"], 1e-6)
	for i := range seen[1] {
		if a, b := float64(seen[2][i]-seen[1][i]), float64(seen[3][i]-seen[1][i]); math.Abs(b-2*a) > 1e-6 || math.Abs(b) > 0.1 {
			t.Fatalf("value %d: noise %v and %v", i, a, b)
		}
	}
	_, other := measured(t, &Experiment{Settings: Settings{Kind: Uniform, Levels: []float64{0.1}, Contrast: 0.3}})
	near(t, "another choice of levels", other[1], wide(seen[3]), 1e-7)
	if slices.Equal(seen[3], seen[1]) {
		t.Error("no noise at all")
	}
	_, colour := measured(t, &Experiment{Settings: Settings{Kind: Uniform, Levels: []float64{0.1}, Contrast: 1, Colour: true}})
	for i := 0; i < len(colour[1]); i += 3 { // the same for all three where nothing is cut off
		d := [3]float64{}
		for c := range d {
			d[c] = float64(colour[1][i+c] - g.X[i+c])
		}
		if v := slices.Max(colour[1][i : i+3]); v < 0.999 && slices.Min(colour[1][i:i+3]) > 0.001 && (math.Abs(d[0]-d[1]) > 1e-6 || math.Abs(d[0]-d[2]) > 1e-6) {
			t.Fatalf("pixel %d: %v", i/3, d)
		}
	}

	d := &entry.Decider{Mapping: entry.Each("other", []class.Class{{Label: "c"}, {Index: 1, Label: "b"}, {Index: 2, Label: "a"}})}
	r, _ = measured(t, &Experiment{Settings{Kind: Contrast, Levels: []float64{1}}, d})
	if r.Intact != (Answer{1, 0.9}) || r.Levels[0] != (Answer{0, 0.9}) {
		t.Errorf("entry-level: %+v", r)
	}
}

func TestReport(t *testing.T) {
	x := &Experiment{Settings: Settings{Kind: Uniform, Levels: []float64{0, 0.5}, Contrast: 0.3}}
	m := &experiment.Measured[Record]{NetworkSummary: experiment.NetworkSummary{Model: "net"}, Classes: abc}
	for i := range 8 {
		m.Results = append(m.Results, experiment.Result[Record]{Class: 1, Value: Record{Answer{1, 1}, []Answer{{i % 2, 1}, {i / 2, 1}}}})
	}
	m.Results[7].Value.Levels = nil // damaged
	r := NewReport(&experiment.Run[Record]{Networks: []*experiment.Measured[Record]{m}}, x)
	n := r.Networks[0]
	if n.Intact.Value() != 1 || len(n.Levels) != 2 || n.Levels[0].Level != 0 || n.Levels[0].Accuracy.Value() != 3.0/8 || n.Levels[1].Level != 0.5 || n.Levels[1].Accuracy.Value() != 2.0/8 {
		t.Errorf("%+v", n)
	}
	if i := n.Levels[1].Accuracy.Interval; !(i[0] >= 0 && i[0] < 0.25 && i[1] > 0.25 && i[1] < 1) || n.Intact.Interval != (experiment.Interval{1, 1}) {
		t.Errorf("intervals %v, %v", i, n.Intact.Interval)
	}
	text := string(r.Text())
	for _, want := range []string{"changed     grey images at a contrast of 0.3, uniform noise\n", "\nwidth         top-1 accuracy        95% interval\nintact        100.00 ± 0.00%     100.0 to 100.0%\n0             37.50", "\n0.5  "} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	f := r.Figure()
	if chance := f.Series[len(f.Series)-1]; chance.Name != "chance" || chance.Points[0].Y != 1/float64(len(m.Classes)) {
		t.Errorf("%+v", chance)
	}
	if strings.Join(f.Names, " ") != "0 0.5" || f.Series[0].Points[1].X != 1 || f.Series[0].Points[1].Y != 0.25 || !strings.Contains(f.X, "width of the noise, grey images at a contrast of 0.3") {
		t.Errorf("%+v", f)
	}
	x.Kind, x.Colour, x.Decider = Contrast, true, &entry.Decider{Mapping: entry.Sixteen()}
	r = NewReport(&experiment.Run[Record]{Networks: []*experiment.Measured[Record]{m}}, x)
	if text := string(r.Text()); !strings.Contains(text, "changed     images in colour, less contrast\nclasses     the 16 entry-level classes\n") || !strings.Contains(text, "\ncontrast  ") || r.Contrast != 0 {
		t.Error(text)
	}
	if f := r.Figure(); f.X != "contrast, images in colour" || f.Title != "Accuracy at low contrast" {
		t.Errorf("%+v", f)
	}
}

// TestBasis tells runs apart by all that changes images or answers.
func TestBasis(t *testing.T) {
	seen := map[string]bool{}
	for _, x := range []*Experiment{
		{Settings: Settings{Kind: Uniform, Levels: []float64{0.1}, Contrast: 0.3}},
		{Settings: Settings{Kind: Contrast, Levels: []float64{0.1}, Contrast: 0.3}},
		{Settings: Settings{Kind: Uniform, Levels: []float64{0.2}, Contrast: 0.3}},
		{Settings: Settings{Kind: Uniform, Levels: []float64{0.1}, Contrast: 0.5}},
		{Settings: Settings{Kind: Uniform, Levels: []float64{0.1}, Contrast: 0.3, Colour: true}},
		{Settings{Kind: Uniform, Levels: []float64{0.1}, Contrast: 0.3}, &entry.Decider{Mapping: entry.Sixteen()}},
	} {
		data, err := json.Marshal(x.Basis())
		if err != nil {
			t.Fatal(err)
		}
		seen[string(data)] = true
	}
	if len(seen) != 6 {
		t.Errorf("%d of 6: %v", len(seen), seen)
	}
	for _, kind := range []string{Uniform, Contrast} {
		if levels := Levels(kind); len(levels) != 8 || !slices.IsSorted(levels) {
			t.Errorf("%s: %v", kind, levels)
		}
	}
}
