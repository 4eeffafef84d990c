package attribution_test

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/testkit"
)

// golden is what PyTorch makes in float64 of the maps of one image: see
// scripts/attribution_goldens.py.
type golden struct {
	Checkpoint, Image string
	Class             int
	Logit             float64
	Maps              []goldenMap
}

type goldenMap struct {
	Method, Layer, Baseline string
	Rows, Cols              int
	Against, Sum, Largest   float64
	Every                   int
	Values                  []float64
}

// opened returns the golden called name, its network and its image.
func opened(t testing.TB, name string, threads int) (golden, *bagnet.Model, *bagnet.Image) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	root := testkit.Root(t)
	m, err := bagnet.Open(filepath.Join(root, g.Checkpoint), &bagnet.Options{Threads: threads})
	if err != nil {
		t.Fatal(err)
	}
	if g.Image != "docs/golf-ball.png" { // the others are seen as they are
		if m, err = m.WithPreprocessing(bagnet.Preprocessing{Interpolation: "bilinear", Mean: [3]float64{0.485, 0.456, 0.406}, Std: [3]float64{0.229, 0.224, 0.225}}); err != nil {
			t.Fatal(err)
		}
	}
	if data, err = os.ReadFile(filepath.Join(root, g.Image)); err != nil {
		t.Fatal(err)
	}
	picture, err := bagnet.Decode(bytes.NewReader(data), nil)
	if err != nil {
		t.Fatal(err)
	}
	img, err := m.Prepare(picture)
	if err != nil {
		t.Fatal(err)
	}
	return g, m, img
}

// made returns the map of an image's likeliest class.
func made(t testing.TB, m *bagnet.Model, img *bagnet.Image, s attribution.Settings) *attribution.Map {
	t.Helper()
	a, err := m.Classify(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	made, err := s.Map(t.Context(), m, img, a, m.Classes()[a.Best()], func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// settings are those that a golden was made with.
func (g goldenMap) settings(m *bagnet.Model) attribution.Settings {
	s := attribution.Default(g.Method)
	if g.Layer != "" {
		s.Layer = g.Layer
	}
	if g.Baseline != "" {
		s.Baseline, _ = attribution.Colour(g.Baseline, m.Preprocessing())
	}
	return s
}

// TestMapsArePyTorchs compares every value that a golden has, to 1e-4 of the map's
// largest: rounding, and what crosses 0 by rounding alone.
func TestMapsArePyTorchs(t *testing.T) {
	for _, name := range []string{"v1-q17", "v2-q33", "resnet-basic", "resnet-bottleneck", "vgg", "vgg_bn", "densenet", "alexnet", "resnet18-imagenette", "bagnet17-imagenette"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, net, img := opened(t, name, 1)
			for _, want := range g.Maps {
				if want.Method == attribution.SmoothGrad {
					continue // its noise is not PyTorch's: see TestSmoothGrad
				}
				checkGolden(t, g, want, made(t, net, img, want.settings(net)))
			}
		})
	}
}

func checkGolden(t *testing.T, g golden, want goldenMap, got *attribution.Map) {
	t.Helper()
	about := want.Method + " " + want.Layer + want.Baseline
	if got.Class.Index != g.Class || math.Abs(got.Logit-g.Logit) > 1e-4 || got.Rows != want.Rows || got.Cols != want.Cols || len(got.Values) != want.Rows*want.Cols {
		t.Errorf("%s: class %d, logit %v, %d x %d with %d values; want %d, %v, %d x %d", about, got.Class.Index, got.Logit, got.Rows, got.Cols, len(got.Values), g.Class, g.Logit, want.Rows, want.Cols)
		return
	}
	worst := 0.0
	for i, v := range want.Values {
		worst = max(worst, math.Abs(float64(got.Values[i*want.Every])-v))
	}
	t.Logf("%s: off by %.2g of the largest", about, worst/want.Largest)
	if worst > 1e-4*want.Largest {
		t.Errorf("%s: off by %.2g of the largest value", about, worst/want.Largest)
	}
	if off := math.Abs(got.Sum - want.Sum); off > 1e-4*want.Largest*float64(len(got.Values)) {
		t.Errorf("%s: the sum is %v, want %v", about, got.Sum, want.Sum)
	}
	if want.Baseline == "" != math.IsNaN(got.Against) || want.Baseline != "" && math.Abs(got.Against-want.Against) > 1e-4 {
		t.Errorf("%s: the baseline's logit is %v, want %v", about, got.Against, want.Against)
	}
	if got.Complete != !math.IsNaN(got.Residual) || got.Complete && math.Abs(got.Residual-(got.Sum-(g.Logit-want.Against))) > 1e-3 {
		t.Errorf("%s: residual %v of a sum of %v", about, got.Residual, got.Sum)
	}
	if got.Complete {
		t.Logf("%s: the sum is off by %.2g of the difference of logits", about, math.Abs(got.Residual/(got.Logit-got.Against)))
	}
}
