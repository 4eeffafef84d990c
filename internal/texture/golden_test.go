package texture

import (
	"math"
	"path/filepath"
	"testing"

	"bagnet/internal/convnet"
	"bagnet/internal/engine"
	"bagnet/internal/images"
	"bagnet/internal/loader"
	"bagnet/internal/testkit"
)

// golden is a loss and its gradient by PyTorch's autograd in float64: see
// scripts/make_texture_goldens.py.
type golden struct {
	H, W     int
	Filters  [][]float32
	Layers   []string
	Target   []float32
	Pixels   []float64
	Loss     float64
	Gradient []float64
}

func (g *golden) features(t *testing.T, name string, k *engine.Kernel) Features {
	t.Helper()
	if g.Filters != nil {
		return &Random{k: k, filters: g.Filters, most: len(g.Filters[0]) / (3 * taps * taps)}
	}
	file, err := loader.Open(filepath.Join("..", "convnet", "testdata", name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	trunk, err := convnet.NewTrunk(file, convnet.Options{Kernel: k.Name()})
	if err != nil {
		t.Fatal(err)
	}
	p := images.ImageNet()
	f, err := NewVGG(trunk, g.Layers, p.Mean, p.Std)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The loss and its gradient are PyTorch's, of random filters and of VGGs.
func TestLossIsPyTorchs(t *testing.T) {
	for _, name := range []string{"random", "random-odd", "vgg", "vgg_bn"} {
		g := testkit.ReadGolden[golden](t, filepath.Join("testdata", name+".json"))
		for _, k := range engine.Kernels() {
			loss, err := NewLoss(t.Context(), g.features(t, name, k), &Picture{g.Target, g.H, g.W}, 2)
			if err != nil {
				t.Fatal(err)
			}
			got, err := loss.Value(t.Context(), g.Pixels)
			if err != nil || !(math.Abs(got/g.Loss-1) < 1e-5) {
				t.Errorf("%s, %s: loss %v, %v; want %v", name, k.Name(), got, err, g.Loss)
			}
			grad := make([]float64, len(g.Pixels))
			if err := loss.Gradient(t.Context(), grad); err != nil {
				t.Fatal(err)
			}
			largest := 0.0
			for _, v := range g.Gradient {
				largest = max(largest, math.Abs(v))
			}
			worst := 0.0
			for i, v := range grad {
				worst = max(worst, math.Abs(v-g.Gradient[i])/largest)
			}
			if !(worst < 1e-4) {
				t.Errorf("%s, %s: a gradient is off by %.2g of the largest", name, k.Name(), worst)
			}
			t.Logf("%s, %s: gradient off by %.1e", name, k.Name(), worst)
		}
	}
}
