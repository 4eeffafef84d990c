package metadata

import (
	"slices"
	"testing"

	"bagnet/internal/testkit"
)

// FuzzMetadata reads what a checkpoint says about its network.
func FuzzMetadata(f *testing.F) {
	f.Add("bagnet", "v1", "33", "[2,2,2,1]", `[{"id":"n01440764","label":"tench"}]`, `{"resize":160,"crop":160,"interpolation":"bilinear","mean":[0,0,0],"std":[1,1,1]}`)
	f.Add("pt", "", "", "", `["n01440764","dog"]`, "")
	f.Add("bagnet", "v2", "-1", "[0,0,0,0]", "[]", `{"std":[0,0,0]}`)
	f.Fuzz(func(t *testing.T, format, family, patch, strides, classes, preprocessing string) {
		m, err := Parse(map[string]string{"format": format, "family": family, "patch_size": patch,
			"strides": strides, "classes": classes, "preprocessing": preprocessing})
		testkit.CheckMessage(t, err)
		if err != nil || m.Preprocessing == nil {
			return
		}
		stored, err := m.Text()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Parse(stored)
		if err != nil || *again.Preprocessing != *m.Preprocessing || !slices.Equal(again.Classes, m.Classes) || again.Strides != m.Strides {
			t.Fatalf("metadata %+v became %+v: %v", m, again, err)
		}
	})
}
