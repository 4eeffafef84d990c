package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/vector"
)

// Ink, from a title to a hairline.
var (
	black = color.Gray{0x1a}
	grey  = color.Gray{0x5f}
	frame = color.Gray{0x8c}
	faint = color.Gray{0xd8}
)

// maxPixels bounds the pictures that are drawn, at 4 bytes a pixel.
const maxPixels = 1 << 29

// newCanvas returns a white picture, or an error if it would have too many pixels.
func newCanvas(size image.Point) (*image.RGBA, error) {
	if int64(size.X)*int64(size.Y) > maxPixels {
		return nil, fmt.Errorf("%d x %d pixels are too many", size.X, size.Y)
	}
	canvas := image.NewRGBA(image.Rectangle{Max: size})
	draw.Draw(canvas, canvas.Rect, image.White, image.Point{}, draw.Src)
	return canvas, nil
}

// opaque returns the pixels of a picture without transparency, which both kinds
// of image store alike, as they are.
func opaque(img *image.RGBA) *image.NRGBA {
	return &image.NRGBA{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect}
}

// fill gives every pixel of r the colour c.
func fill(dst draw.Image, r image.Rectangle, c color.Color) {
	draw.Draw(dst, r, image.NewUniform(c), image.Point{}, draw.Src)
}

// ring draws a line around r, outside of it, width pixels wide.
func ring(dst draw.Image, r image.Rectangle, width int, c color.Color) {
	outer := r.Inset(-width)
	fill(dst, image.Rect(outer.Min.X, outer.Min.Y, outer.Max.X, r.Min.Y), c)
	fill(dst, image.Rect(outer.Min.X, r.Max.Y, outer.Max.X, outer.Max.Y), c)
	fill(dst, image.Rect(outer.Min.X, r.Min.Y, r.Min.X, r.Max.Y), c)
	fill(dst, image.Rect(r.Max.X, r.Min.Y, outer.Max.X, r.Max.Y), c)
}

// enlarge draws every pixel of img as zoom x zoom pixels, the first at at.
func enlarge(s Surface, at image.Point, img *image.NRGBA, zoom int) {
	s.Image(image.Rectangle{at, at.Add(img.Rect.Size().Mul(zoom))}, img)
}

// paste draws every pixel of img that is not transparent, the first at at.
func paste(dst *image.RGBA, at image.Point, img *image.NRGBA) {
	whole := img.Opaque()
	for y := range img.Rect.Dy() {
		src := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		to := dst.Pix[dst.PixOffset(at.X, at.Y+y):]
		if whole {
			copy(to, src)
			continue
		}
		for i := 0; i < len(src); i += 4 {
			if src[i+3] != 0 {
				copy(to[i:i+4], src[i:i+4])
			}
		}
	}
}

// hatch fills r with thin diagonal lines, period pixels apart: nothing is known here.
func hatch(dst *image.RGBA, r image.Rectangle, period float64) {
	width := max(1, period/6)
	pitch := max(3, int(period*1.4142+0.5)) // along a row
	levels := make([]uint8, pitch)
	for i := range levels {
		// Coverage of a line at 45 degrees, from the distance of the pixel to its middle.
		distance := float64(min(i, pitch-i)) / 1.4142
		ink := max(0, min(1, width/2-distance+0.5))
		levels[i] = uint8(255 - 0x30*ink)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := dst.Pix[dst.PixOffset(r.Min.X, y):dst.PixOffset(r.Max.X, y)]
		for i := 0; i < len(row); i += 4 {
			l := levels[(r.Min.X+i/4+y)%pitch]
			row[i], row[i+1], row[i+2], row[i+3] = l, l, l, 255
		}
	}
}

// arrow draws a triangle into r, its tip in the middle of r's upper or lower edge.
func arrow(dst *image.RGBA, r image.Rectangle, up bool, c color.Color) {
	w, base, tip := float32(r.Dx()), float32(0), float32(r.Dy())
	if up {
		base, tip = tip, base
	}
	z := vector.NewRasterizer(r.Dx(), r.Dy())
	z.MoveTo(0, base)
	z.LineTo(w, base)
	z.LineTo(w/2, tip)
	z.ClosePath()
	z.Draw(dst, r, image.NewUniform(c), image.Point{})
}
