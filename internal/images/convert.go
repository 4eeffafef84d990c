package images

import (
	"encoding/binary"
	"image"
	"image/draw"
)

// FromImage returns a picture as Decode does: opaque, origin (0,0), rows packed. It is
// img itself if that is so already, else a copy: img is left as it is.
func FromImage(img image.Image) *image.NRGBA {
	b := img.Bounds()
	switch m := img.(type) {
	case *image.NRGBA:
		if b.Min == (image.Point{}) && adopt(m.Pix, m.Stride, b.Dx(), b.Dy()) != nil && allOpaque(m.Pix) {
			return m
		}
	case *image.YCbCr: // what image/jpeg decodes to; package draw has a fast way
		out := image.NewRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
		draw.Draw(out, out.Rect, m, b.Min, draw.Src)
		return adopt(out.Pix, out.Stride, b.Dx(), b.Dy())
	}
	out := image.NewNRGBA(image.Rect(0, 0, b.Dx(), b.Dy()))
	fill := rowReader(img)
	for y := range b.Dy() {
		row := out.Pix[y*out.Stride:][:4*b.Dx()]
		fill(row, b.Min.Y+y)
		setOpaque(row)
	}
	return out
}

// allOpaque reports whether all of the pixels, R, G, B and A, are.
func allOpaque(pix []byte) bool {
	const alphas = 0xff000000_ff000000 // of two pixels, little-endian
	for ; len(pix) >= 8; pix = pix[8:] {
		if binary.LittleEndian.Uint64(pix)&alphas != alphas {
			return false
		}
	}
	return len(pix) == 0 || pix[3] == 0xff
}
