// Package heatmap turns patch logits into pictures.
package heatmap

import (
	"image/color"
	"math"
)

// A Colormap maps -1..1 to colours; 0 is its neutral middle.
type Colormap []color.NRGBA

// RdBuR is matplotlib's RdBu_r: the eleven colours of ColorBrewer's RdBu (Brewer,
// Hatchard and Harrower 2003), blue for evidence against, red for evidence for.
var RdBuR = Colormap{
	{0x05, 0x30, 0x61, 255}, {0x21, 0x66, 0xac, 255}, {0x43, 0x93, 0xc3, 255}, {0x92, 0xc5, 0xde, 255},
	{0xd1, 0xe5, 0xf0, 255}, {0xf7, 0xf7, 0xf7, 255}, {0xfd, 0xdb, 0xc7, 255}, {0xf4, 0xa5, 0x82, 255},
	{0xd6, 0x60, 0x4d, 255}, {0xb2, 0x18, 0x2b, 255}, {0x67, 0x00, 0x1f, 255},
}

// At returns the colour of v, interpolated linearly in sRGB; values beyond -1
// and 1 get the end colours, NaN the neutral one.
func (c Colormap) At(v float64) color.NRGBA {
	if math.IsNaN(v) {
		v = 0
	}
	x := (max(-1, min(1, v)) + 1) / 2 * float64(len(c)-1)
	i := min(int(x), len(c)-2)
	f := x - float64(i)
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a)*(1-f) + float64(b)*f)) }
	return color.NRGBA{mix(c[i].R, c[i+1].R), mix(c[i].G, c[i+1].G), mix(c[i].B, c[i+1].B), 255}
}
