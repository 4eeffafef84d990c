package heatmap

import (
	"image/color"
	"math"
	"strings"
	"testing"
)

func TestColormap(t *testing.T) {
	for v, want := range map[float64]color.NRGBA{
		0:                    {0xf7, 0xf7, 0xf7, 255},
		math.Copysign(0, -1): {0xf7, 0xf7, 0xf7, 255},
		math.NaN():           {0xf7, 0xf7, 0xf7, 255},
		1:                    {0x67, 0x00, 0x1f, 255},
		7:                    {0x67, 0x00, 0x1f, 255},
		-1:                   {0x05, 0x30, 0x61, 255},
		math.Inf(-1):         {0x05, 0x30, 0x61, 255},
		0.1:                  {0xfa, 0xe9, 0xdf, 255}, // halfway from f7f7f7 to fddbc7
	} {
		if got := RdBuR.At(v); got != want {
			t.Errorf("At(%v) = %v, want %v", v, got, want)
		}
	}
}

// The colours of matplotlib 3.6: cm.get_cmap(name)(n, bytes=True) for n of 0, 64, 128,
// 200 and 255.
func TestColormapsAreMatplotlibs(t *testing.T) {
	for name, want := range map[string]string{
		"RdBu":     "67001f e58368 f6f6f6 4f9ac7 053061",
		"coolwarm": "3a4cc0 8daffd dddcdb f08b6d b30326",
		"PuOr":     "7f3b08 ee9d3c f6f6f6 877bb1 2d004b",
		"PRGn":     "40004b ad8bbd f6f6f6 65b56a 00441b",
		"BrBG":     "543005 cfa255 f4f4f4 409f96 003c30",
		"viridis":  "440154 3a528b 20908c 70ce56 fde724",
		"magma":    "000003 50127b b63679 fd9768 fbfcbf",
		"inferno":  "000003 570f6d bb3754 fb9d06 fcfea4",
		"plasma":   "0c0786 7e03a7 cb4777 faa039 eff821",
		"cividis":  "00224d 434e6b 7c7b78 c4b468 fde737",
		"Greys":    "ffffff d8d8d8 959595 454545 000000",
		"RdBu_r":   "053061 6bacd0 f7f6f6 da6a55 67001f",
		"PuOr_r":   "2d004b 998fbf f7f6f5 e48a20 7f3b08",
	} {
		c, err := ParseColormap(name)
		if err != nil {
			t.Error(err)
			continue
		}
		for i, p := range parsePoints(want) {
			v := 2*float64([]int{0, 64, 128, 200, 255}[i])/255 - 1
			got := c.At(v)
			if !near(got, p, 2) {
				t.Errorf("%s(%.2f) is %v, want %v", name, v, got, p)
			}
		}
	}
}

// near says whether no channel of two colours differs by more than so many levels.
func near(a, b color.NRGBA, levels int) bool {
	for _, d := range []int{int(a.R) - int(b.R), int(a.G) - int(b.G), int(a.B) - int(b.B), int(a.A) - int(b.A)} {
		if d < -levels || d > levels {
			return false
		}
	}
	return true
}

func TestColormapNames(t *testing.T) {
	names := ColormapNames()
	if len(names) != 22 {
		t.Errorf("%d names", len(names))
	}
	for _, name := range names {
		c, err := ParseColormap(strings.ToUpper(name))
		if err != nil {
			t.Error(err)
			continue
		}
		base, backwards := strings.CutSuffix(name, "_r")
		if !backwards {
			base += "_r"
		}
		other, err := ParseColormap(base)
		if err != nil {
			t.Error(err)
			continue
		}
		for _, v := range []float64{-1, -0.37, 0, 0.5, 1} {
			if a, b := c.At(v), other.At(-v); !near(a, b, 1) { // halves are rounded up
				t.Errorf("%s(%v) is %v, %s(%v) is %v", name, v, c.At(v), base, -v, other.At(-v))
			}
		}
	}
	if rdBuR, err := ParseColormap("rdbu_r"); err != nil || rdBuR.At(1) != RdBuR.At(1) {
		t.Errorf("rdbu_r: %v", err)
	}
	for _, name := range []string{"", "jet", "_r", "RdBu_r_r"} {
		if _, err := ParseColormap(name); err == nil || !strings.Contains(err.Error(), "viridis") {
			t.Errorf("%q: %v", name, err)
		}
	}
}
