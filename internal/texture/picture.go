package texture

import "image"

// FromImage returns an opaque picture in 8 bits, whose rows are packed, as values from 0 to 1.
func FromImage(img *image.NRGBA) *Picture {
	p := &Picture{make([]float32, 0, 3*len(img.Pix)/4), img.Rect.Dy(), img.Rect.Dx()}
	for i, v := range img.Pix {
		if i%4 < 3 {
			p.Values = append(p.Values, float32(v)/255)
		}
	}
	return p
}

// Image returns the picture in 8 bits, rounded to the nearest.
func (p *Picture) Image() *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, p.W, p.H))
	for i := range img.Pix {
		if img.Pix[i] = 255; i%4 < 3 {
			img.Pix[i] = uint8(max(0, min(1, p.Values[i/4*3+i%4]))*255 + 0.5)
		}
	}
	return img
}
