package convnet_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bagnet/internal/convnet"
	"bagnet/internal/engine"
	"bagnet/internal/images"
	"bagnet/internal/inference"
	"bagnet/internal/loader"
	"bagnet/internal/weights"
)

// golden is what PyTorch computed in float64 with a tiny network of torchvision's
// classes: see scripts/make_goldens.py and scripts/networks.py.
type golden struct {
	Image      string    `json:"image"`
	Height     int       `json:"height"`
	Width      int       `json:"width"`
	Family     string    `json:"family"`
	Layers     int       `json:"layers"`
	StemWidth  int       `json:"stem_width"`
	Depths     []int     `json:"depths"`
	Classes    int       `json:"classes"`
	Parameters int64     `json:"parameters"`
	MACs       int64     `json:"macs"`
	Logits     []float64 `json:"logits"`
	Map        []int     `json:"map"`      // rows, cols, channels
	Features   []float64 `json:"features"` // the last feature map
}

// tiny are the names of the goldens.
var tiny = []string{"resnet-basic", "resnet-bottleneck", "vgg", "vgg_bn", "densenet", "alexnet"}

func readGolden(t testing.TB, name string) (golden, inference.Pixels) {
	t.Helper()
	var g golden
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err == nil {
		err = json.Unmarshal(data, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	if data, err = os.ReadFile(filepath.Join("testdata", g.Image)); err != nil {
		t.Fatal(err)
	}
	picture, err := images.Decode(data, images.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return g, images.ImageNet().Normalize(picture)
}

func open(t testing.TB, name string) weights.Source {
	t.Helper()
	checkpoint, err := loader.Open(filepath.Join("testdata", name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return checkpoint
}

func mustNew(t testing.TB, w weights.Source, o convnet.Options) *convnet.Network {
	t.Helper()
	n, err := convnet.New(w, o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func classify(t testing.TB, n *convnet.Network, img inference.Pixels) []float32 {
	t.Helper()
	logits, err := n.Classify(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	return logits
}

func TestEqualsPyTorch(t *testing.T) {
	for _, name := range tiny {
		want, img := readGolden(t, name)
		w := open(t, name)
		for _, k := range engine.Kernels() {
			t.Run(name+"/"+k.Name(), func(t *testing.T) {
				n := mustNew(t, w, convnet.Options{Kernel: k.Name(), Threads: 1})
				a := n.Architecture()
				if a.Family != want.Family || a.Layers != want.Layers || a.StemWidth != want.StemWidth || !slices.Equal(a.Depths, want.Depths) ||
					a.Classes != want.Classes || a.Parameters != want.Parameters || a.Patch != 0 {
					t.Errorf("read as %+v, made as %+v", a, want)
				}
				if macs := n.MACs(want.Height, want.Width); macs != want.MACs {
					t.Errorf("%d multiply-adds, by PyTorch %d", macs, want.MACs)
				}
				got := classify(t, n, img)
				span := 0.0
				for _, v := range want.Logits {
					span = max(span, math.Abs(v))
				}
				for i, v := range want.Logits {
					if d := math.Abs(float64(got[i])-v) / span; !(d <= 2e-5) {
						t.Fatalf("logit %d is %v, want %v: off by %.2g of the range", i, got[i], v, d)
					}
				}
				for _, threads := range []int{2, 5} {
					if other := classify(t, mustNew(t, w, convnet.Options{Kernel: k.Name(), Threads: threads}), img); !slices.Equal(got, other) {
						t.Errorf("%d threads give other bits", threads)
					}
				}
			})
		}
	}
}
