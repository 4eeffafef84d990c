package heatmap

import (
	"image/color"
	"math"
	"sync"
)

// An oklab is a colour in B. Ottosson's "A perceptual color space for image processing"
// (2020): lightness 0 to 1, and how red rather than green and how yellow rather than blue
// it is. Colours between two lie on the straight line, and what is scaled of a and b alike
// keeps its hue.
type oklab struct{ l, a, b float64 }

// linear has the light of each level of sRGB (IEC 61966-2-1), 0 to 1.
var linear = func() (table [256]float64) {
	for i := range table {
		v := float64(i) / 255
		if table[i] = v / 12.92; v > 0.04045 {
			table[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return table
}()

const lightSteps = 1 << 14

// A lightTable has, for each of lightSteps+1 amounts of light from 0 to 1, the nearest level of
// sRGB and the lightness of such a grey.
type lightTable struct {
	level     [lightSteps + 1]uint8
	lightness [lightSteps + 1]float64
}

var lights = sync.OnceValue(func() *lightTable {
	var t lightTable
	for i := range t.level {
		v := float64(i) / lightSteps
		s := 12.92 * v
		if v > 0.0031308 {
			s = 1.055*math.Pow(v, 1/2.4) - 0.055
		}
		t.level[i], t.lightness[i] = uint8(255*s+0.5), math.Cbrt(v)
	}
	return &t
})

// step is where a lightTable has an amount of light.
func step(light float64) int { return int(max(0, min(1, light))*lightSteps + 0.5) }

// toOKLab returns an opaque colour of sRGB.
func toOKLab(c color.NRGBA) oklab {
	r, g, b := linear[c.R], linear[c.G], linear[c.B]
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	return oklab{
		0.2104542553*l + 0.7936177850*m - 0.0040720468*s,
		1.9779984951*l - 2.4285922050*m + 0.4505937099*s,
		0.0259040371*l + 0.7827717662*m - 0.8086757660*s,
	}
}

// light returns the linear red, green and blue of c; beyond 0 and 1 where sRGB has no
// such colour.
func (c oklab) light() (r, g, b float64) {
	l := c.l + 0.3963377774*c.a + 0.2158037573*c.b
	m := c.l - 0.1055613458*c.a - 0.0638541728*c.b
	s := c.l - 0.0894841775*c.a - 1.2914855480*c.b
	l, m, s = l*l*l, m*m*m, s*s*s
	return 4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s
}

// sRGB returns c, or where sRGB has no such colour the strongest of its hue and lightness
// that it has.
func (c oklab) sRGB() color.NRGBA {
	const slack = 1e-4 // of rounding; less than a level
	fits := func(r, g, b float64) bool { return min(r, g, b) >= -slack && max(r, g, b) <= 1+slack }
	if r, g, b := c.light(); !fits(r, g, b) {
		low, high := 0.0, 1.0 // shares of the strength: one that fits, one that does not
		for high-low > 1.0/256 {
			k := (low + high) / 2
			if fits(c.stronger(k).light()) {
				low = k
			} else {
				high = k
			}
		}
		c = c.stronger(low)
	}
	r, g, b := c.light()
	level := &lights().level
	return color.NRGBA{level[step(r)], level[step(g)], level[step(b)], 255}
}

// stronger returns c with k times its strength of colour, as light as it is.
func (c oklab) stronger(k float64) oklab { return oklab{c.l, k * c.a, k * c.b} }

// paler returns the colour that has so much of c's strength, 0 to 1, and of its darkness.
func (c oklab) paler(strength float64) oklab {
	return oklab{1 - strength*(1-c.l), strength * c.a, strength * c.b}
}

// luminance returns the light of a pixel as the eye weighs it, 0 to 1 (Rec. 709).
func luminance(r, g, b uint8) float64 {
	return 0.2126*linear[r] + 0.7152*linear[g] + 0.0722*linear[b]
}
