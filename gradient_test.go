package bagnet_test

import (
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"gorgonia.org/tensor"

	"bagnet"
)

// allTiny are goldens of every kind of network.
var allTiny = []string{"internal/model/testdata/v1-q17", "internal/model/testdata/v2-q9", "internal/convnet/testdata/resnet-basic",
	"internal/convnet/testdata/resnet-bottleneck", "internal/convnet/testdata/vgg_bn", "internal/convnet/testdata/densenet",
	"internal/convnet/testdata/alexnet"}

// TestMultipliersAddUp holds DeepLIFT's promise on networks as they are read.
func TestMultipliersAddUp(t *testing.T) {
	for _, name := range allTiny {
		_, m, img := tiny(t, name)
		x := img.Tensor()
		zeros := must(bagnet.FromTensor(tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(x.Shape()...))))(t)
		c := m.Classes()[1]
		g := must(m.Gradient(t.Context(), img, &bagnet.GradientOptions{Class: c, Against: zeros}))(t)
		total, size := 0.0, 0.0
		for i, v := range g.Values.Float32s() {
			total += float64(v) * float64(x.Float32s()[i])
			size += math.Abs(float64(v) * float64(x.Float32s()[i]))
		}
		want := float64(g.Answer.Logits[1]) - float64(must(m.Classify(t.Context(), zeros))(t).Logits[1])
		if !(math.Abs(total-want) <= 1e-4*size) || size == 0 {
			t.Errorf("%s: they add up to %v, want %v", name, total, want)
		}
	}
}

// TestGradientOfLayers holds that the last feature map, of networks that end in its mean
// and a linear layer, times its gradient adds up to the logit, less the bias: to the same
// for an image as for another.
func TestGradientOfLayers(t *testing.T) {
	for _, name := range allTiny[:4] {
		_, m, img := tiny(t, name)
		size := img.Size()
		zeros := must(bagnet.FromTensor(tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(size.Y, size.X, 3))))(t)
		var bias [2]float64
		for i, img := range []*bagnet.Image{img, zeros} {
			layers := m.Layers()
			g := must(m.Gradient(t.Context(), img, &bagnet.GradientOptions{Class: m.Classes()[2], Layer: layers[len(layers)-1]}))(t)
			bias[i] = float64(g.Answer.Logits[2])
			for k, v := range g.Values.Float32s() {
				bias[i] -= float64(v) * float64(g.Layer.Float32s()[k])
			}
			named := must(m.Gradient(t.Context(), img, &bagnet.GradientOptions{Class: m.Classes()[2], Layer: layers[len(layers)-2]}))(t)
			if !slices.Equal(named.Layer.Float32s(), g.Layer.Float32s()) || !slices.Equal(named.Values.Float32s(), g.Values.Float32s()) {
				t.Errorf("%s: layer %s has another map than features", name, layers[len(layers)-2])
			}
			if !slices.Equal(g.Layer.Shape(), g.Values.Shape()) {
				t.Errorf("%s: gradients of %v at activations of %v", name, g.Values.Shape(), g.Layer.Shape())
			}
		}
		if !(math.Abs(bias[0]-bias[1]) < 1e-4) {
			t.Errorf("%s: the bias is %v and %v", name, bias[0], bias[1])
		}
	}
}

// TestGradientOfOneOutput holds that its two classes have opposite gradients.
func TestGradientOfOneOutput(t *testing.T) {
	m := read(t, oneOutput(t, "v1-q9", 1), nil)
	_, _, img := bagNet(t, "v1-q9")
	var values [2][]float32
	for class := range values {
		values[class] = must(m.Gradient(t.Context(), img, &bagnet.GradientOptions{Class: m.Classes()[class]}))(t).Values.Float32s()
	}
	for i, v := range values[0] {
		if v != -values[1][i] {
			t.Fatalf("value %d is %v and %v", i, v, values[1][i])
		}
	}
	if slices.Max(values[0]) <= 0 {
		t.Error("there is no gradient")
	}
}

// TestGradientsSideBySide holds that threads and other passes change no bit, nor the
// plain passes between.
func TestGradientsSideBySide(t *testing.T) {
	_, m, img := tiny(t, "internal/convnet/testdata/densenet")
	want := must(m.Gradient(t.Context(), img, nil))(t)
	logits := must(m.Classify(t.Context(), img))(t).Logits
	if !slices.Equal(logits, want.Answer.Logits) {
		t.Errorf("forwards and backwards the logits are %v, else %v", want.Answer.Logits, logits)
	}
	var wait sync.WaitGroup
	for _, threads := range []int{1, 2, 3, 5} {
		m := m.WithThreads(threads)
		for range 3 {
			wait.Go(func() {
				g, err := m.Gradient(t.Context(), img, nil)
				if err != nil || !slices.Equal(g.Values.Float32s(), want.Values.Float32s()) {
					t.Errorf("%d threads: %v, other bits", threads, err)
				}
			})
		}
	}
	wait.Wait()
}

func TestGradientErrors(t *testing.T) {
	_, m, img := tiny(t, "internal/convnet/testdata/resnet-basic")
	if got := strings.Join(m.Layers(), " "); got != "stem layer1 layer2 layer3 layer4 features" {
		t.Errorf("layers %s", got)
	}
	try := func(o bagnet.GradientOptions) error {
		_, err := m.Gradient(t.Context(), img, &o)
		return err
	}
	wantError(t, try(bagnet.GradientOptions{Layer: "layer5"}), `no layer "layer5": want one of stem, layer1`, nil)
	wantError(t, try(bagnet.GradientOptions{Class: bagnet.Class{Index: 5}}), "class 5 of a model that has 5", nil)
	wantError(t, try(bagnet.GradientOptions{Class: bagnet.Class{Index: -1}}), "class -1", nil)
	small := must(bagnet.FromTensor(tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(50, 40, 3))))(t)
	wantError(t, try(bagnet.GradientOptions{Against: small}), "pixels against one of 40x50", nil)
	wantError(t, try(bagnet.GradientOptions{Against: &bagnet.Image{}}), "there is no image", nil)
}
