package bagnet_test

import (
	"errors"
	"math"
	"os"
	"slices"
	"testing"

	"bagnet"
)

// TestBagOfWords is used like a BagNet: an image's logits are the means of its patches', at
// the native stride and at others. Gradients it has none.
func TestBagOfWords(t *testing.T) {
	m, err := bagnet.Open("internal/words/testdata/words-17.safetensors", nil)
	if err != nil {
		t.Fatal(err)
	}
	if i := m.Info(); i.Family != "words" || i.Patch != 17 || i.Sees != 17 || !slices.Equal(i.Words, []int{10, 4}) || !slices.Equal(i.Strides, []int{8, 4, 2, 1}) || i.Outputs != 2 {
		t.Errorf("%+v", i)
	}
	file, err := os.Open("internal/convnet/testdata/input-64x75.png")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	picture, err := bagnet.Decode(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := m.Preprocessing()
	p.Resize, p.Crop = bagnet.Resize{}, 0
	if m, err = m.WithPreprocessing(p); err != nil {
		t.Fatal(err)
	}
	img, err := m.Prepare(picture)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := m.Classify(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	for _, stride := range m.Info().Strides {
		p, err := m.Patches(t.Context(), img, &bagnet.PatchOptions{Classes: m.Classes(), Stride: stride})
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range p.Heatmaps() {
			if h.Logit != float64(answer.Logits[i]) || math.Abs(h.Mean-h.Logit) > 1e-6 || h.Sees != h.Patch {
				t.Errorf("stride %d, class %d: mean %v, logit %v, want %v", stride, i, h.Mean, h.Logit, answer.Logits[i])
			}
		}
	}
	if _, err := m.Gradient(t.Context(), img, nil); !errors.Is(err, bagnet.ErrNoGradient) || m.Layers() != nil {
		t.Error(err)
	}
}
