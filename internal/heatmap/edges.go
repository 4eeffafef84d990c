package heatmap

import (
	"image"
	"image/color"
	"math"

	"github.com/disintegration/imaging"
)

const (
	edgeOpacity = 0.5
	edgeSize    = 320 // edges are sought in images of at most about 320 x 320 pixels: outlines, not grain
)

// underEdges lays the edges of img in dark lines over the evidence, which is
// hatched where there is none. This is the look of plot_heatmap in
// github.com/wielandbrendel/bag-of-local-features-models.
func underEdges(evidence, img *image.NRGBA) *image.NRGBA {
	size := evidence.Rect.Size()
	side := math.Sqrt(float64(size.X) * float64(size.Y))
	out := image.NewRGBA(evidence.Rect)
	if !evidence.Opaque() {
		hatch(out, out.Rect, side/30)
	}
	paste(out, image.Point{}, evidence)

	lines := edgeLines(img, side)
	for y := range size.Y {
		ink, row := lines.Pix[y*lines.Stride:], out.Pix[y*out.Stride:(y+1)*out.Stride]
		for i := 0; i < len(row); i += 4 {
			if ink[i] == 0 {
				continue
			}
			keep := 1 - edgeOpacity*float64(ink[i])/255
			for c := range 3 {
				row[i+c] = uint8(float64(row[i+c])*keep + 0.5)
			}
		}
	}
	return opaque(out)
}

// edgeLines returns the edges of img, at its size, white on black. side is that
// of a square as large.
func edgeLines(img *image.NRGBA, side float64) *image.NRGBA {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	small, reduction := img, max(1, side/edgeSize)
	if reduction > 1 {
		small = imaging.Resize(img, max(1, int(float64(w)/reduction)), max(1, int(float64(h)/reduction)), imaging.Linear)
	}
	sw, sh := small.Rect.Dx(), small.Rect.Dy()
	grey := make([]float32, sw*sh)
	for i := range grey {
		p := small.Pix[i/sw*small.Stride+i%sw*4:]
		grey[i] = (float32(p[0]) + float32(p[1]) + float32(p[2])) / (3 * 255)
	}
	lines := image.NewNRGBA(image.Rect(0, 0, sw, sh))
	for i, edge := range canny(grey, sw) {
		if edge {
			lines.SetNRGBA(i%sw, i/sw, color.NRGBA{255, 255, 255, 255})
		} else {
			lines.SetNRGBA(i%sw, i/sw, color.NRGBA{0, 0, 0, 255})
		}
	}
	if reduction == 1 {
		return lines
	}
	// Smooth lines rather than stairs: a spline through the pixels, cut off at a level at which a line is about
	// one pixel of the small image wide.
	lines = imaging.Resize(lines, w, h, imaging.BSpline)
	const level = 0.35
	steepness := 1.5 * reduction // one pixel of img from paper to ink
	var curve [256]uint8
	for i := range curve {
		curve[i] = uint8(255 * max(0, min(1, (float64(i)/255-level)*steepness+0.5)))
	}
	for i := range lines.Pix {
		lines.Pix[i] = curve[lines.Pix[i]]
	}
	return lines
}
