package heatmap

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// deficiencies are the three common ones in full, on linear RGB: G. M. Machado, M. M. Oliveira,
// L. A. F. Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency",
// IEEE TVCG 15 (2009), severity 1.0.
var deficiencies = map[string][3][3]float64{
	"none":   {{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	"protan": {{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	"deutan": {{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	"tritan": {{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// TestColourVision asks how far apart colours of the maps look, by CIEDE2000, to people who see
// all colours and to those who do not: those of evidence for and against, and either and none. What
// scikit-image computes of the same (scripts/colour_vision.py) is the witness. 5 is seen at a
// glance, by a rule of thumb; that between weak evidence and none is the least.
func TestColourVision(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("testdata", "colour-vision.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for line := range strings.Lines(string(file)) {
		fields := strings.Fields(line)
		name, who := fields[0], fields[1]
		colors, err := ParseColormap(name)
		if err != nil {
			t.Fatal(err)
		}
		seen[name]++
		look := func(v float64) [3]float64 { return lab(colors.At(v), deficiencies[who]) }
		for i, v := range []float64{0.25, 0.5, 0.75, 1} {
			var apart, strength float64
			if _, err := fmt.Sscanf(fields[2+i], "%f/%f", &apart, &strength); err != nil {
				t.Fatal(err)
			}
			gotApart := difference2000(look(-v), look(v))
			gotStrength := min(difference2000(look(-v), look(0)), difference2000(look(v), look(0)))
			if math.Abs(gotApart-apart) > 1 || math.Abs(gotStrength-strength) > 1 {
				t.Errorf("%s, %s, %v: differences %.1f and %.1f, scikit-image has %v and %v", name, who, v, gotApart, gotStrength, apart, strength)
			}
			if gotApart < 12 || gotStrength < 5 {
				t.Errorf("%s, %s: %v and -%v differ by %.1f, the nearer one and 0 by %.1f", name, who, v, v, gotApart, gotStrength)
			}
		}
	}
	for _, m := range colormaps {
		if seen[m.name] != len(deficiencies) {
			t.Errorf("%s was compared %d times", m.name, seen[m.name])
		}
		zero := lab(parsePoints(m.table).At(0), deficiencies["none"])
		if m.diverging && math.Hypot(zero[1], zero[2]) > 0.1 {
			t.Errorf("%s has colour at zero: %v", m.name, zero)
		}
	}
}

// lab is how a colour looks, in CIELAB, D65.
func lab(c color.NRGBA, sight [3][3]float64) [3]float64 {
	linear := func(level uint8) float64 {
		if v := float64(level) / 255; v > 0.04045 {
			return math.Pow((v+0.055)/1.055, 2.4)
		} else {
			return v / 12.92
		}
	}
	r, g, b := linear(c.R), linear(c.G), linear(c.B)
	var rgb [3]float64
	for i, row := range sight {
		rgb[i] = max(0, min(1, row[0]*r+row[1]*g+row[2]*b))
	}
	f := func(x, y, z, white float64) float64 {
		v := (x*rgb[0] + y*rgb[1] + z*rgb[2]) / white
		if v > 0.008856 {
			return math.Cbrt(v)
		}
		return 7.787*v + 16.0/116
	}
	x, y, z := f(0.412453, 0.357580, 0.180423, 0.95047), f(0.212671, 0.715160, 0.072169, 1), f(0.019334, 0.119193, 0.950227, 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// difference2000 is CIEDE2000 as G. Sharma, W. Wu, E. N. Dalal, "The CIEDE2000 Color-Difference
// Formula" (2005) write it down.
func difference2000(p, q [3]float64) float64 {
	rad := math.Pi / 180
	mean := (math.Hypot(p[1], p[2]) + math.Hypot(q[1], q[2])) / 2
	seventh := func(c float64) float64 { return math.Sqrt(math.Pow(c, 7) / (math.Pow(c, 7) + math.Pow(25, 7))) }
	g := 0.5 * (1 - seventh(mean))
	polar := func(c [3]float64) (chroma, hue float64) {
		a := (1 + g) * c[1]
		return math.Hypot(a, c[2]), math.Mod(math.Atan2(c[2], a)/rad+360, 360)
	}
	c1, h1 := polar(p)
	c2, h2 := polar(q)
	dh := math.Remainder(h2-h1, 360)
	if c1*c2 == 0 {
		dh = 0
	}
	dl, dc := q[0]-p[0], c2-c1
	dH := 2 * math.Sqrt(c1*c2) * math.Sin(dh/2*rad)
	l, c := (p[0]+q[0])/2, (c1+c2)/2
	h := h1 + dh/2 // the middle of the shorter way
	if c1*c2 == 0 {
		h = h1 + h2
	}
	t := 1 - 0.17*math.Cos((h-30)*rad) + 0.24*math.Cos(2*h*rad) + 0.32*math.Cos((3*h+6)*rad) - 0.20*math.Cos((4*h-63)*rad)
	h = math.Mod(h+360, 360)
	turn := 30 * math.Exp(-math.Pow((h-275)/25, 2))
	sl := 1 + 0.015*(l-50)*(l-50)/math.Sqrt(20+(l-50)*(l-50))
	sc, sh := 1+0.045*c, 1+0.015*c*t
	rt := -2 * seventh(c) * math.Sin(2*turn*rad)
	return math.Sqrt(dl/sl*dl/sl + dc/sc*dc/sc + dH/sh*dH/sh + rt*dc/sc*dH/sh)
}

// TestOverlaysKeepTheHue lays every colour of a map over greens, skin and greys: red stays red and
// blue blue, to what 8 bits can say, and no weaker than a third of it over black.
func TestOverlaysKeepTheHue(t *testing.T) {
	mix := newBlend(DefaultAlpha)
	for _, under := range []color.NRGBA{{60, 160, 40, 255}, {20, 60, 10, 255}, {190, 230, 120, 255}, {224, 172, 140, 255}, {128, 128, 128, 255}, {250, 250, 250, 255}, {8, 8, 8, 255}} {
		for v := -1.0; v <= 1; v += 0.01 {
			evidence := toOKLab(RdBuR.At(v))
			strong := math.Hypot(evidence.a, evidence.b)
			got := toOKLab(mix.over(luminance(under.R, under.G, under.B), evidence))
			left := math.Hypot(got.a, got.b)
			if strong < 0.03 {
				continue // nearly grey: 8 bits have no hue to speak of
			}
			turn := math.Remainder(math.Atan2(got.b, got.a)-math.Atan2(evidence.b, evidence.a), 2*math.Pi) * 180 / math.Pi
			if math.Abs(turn) > 6 || left < 0.35*strong {
				t.Errorf("%v over %v: turned by %.1f degrees, %.2f of its strength", v, under, turn, left/strong)
			}
		}
	}
}
