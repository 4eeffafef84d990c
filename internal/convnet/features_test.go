package convnet_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/convnet"
	"bagnet/internal/engine"
	"bagnet/internal/inference"
	"gorgonia.org/tensor"
)

// TestFeaturesEqualPyTorch compares the last feature map.
func TestFeaturesEqualPyTorch(t *testing.T) {
	for _, name := range tiny {
		want, img := readGolden(t, name)
		for _, k := range engine.Kernels() {
			got, err := mustNew(t, read(t, name), convnet.Options{Kernel: k.Name()}).Features(t.Context(), img)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Shape(), want.Map) {
				t.Fatalf("%s: feature map %v, by PyTorch %v", name, got.Shape(), want.Map)
			}
			if d := deviation(got.Float32s(), want.Features); !(d <= 2e-5) {
				t.Errorf("%s, %s: the feature map is off by %.2g of its range", name, k.Name(), d)
			}
		}
	}
}

// TestFeaturesAndHead cuts each network in two: together, the parts are the
// network. Where the positions of the map change places, the logits of networks
// with a mean before the classifier stay, and those of others do not.
func TestFeaturesAndHead(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	noise := filled(0, 135, 150, 3)
	for i := range noise.Float32s() {
		noise.Float32s()[i] = float32(rng.NormFloat64())
	}
	img, err := inference.FromTensor(noise)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tiny {
		n := mustNew(t, read(t, name), convnet.Options{Threads: 2})
		want := classify(t, n, img)
		features, err := n.Features(t.Context(), img)
		if err != nil {
			t.Fatal(err)
		}
		s := features.Shape()
		if len(s) != 3 || s[0] < 2 || s[1] < 2 {
			t.Fatalf("%s: feature map %v", name, s)
		}
		got, err := n.Head(t.Context(), features)
		if err != nil {
			t.Fatal(err)
		}
		if d := deviation(got, want); !(d <= 1e-6) {
			t.Errorf("%s: the parts give %v, the network %v: %.2g of the range", name, got, want, d)
		}
		for i, v := range features.Float32s() {
			if !(v >= 0) { // there is a ReLU behind all
				t.Fatalf("%s: feature %d is %v", name, i, v)
			}
		}

		values := features.Float32s()
		reversed := make([]float32, 0, len(values))
		for _, position := range slices.Backward(slices.Collect(slices.Chunk(values, s[2]))) {
			reversed = append(reversed, position...)
		}
		got, err = n.Head(t.Context(), tensor.New(tensor.WithShape(s...), tensor.WithBacking(reversed)))
		if err != nil {
			t.Fatal(err)
		}
		d := deviation(got, want)
		if spatial := strings.HasPrefix(name, "vgg") || name == "alexnet"; spatial && d < 1e-3 || !spatial && d > 1e-6 {
			t.Errorf("%s: the reversed map moves the logits by %.2g of the range", name, d)
		}
	}
}

func TestHeadRefuses(t *testing.T) {
	n := mustNew(t, read(t, "vgg"), convnet.Options{})
	for _, m := range []*tensor.Dense{
		tensor.New(tensor.WithShape(2, 2, 3), tensor.Of(tensor.Float32)),
		tensor.New(tensor.WithShape(2, 8), tensor.Of(tensor.Float32)),
		tensor.New(tensor.WithShape(2, 2, 8), tensor.Of(tensor.Float64)),
	} {
		if _, err := n.Head(t.Context(), m); err == nil || !strings.Contains(err.Error(), "feature map is") {
			t.Errorf("%v of %v: %v", m.Shape(), m.Dtype(), err)
		}
	}
	if _, err := n.Features(t.Context(), blank{3, 3}); err == nil || !strings.Contains(err.Error(), "too small") {
		t.Errorf("a small image: %v", err)
	}
}

// deviation is the largest difference in units of the largest value.
func deviation[F float32 | float64](got []float32, want []F) float64 {
	largest, span := 0.0, 0.0
	for i := range want {
		largest = max(largest, math.Abs(float64(got[i])-float64(want[i])))
		span = max(span, math.Abs(float64(want[i])))
	}
	return largest / span
}
