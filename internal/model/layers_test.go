package model

import "testing"

// TestLayers counts as ResNet-50 does, whose blocks BagNet-33 has.
func TestLayers(t *testing.T) {
	for family, want := range map[string]int{"v1": 51, "v2": 50} {
		if got := (Config{Family: family, Depths: [4]int{3, 4, 6, 3}}).Architecture().Layers; got != want {
			t.Errorf("%s: %d layers, want %d", family, got, want)
		}
	}
}
