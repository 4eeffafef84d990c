package sensitivity

import (
	"math"
	"testing"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/experiment"
)

// TestAttributionMap holds a map's value for a cell to the mean over it of the image times
// its gradient, of the class that is followed.
func TestAttributionMap(t *testing.T) {
	v := ballView(t, 64)
	v.Class = 3
	cells, err := experiment.NewCells(64, 64, 16)
	if err != nil {
		t.Fatal(err)
	}
	v.Cells = cells
	got, err := Attribution{attribution.Default(attribution.GradientXInput)}.Values(t.Context(), v)
	if err != nil || len(got) != 16 {
		t.Fatalf("%v, %v", got, err)
	}
	g, err := v.Net.Gradient(t.Context(), v.Pixels(), &bagnet.GradientOptions{Class: bagnet.Class{Index: 3}})
	if err != nil {
		t.Fatal(err)
	}
	want := make([]float64, 16)
	for i, slope := range g.Values.Float32s() {
		y, x := i/3/64, i/3%64
		want[y/16*4+x/16] += float64(slope) * float64(v.Values[i]) / 256
	}
	for i := range want {
		if math.Abs(got[i]-want[i]) > 1e-6*math.Abs(want[i])+1e-7 {
			t.Errorf("cell %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// TestAttributionRuns are told apart by their settings, and from a directory's.
func TestAttributionRuns(t *testing.T) {
	one := Attribution{attribution.Default(attribution.IntegratedGradients)}
	if got := one.Weights(); one.Name() != "integrated-gradients" || got != "computed steps=50 baseline=mean" {
		t.Errorf("%s: %q", one.Name(), got)
	}
	if plain := (Attribution{attribution.Default(attribution.Saliency)}); plain.Weights() == NewFiles("saliency", nil).Weights() {
		t.Error("a map of the program's own has no other mark than a directory")
	}
}
