package heatmap

import (
	"github.com/disintegration/imaging"

	"bagnet/internal/grid"
)

// largestPanel bounds the longer side of the images in a panel, in pixels: three
// larger ones side by side fit on no screen or page.
const largestPanel = 4000

// reduced returns the picture for a panel: made smaller by a power of two if it
// is large. Pixels are averaged, and values where a pixel has several.
func (p Picture) reduced() Picture {
	size := p.Image.Rect.Size()
	k := 1
	for max(size.X, size.Y) > k*largestPanel {
		k *= 2
	}
	g := p.Map
	if k == 1 || g.Stride%k != 0 && k%g.Stride != 0 {
		return p
	}
	p.Image = imaging.Resize(p.Image, (size.X+k-1)/k, (size.Y+k-1)/k, imaging.Box)
	block := max(1, k/g.Stride)
	p.counted.Min.X, p.counted.Max.X = shrunk(p.counted.Min.X, p.counted.Max.X, g.Cols, block)
	p.counted.Min.Y, p.counted.Max.Y = shrunk(p.counted.Min.Y, p.counted.Max.Y, g.Rows, block)
	p.Map = Map{Grid: grid.Grid{Rows: (g.Rows + block - 1) / block, Cols: (g.Cols + block - 1) / block,
		Origin: g.Origin / k, Stride: max(1, g.Stride/k), Patch: g.Patch / k, Sees: g.Sees / k}}
	for i := range p.Map.Rows {
		for j := range p.Map.Cols {
			p.Map.Values = append(p.Map.Values, g.mean(i*block, j*block, block))
		}
	}
	return p
}

// shrunk returns which blocks of n values along an axis hold nothing but values from..to-1, or
// the first that holds one of them if there is none.
func shrunk(from, to, n, block int) (first, last int) {
	first, last = (from+block-1)/block, to/block
	if to == n {
		last = (n + block - 1) / block // need not be whole
	}
	if first >= last {
		first = from / block
		last = first + 1
	}
	return first, last
}

// mean returns the mean of the values in the square of n from row and col on.
func (g Map) mean(row, col, n int) float32 {
	sum, count := 0.0, 0
	for i := row; i < min(row+n, g.Rows); i++ {
		for _, v := range g.Values[i*g.Cols+col : i*g.Cols+min(col+n, g.Cols)] {
			sum += float64(v)
			count++
		}
	}
	return float32(sum / float64(count))
}
