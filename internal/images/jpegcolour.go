package images

import "image"

// sampleRow returns the samples of row y of one component, at least the
// picture's width of them, valid until the next call.
type sampleRow func(y int) []byte

// rgb makes a picture of the rows of one, three or four components.
func (h *jpegHeader) rgb(c []sampleRow) *image.NRGBA {
	out := image.NewNRGBA(image.Rect(0, 0, h.width, h.height))
	for y := range h.height {
		row := out.Pix[y*out.Stride:][:4*h.width]
		first := c[0](y)[:h.width]
		switch {
		case len(c) == 1:
			rgbRow(row, first, first, first)
		case len(c) == 4:
			h.inkRow(row, first, c[1](y), c[2](y), c[3](y))
		case h.isRGB():
			rgbRow(row, first, c[1](y), c[2](y))
		default:
			ycbcrRow(row, first, c[1](y), c[2](y))
		}
	}
	return out
}

// inkRow converts four components as PIL does: all four inverted (Adobe's
// convention, which PIL takes for granted), YCCK to CMYK, CMYK to RGB.
func (h *jpegHeader) inkRow(row, first, second, third, black []byte) {
	if h.isYCCK() {
		ycbcrRow(row, first, second, third)
	} else {
		rgbRow(row, first, second, third)
	}
	for i := 0; i < len(row); i += 4 {
		p, k := row[i:i+4:i+4], uint32(black[i/4])
		if !h.isYCCK() { // stored as ink; YCCK has become 255 - ink above
			p[0], p[1], p[2] = 255-p[0], 255-p[1], 255-p[2]
		}
		p[0], p[1], p[2] = underBlack(p[0], k), underBlack(p[1], k), underBlack(p[2], k)
	}
}

// underBlack returns k - v*k/255, rounded as in PIL's cmyk2rgb (Convert.c), of
// an inverted ink v and the inverted black k.
func underBlack(v byte, k uint32) byte {
	t := uint32(v)*k + 128
	return byte(k - (t>>8+t)>>8)
}
