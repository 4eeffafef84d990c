package experiment

import (
	"image"

	"bagnet/internal/images"
)

// Colours returns the image's red, green and blue as shares of full brightness, 0 to 1, as
// they were before p normalised them.
func (m Image) Colours(p images.Preprocessing) Image {
	out := NewImage(m.H, m.W)
	for i, v := range m.Values {
		out.Values[i] = float32(float64(v)*p.Std[i%3] + p.Mean[i%3])
	}
	return out
}

// Normalised returns the image that has these Colours.
func (m Image) Normalised(p images.Preprocessing) Image {
	out := NewImage(m.H, m.W)
	for i, v := range m.Values {
		out.Values[i] = float32((float64(v) - p.Mean[i%3]) / p.Std[i%3])
	}
	return out
}

// Picture returns Colours as 8-bit pixels: rounded, what lies beyond 0 and 1 cut off.
func (m Image) Picture() *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, m.W, m.H))
	for i := range m.H * m.W {
		for c := range 3 {
			out.Pix[4*i+c] = uint8(255*min(1, max(0, float64(m.Values[3*i+c]))) + 0.5)
		}
		out.Pix[4*i+3] = 255
	}
	return out
}
