package paper

import (
	"image"
	"image/color"
)

// paleInk is the colour of hatching.
var paleInk = color.Gray{0xcf}

// hatching are the lines of a hatched area as package heatmap draws them in pixels: from one
// end (x, y) to the other, and their width. They reach beyond r, which cuts them off.
func hatching(r image.Rectangle, period float64) (lines [][4]float64, width float64) {
	const diagonal = 1.4142
	pitch := max(3, int(period*diagonal+0.5)) // along a row
	low, high := r.Min.X+r.Min.Y, r.Max.X+r.Max.Y
	for sum := low - low%pitch + 1; sum < high+pitch; sum += pitch { // of x and y, on a line; 1 is twice half a pixel
		x1, x2 := float64(r.Min.X)-1, float64(r.Max.X)+1
		lines = append(lines, [4]float64{x1, float64(sum) - x1, x2, float64(sum) - x2})
	}
	return lines, max(1, period/6)
}
