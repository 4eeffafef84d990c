package heatmap

import (
	"image"
	"image/color"
	"image/draw"
)

// Outline draws a frame along the inside of r: white that is seen on dark, in black that
// is seen on bright.
func Outline(dst draw.Image, r image.Rectangle) {
	ring(dst, r.Inset(1), 1, black)
	ring(dst, r.Inset(3), 2, color.White)
	ring(dst, r.Inset(4), 1, black)
}
