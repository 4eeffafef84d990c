package images

import (
	"image"
	"image/color"
)

// opaque returns img's colours without its alpha: alpha is dropped, not
// blended, as PIL's convert('RGB') drops it. Premultiplied colours are divided
// by their alpha first. 16-bit samples give their high byte. The result has its
// origin at (0,0); it may take over img's pixels, which the caller gives up.
func opaque(img image.Image) *image.NRGBA {
	b := img.Bounds()
	w, h := b.Dx(), b.Dy()
	switch m := img.(type) {
	case *image.NRGBA:
		if out := adopt(m.Pix, m.Stride, w, h); out != nil {
			setOpaque(out.Pix)
			return out
		}
	case *image.RGBA:
		if out := adopt(m.Pix, m.Stride, w, h); out != nil {
			for i := 0; i+4 <= len(out.Pix); i += 4 {
				p := out.Pix[i : i+4 : i+4]
				p[0], p[1], p[2] = straight(p[0], p[1], p[2], p[3])
				p[3] = 0xff
			}
			return out
		}
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	fill := rowReader(img)
	for y := range h {
		row := out.Pix[y*out.Stride:][:4*w]
		fill(row, b.Min.Y+y)
		setOpaque(row)
	}
	return out
}

// adopt wraps packed 8-bit pixels as a picture without copying them, or returns
// nil if they are not packed.
func adopt(pix []byte, stride, w, h int) *image.NRGBA {
	if stride != 4*w || len(pix) != stride*h {
		return nil
	}
	return &image.NRGBA{Pix: pix, Stride: stride, Rect: image.Rect(0, 0, w, h)}
}

func setOpaque(pix []byte) {
	for i := 3; i < len(pix); i += 4 {
		pix[i] = 0xff
	}
}

// straight undoes the multiplication of r, g, b with alpha a as PIL's unpacker
// of mode RGBa does: the quotient is truncated, and nothing is left of a = 0.
func straight(r, g, b, a byte) (byte, byte, byte) {
	switch a {
	case 0xff:
		return r, g, b
	case 0:
		return 0, 0, 0
	}
	div := func(v byte) byte { return byte(min(int(v)*255/int(a), 255)) }
	return div(r), div(g), div(b)
}

// rowReader returns a function that writes the colours of img's row y (in img's
// coordinates) to the R, G and B bytes of dst, [width][4] bytes, and anything to the
// fourth.
func rowReader(img image.Image) func(dst []byte, y int) {
	b := img.Bounds()
	switch m := img.(type) {
	case *image.NRGBA:
		return func(dst []byte, y int) { copy(dst, m.Pix[m.PixOffset(b.Min.X, y):][:4*b.Dx()]) }
	case *image.RGBA:
		return func(dst []byte, y int) {
			src := m.Pix[m.PixOffset(b.Min.X, y):][:4*b.Dx()]
			for i := 0; i < len(src); i += 4 {
				s, d := src[i:i+4:i+4], dst[i:i+3:i+3]
				d[0], d[1], d[2] = straight(s[0], s[1], s[2], s[3])
			}
		}
	case *image.Gray:
		return func(dst []byte, y int) {
			src := m.Pix[m.PixOffset(b.Min.X, y):][:b.Dx()]
			for x, v := range src {
				d := dst[4*x : 4*x+3 : 4*x+3]
				d[0], d[1], d[2] = v, v, v
			}
		}
	case *image.Gray16:
		return func(dst []byte, y int) {
			src := m.Pix[m.PixOffset(b.Min.X, y):][:2*b.Dx()]
			for i := 0; i < len(src); i += 2 {
				d := dst[2*i : 2*i+3 : 2*i+3]
				d[0], d[1], d[2] = src[i], src[i], src[i]
			}
		}
	case *image.NRGBA64:
		return func(dst []byte, y int) {
			src := m.Pix[m.PixOffset(b.Min.X, y):][:8*b.Dx()]
			for i := 0; i < len(src); i += 8 {
				s, d := src[i:i+8:i+8], dst[i/2:i/2+3:i/2+3]
				d[0], d[1], d[2] = s[0], s[2], s[4]
			}
		}
	case *image.RGBA64:
		return func(dst []byte, y int) {
			src := m.Pix[m.PixOffset(b.Min.X, y):][:8*b.Dx()]
			for i := 0; i < len(src); i += 8 {
				s, d := src[i:i+8:i+8], dst[i/2:i/2+3:i/2+3]
				d[0], d[1], d[2] = straight(s[0], s[2], s[4], s[6])
			}
		}
	case *image.Paletted:
		table := paletteTable(m.Palette)
		return func(dst []byte, y int) {
			src := m.Pix[m.PixOffset(b.Min.X, y):][:b.Dx()]
			for x, v := range src {
				copy(dst[4*x:4*x+3], table[v][:])
			}
		}
	}
	// No decoder in use returns another type today; one of tomorrow may.
	return func(dst []byte, y int) {
		for x := range b.Dx() {
			c := color.NRGBAModel.Convert(img.At(b.Min.X+x, y)).(color.NRGBA)
			dst[4*x], dst[4*x+1], dst[4*x+2] = c.R, c.G, c.B
		}
	}
}

// paletteTable returns the straight 8-bit colours of a palette; indices beyond
// its end are black.
func paletteTable(p color.Palette) (table [256][3]byte) {
	for i, c := range p[:min(len(p), 256)] {
		switch c := c.(type) {
		case color.NRGBA:
			table[i] = [3]byte{c.R, c.G, c.B}
		case color.RGBA:
			table[i] = [3]byte{c.R, c.G, c.B}
		default:
			n := color.NRGBAModel.Convert(c).(color.NRGBA)
			table[i] = [3]byte{n.R, n.G, n.B}
		}
	}
	return table
}
