package heatmap

import (
	"encoding/hex"
	"image/color"
	"math"
	"os"
	"path/filepath"
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

// TestColormapsAreMatplotlibs has the 256 colours of matplotlib's tables, which
// scripts/colormap_goldens.py wrote.
func TestColormapsAreMatplotlibs(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("testdata", "matplotlib.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(file)) {
		name, digits, _ := strings.Cut(strings.TrimSpace(line), "\t")
		colours, err := hex.DecodeString(digits)
		if err != nil || len(colours) != 3*256 {
			t.Fatalf("%s: %d bytes, %v", name, len(colours), err)
		}
		seen[name] = true
		c, err := ParseColormap(name)
		if err != nil {
			t.Error(err)
			continue
		}
		for i := range 256 {
			want := color.NRGBA{colours[3*i], colours[3*i+1], colours[3*i+2], 255}
			if got := c.At(2*float64(i)/255 - 1); !near(got, want, 1) {
				t.Errorf("colour %d of %s is %v, want %v", i, name, got, want)
			}
		}
	}
	for _, name := range ColormapNames() {
		if !seen[name] {
			t.Errorf("no colours of %s", name)
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
