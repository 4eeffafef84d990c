package heatmap

import (
	"image/color"
	"math"
	"testing"
)

// TestOKLab has what the CSS Color Module Level 4 gives for colours by name, and colours that
// go there and back.
func TestOKLab(t *testing.T) {
	for c, want := range map[color.NRGBA]oklab{
		{255, 255, 255, 255}: {1, 0, 0},
		{0, 0, 0, 255}:       {0, 0, 0},
		{255, 0, 0, 255}:     {0.62796, 0.22486, 0.12585},
		{0, 255, 0, 255}:     {0.86644, -0.23389, 0.17950},
		{0, 0, 255, 255}:     {0.45201, -0.03246, -0.31153},
		{0, 128, 0, 255}:     {0.51975, -0.14030, 0.10768},
	} {
		got := toOKLab(c)
		if math.Abs(got.l-want.l) > 2e-4 || math.Abs(got.a-want.a) > 2e-4 || math.Abs(got.b-want.b) > 2e-4 {
			t.Errorf("%v is %v, want %v", c, got, want)
		}
	}
	for r := 0; r < 256; r += 5 {
		for g := 0; g < 256; g += 5 {
			for b := 0; b < 256; b += 5 {
				c := color.NRGBA{uint8(r), uint8(g), uint8(b), 255}
				if got := toOKLab(c).sRGB(); got != c {
					t.Fatalf("%v came back as %v", c, got)
				}
			}
		}
	}
}

// TestBeyondSRGB makes colours more vivid than any screen's: they keep lightness and hue, and
// most of what strength there is.
func TestBeyondSRGB(t *testing.T) {
	for _, c := range []oklab{{0.5, 0.4, 0.1}, {0.9, -0.3, 0.3}, {0.3, 0, -0.5}, {0.97, 0.1, 0}} {
		got := toOKLab(c.sRGB())
		turn := math.Remainder(math.Atan2(got.b, got.a)-math.Atan2(c.b, c.a), 2*math.Pi)
		if math.Abs(got.l-c.l) > 0.01 || math.Abs(turn) > 0.05 {
			t.Errorf("%v became %v", c, got)
		}
		k := math.Hypot(got.a, got.b)/math.Hypot(c.a, c.b) + 0.03
		if r, g, b := c.stronger(k).light(); min(r, g, b) >= 0 && max(r, g, b) <= 1 {
			t.Errorf("%v became %v, weaker than it has to be", c, got)
		}
	}
}
