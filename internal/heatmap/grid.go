package heatmap

import (
	"image"
	"image/color"
	"math"
	"slices"

	"bagnet/internal/grid"
)

// A Map is the patch logits of one class, where they lie in the image they came from.
type Map struct {
	grid.Grid
	Values []float32 // [Rows*Cols] logits, row by row
}

// Scale returns the value that the strongest colour stands for: the given
// percentile (0 to 100) of the magnitudes of the finite values, 1 if they are all
// zero or there are none.
func (g Map) Scale(percentile float64) float64 { return Scale(g.Values, percentile) }

// Scale is Map.Scale of values, of several maps perhaps.
func Scale(values []float32, percentile float64) float64 {
	magnitudes := make([]float64, 0, len(values))
	for _, v := range values {
		if m := math.Abs(float64(v)); !math.IsNaN(m) && !math.IsInf(m, 0) {
			magnitudes = append(magnitudes, m)
		}
	}
	if len(magnitudes) == 0 {
		return 1
	}
	slices.Sort(magnitudes)
	at := max(0, min(100, percentile)) / 100 * float64(len(magnitudes)-1)
	low := int(at)
	high := min(low+1, len(magnitudes)-1)
	if s := magnitudes[low] + (at-float64(low))*(magnitudes[high]-magnitudes[low]); s > 0 {
		return s
	}
	return 1
}

// Render draws the grid at the size of its image, w x h pixels. A value colours
// the square of Stride pixels around the centre of its patch (for an even stride,
// one pixel more to the left and above); the outermost squares reach on to the
// border of the image if no further centre fits between, or if the grid is Wide, whose
// values depend on what is there too. Pixels nearest to no patch, and those of values
// that are not a number, stay transparent. The strongest colours stand for +-scale.
func (g Map) Render(w, h int, colors Colormap, scale float64) *image.NRGBA {
	return g.render(w, h, func(v float64) color.NRGBA { return colors.At(v / scale) })
}

// render draws the grid in the colours of its values.
func (g Map) render(w, h int, colour func(v float64) color.NRGBA) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	left, right := g.covered(g.Origin, g.Cols, w)
	top, bottom := g.covered(g.Origin, g.Rows, h)
	if left >= right {
		return img
	}
	for y := top; y < bottom; {
		i := g.nearest(y, g.Origin, g.Rows)
		values := g.Values[i*g.Cols : (i+1)*g.Cols]
		row := img.Pix[img.PixOffset(left, y):][:4*(right-left)]
		var c color.NRGBA
		for x, last := left, -1; x < right; x++ {
			if j := g.nearest(x, g.Origin, g.Cols); j != last {
				last, c = j, color.NRGBA{}
				if v := float64(values[j]); !math.IsNaN(v) {
					c = colour(v)
				}
			}
			pixel := row[4*(x-left):][:4:4]
			pixel[0], pixel[1], pixel[2], pixel[3] = c.R, c.G, c.B, c.A
		}
		for y++; y < bottom && g.nearest(y, g.Origin, g.Rows) == i; y++ {
			copy(img.Pix[img.PixOffset(left, y):], row)
		}
	}
	return img
}

// covered returns the pixels from..to-1 along one axis that n values colour, the
// first of them centred on pixel origin, in an image of so many pixels.
func (g Map) covered(origin, n, pixels int) (from, to int) {
	from, to = origin-g.Stride/2, origin-g.Stride/2+n*g.Stride
	if origin < g.Stride {
		from = min(from, 0)
	}
	if origin+n*g.Stride >= pixels || g.Wide() {
		to = max(to, pixels)
	}
	return max(from, 0), min(to, pixels)
}

// nearest returns which of n values colours pixel x.
func (g Map) nearest(x, origin, n int) int {
	return max(0, min(n-1, (x-origin+g.Stride/2)/g.Stride))
}
