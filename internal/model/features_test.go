package model

import (
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/inference"
)

// TestFeaturesAndHead cuts networks in two: together, the parts are the network,
// in whatever order the positions of the map are.
func TestFeaturesAndHead(t *testing.T) {
	for _, family := range []string{"v1", "v2"} {
		m := mustNew(t, random(small(family, 17), 1), Options{Threads: 2})
		img := randomImage(61, 80, 1)
		pixels, err := inference.FromTensor(img)
		if err != nil {
			t.Fatal(err)
		}
		features, err := m.Features(t.Context(), pixels)
		if err != nil {
			t.Fatal(err)
		}
		s := features.Shape()
		if rows, cols := m.Config().Grid(61, 80); !slices.Equal(s, []int{rows, cols, m.Config().Features()}) || rows < 2 {
			t.Fatalf("feature map %v", s)
		}
		var reversed []float32
		for _, position := range slices.Backward(slices.Collect(slices.Chunk(features.Float32s(), s[2]))) {
			reversed = append(reversed, position...)
		}
		for _, f := range []*tensor.Dense{features, tensor.New(tensor.WithShape(s...), tensor.WithBacking(reversed))} {
			got, err := m.Head(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			want := logits(t, m, img)
			exact := make([]float64, len(want))
			for i, v := range want {
				exact[i] = float64(v)
			}
			if d := offBy(got, exact); !(d <= 1e-6) {
				t.Errorf("%s: %v, want %v", family, got, want)
			}
		}
		if _, err := m.Head(t.Context(), tensor.New(tensor.WithShape(2, 2, 3), tensor.Of(tensor.Float32))); err == nil || !strings.Contains(err.Error(), "feature map is") {
			t.Errorf("another map: %v", err)
		}
	}
}
