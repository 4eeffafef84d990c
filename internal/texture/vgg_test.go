package texture

import (
	"slices"
	"strings"
	"testing"

	"bagnet/internal/testkit"
)

// A VGG's layers are found by Gatys' names, in whatever order.
func TestVGG(t *testing.T) {
	g := testkit.ReadGolden[golden](t, "testdata/vgg.json")
	g.Layers = []string{"pool2", "conv1_1"}
	f := g.features(t, "vgg", kernel(t)).(*VGG)
	if want := []string{"conv1_1", "pool2"}; !slices.Equal(f.names, want) || f.least() != 4 {
		t.Errorf("layers %v, which need %d pixels", f.names, f.least())
	}
	floats := 19*22*5 + 9*11*(5+6+7) // of conv1_1, pool1, conv2_1, conv2_2
	if got, want := f.Bytes(19, 22), bytesOf(19, 22, floats+4*5*7); got < want*9/10 || got > want*11/10 {
		t.Errorf("%d bytes, want %d", got, want)
	}
	for _, tc := range []struct {
		names []string
		want  string
	}{
		{nil, "no layers: want some of conv1_1, pool1, conv2_1, conv2_2, pool2, conv3_1, pool3"},
		{[]string{"conv1_1", "relu1_1"}, `no layer "relu1_1": want some of conv1_1, pool1,`},
	} {
		if _, err := NewVGG(f.trunk, tc.names, f.mean, f.std); err == nil || !strings.HasPrefix(err.Error(), tc.want) {
			t.Errorf("%v: %v", tc.names, err)
		}
	}
	if _, err := Synthesise(t.Context(), f, stripes(3, 9), Settings{Steps: 1, Threads: 1}); err == nil || !strings.Contains(err.Error(), "need 4x4") {
		t.Errorf("a small picture: %v", err)
	}
	if r, err := Synthesise(t.Context(), f, stripes(16, 18), Settings{Steps: 20, Threads: 2}); err != nil || !(r.Loss < 0.2) {
		t.Errorf("%+v, %v", r, err)
	}
}
