package heatmap

import (
	"image"
	"image/color"
	"math"
)

// borderStrength is what is left of colours in a pale border.
const borderStrength = 0.15

// pale makes what evidence has outside of inner pale, in place.
func pale(evidence *image.NRGBA, inner image.Rectangle) {
	var colours memo
	outside(evidence.Rect, inner, func(r image.Rectangle) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			row := evidence.Pix[evidence.PixOffset(r.Min.X, y):evidence.PixOffset(r.Max.X, y)]
			for i := 0; i < len(row); i += 4 {
				if row[i+3] != 0 {
					c := colours.of(row[i:]).paler(borderStrength).sRGB()
					row[i], row[i+1], row[i+2] = c.R, c.G, c.B
				}
			}
		}
	})
}

// outside calls visit with the parts of whole that are not in inner.
func outside(whole, inner image.Rectangle, visit func(image.Rectangle)) {
	visit(image.Rect(whole.Min.X, whole.Min.Y, whole.Max.X, inner.Min.Y))
	visit(image.Rect(whole.Min.X, inner.Max.Y, whole.Max.X, whole.Max.Y))
	visit(image.Rect(whole.Min.X, inner.Min.Y, inner.Min.X, inner.Max.Y))
	visit(image.Rect(inner.Max.X, inner.Min.Y, whole.Max.X, inner.Max.Y))
}

// A memo remembers colours in OKLab: a map has few.
type memo struct {
	known map[[3]uint8]oklab
	last  [3]uint8
	is    oklab
}

// of returns the colour of a pixel.
func (m *memo) of(pixel []uint8) oklab {
	key := [3]uint8(pixel)
	if m.known == nil {
		m.known = map[[3]uint8]oklab{}
	} else if key == m.last {
		return m.is
	}
	is, ok := m.known[key]
	if !ok {
		is = toOKLab(color.NRGBA{key[0], key[1], key[2], 255})
		m.known[key] = is
	}
	m.last, m.is = key, is
	return is
}

// overlay lays evidence over an image of its size, which is turned grey so that all colour is
// evidence's, with the given opacity where there is evidence. The result begins at (0, 0).
func overlay(img, evidence *image.NRGBA, alpha float64) *image.NRGBA {
	out := image.NewNRGBA(evidence.Rect)
	mix := newBlend(alpha)
	var colours memo
	for y := range out.Rect.Dy() {
		under := img.Pix[y*img.Stride:]
		over, dst := evidence.Pix[y*evidence.Stride:], out.Pix[y*out.Stride:(y+1)*out.Stride]
		for i := 0; i < len(dst); i += 4 {
			light := luminance(under[i], under[i+1], under[i+2])
			c := blend{}.over(light, oklab{})
			if over[i+3] != 0 {
				c = mix.over(light, colours.of(over[i:]))
			}
			dst[i], dst[i+1], dst[i+2], dst[i+3] = c.R, c.G, c.B, 255
		}
	}
	return out
}

// A blend is how much of evidence is seen over an image: of its lightness, and of its colour.
type blend struct{ lightness, colour float64 }

// newBlend returns the blend of a given opacity. Colour has more of it than lightness, so that
// evidence is vivid while the image can be read.
func newBlend(alpha float64) blend { return blend{alpha, math.Sqrt(alpha)} }

// over returns the colour of evidence over a grey of so much light. Its hue, which says the sign, is
// evidence's own, and so is how much colour there is for its lightness: the darkest red, the
// strongest evidence, would be a dull mauve over what is bright if it were made lighter alone.
func (b blend) over(light float64, evidence oklab) color.NRGBA {
	t, at := lights(), step(light)
	if b == (blend{}) {
		return color.NRGBA{t.level[at], t.level[at], t.level[at], 255}
	}
	l := (1-b.lightness)*t.lightness[at] + b.lightness*evidence.l
	c := evidence.stronger(b.colour * min(2, l/max(evidence.l, 0.1)))
	c.l = l
	return c.sRGB()
}
