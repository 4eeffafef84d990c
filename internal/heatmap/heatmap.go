package heatmap

import (
	"fmt"
	"image"
	"math"
	"slices"

	"github.com/disintegration/imaging"
	"gorgonia.org/tensor"
)

// A Grid places the patch logits of one class on the image they came from.
type Grid struct {
	Rows, Cols int
	Values     []float32   // [Rows*Cols] logits, row by row
	Origin     image.Point // pixel at the centre of the patch of value (0, 0)
	Stride     int         // pixels between neighbouring patches
}

// Class picks one class out of patch logits, [rows, cols, classes] float32.
func Class(logits *tensor.Dense, class int, origin image.Point, stride int) (Grid, error) {
	s := logits.Shape()
	if len(s) != 3 || class < 0 || class >= s[2] {
		return Grid{}, fmt.Errorf("picking class %d: patch logits have shape %v", class, []int(s))
	}
	g := Grid{Rows: s[0], Cols: s[1], Origin: origin, Stride: stride}
	all := logits.Float32s()
	for i := class; i < len(all); i += s[2] {
		g.Values = append(g.Values, all[i])
	}
	return g, nil
}

// Scale returns the value that the strongest colour stands for: the given
// percentile (0 to 100) of the values' magnitudes, 1 if they are all zero.
func (g Grid) Scale(percentile float64) float64 {
	magnitudes := make([]float64, 0, len(g.Values))
	for _, v := range g.Values {
		if !math.IsNaN(float64(v)) {
			magnitudes = append(magnitudes, math.Abs(float64(v)))
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
// the square of Stride pixels around the centre of its patch; a pixel that is
// nearest to no patch stays transparent. The strongest colours stand for +-scale.
func (g Grid) Render(w, h int, colors Colormap, scale float64) *image.NRGBA {
	cells := image.NewNRGBA(image.Rect(0, 0, g.Cols, g.Rows))
	for i, v := range g.Values {
		cells.SetNRGBA(i%g.Cols, i/g.Cols, colors.At(float64(v)/scale))
	}
	blocks := imaging.Resize(cells, g.Cols*g.Stride, g.Rows*g.Stride, imaging.NearestNeighbor)
	corner := g.Origin.Sub(image.Pt(g.Stride/2, g.Stride/2))
	return imaging.Paste(image.NewNRGBA(image.Rect(0, 0, w, h)), blocks, corner)
}

// Overlay lays a rendered grid over its image, both of one size, with the given
// opacity (0 to 1).
func Overlay(img, rendered image.Image, opacity float64) *image.NRGBA {
	return imaging.Overlay(img, rendered, image.Point{}, opacity)
}
