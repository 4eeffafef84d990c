package attribution

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"bagnet"
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

// waves is the noise of the goldens.
func (s *Settings) waves(ctx context.Context, t task) (*Map, error) {
	n := 0
	spread := s.Noise * (float64(slices.Max(t.x)) - float64(slices.Min(t.x)))
	return s.smooth(ctx, t, func(x []float32) []float32 {
		noisy := make([]float32, len(x))
		for i, v := range x {
			noisy[i] = v + float32(spread*math.Sin(float64(n)+1.7*float64(i)))
		}
		n++
		return noisy
	})
}

// made returns the map of an image's likeliest class, by another computation than its
// method's if that is not nil.
func made(t testing.TB, m *bagnet.Model, img *bagnet.Image, s Settings, compute func(context.Context, task) (*Map, error)) *Map {
	t.Helper()
	a, err := m.Classify(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	c := m.Classes()[a.Best()]
	if compute != nil {
		made, err := compute(t.Context(), newTask(m, img, a, c, func(int, int) {}))
		if err != nil {
			t.Fatal(err)
		}
		method, _ := Find(s.Method)
		made.finish(method, a, c)
		return made
	}
	made, err := s.Map(t.Context(), m, img, a, c, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// settings are those that a golden was made with.
func (g goldenMap) settings(m *bagnet.Model) Settings {
	s := Default(g.Method)
	s.Samples = 4
	if g.Layer != "" {
		s.Layer = g.Layer
	}
	if g.Baseline != "" {
		s.Baseline, _ = Colour(g.Baseline, m.Preprocessing())
	}
	return s
}

// kinks is how far integrated gradients may be off, as a share of the largest value: where a
// ReLU's input is 0 up to rounding, at one of 50 images, its gradient may be either.
const kinks = 2e-3

// TestMapsArePyTorchs compares every value that a golden has, to 1e-4 of the map's largest.
func TestMapsArePyTorchs(t *testing.T) {
	for _, name := range []string{"v1-q17", "v2-q33", "resnet-basic", "resnet-bottleneck", "vgg", "vgg_bn", "densenet", "alexnet", "resnet18-imagenette"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, net, img := opened(t, name, 1)
			for _, want := range g.Maps {
				s := want.settings(net)
				if want.Method == SmoothGrad {
					checkGolden(t, g, want, made(t, net, img, s, s.waves))
				} else {
					checkGolden(t, g, want, made(t, net, img, s, nil))
				}
			}
		})
	}
}

func checkGolden(t *testing.T, g golden, want goldenMap, got *Map) {
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
	tolerance := 1e-4
	if want.Method == IntegratedGradients {
		tolerance = kinks
	}
	if !(worst <= tolerance*want.Largest) {
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
	if change := got.Logit - got.Against; got.Name == DeepLIFT && math.Abs(got.Residual) > 1e-4*math.Abs(change) {
		t.Errorf("%s: the sum is off by %v of %v", about, got.Residual, change)
	}
}

// TestThreads has the same bits on one thread and on several, and beside other maps.
func TestThreads(t *testing.T) {
	_, one, img := opened(t, "resnet-bottleneck", 1)
	_, several, _ := opened(t, "resnet-bottleneck", 3)
	var all sync.WaitGroup
	for _, method := range Names() {
		want := made(t, one, img, Default(method), nil)
		all.Go(func() {
			if got := made(t, several, img, Default(method), nil); !slices.Equal(got.Values, want.Values) {
				t.Errorf("%s: other values on three threads", method)
			}
		})
	}
	all.Wait()
}

// TestGradientBytes are at least what activations take, and more with another image.
func TestGradientBytes(t *testing.T) {
	_, m, _ := opened(t, "resnet-basic", 1)
	bytes := func(method string) int {
		s := Default(method)
		n, err := s.Bytes(m, 50, 41)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	forward, gradient, both := bytes(Occlusion), bytes(Saliency), bytes(DeepLIFT)
	if stem := 4 * 6 * 25 * 21; forward < stem || gradient < forward+stem || both < gradient+stem || bytes(GradCAM) > gradient {
		t.Errorf("%d bytes forwards, %d with gradients, %d against another image, %d at the last layer", forward, gradient, both, bytes(GradCAM))
	}
	s := Default(GradCAM)
	s.Layer = "nowhere"
	if _, err := s.Bytes(m, 50, 41); err == nil {
		t.Error("an unknown layer")
	}
}
