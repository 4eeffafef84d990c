package heatmap

import (
	"fmt"
	"image"
	"slices"
	"strings"
)

// A Border is a way of drawing what a map has where patches reach beyond the image, see
// grid.Grid's Counted.
type Border string

const (
	PaleBorder Border = "pale" // faint, behind a thin line; no part of the scale
	ShowBorder Border = "show" // as the rest of the map
)

// Borders returns every way there is, the usual one first.
func Borders() []Border { return []Border{PaleBorder, ShowBorder} }

// ParseBorder returns the way of the given name; "" is PaleBorder.
func ParseBorder(name string) (Border, error) {
	if name == "" {
		return PaleBorder, nil
	}
	if b := Border(name); slices.Contains(Borders(), b) {
		return b, nil
	}
	var names []string
	for _, b := range Borders() {
		names = append(names, string(b))
	}
	return "", fmt.Errorf("unknown border %q: there are %s", name, strings.Join(names, ", "))
}

// Counted returns the values that count for the scale of a map of an image of that size,
// in pixels: all of them, or those within a border that took no part in the decision. They
// may be the map's own.
func (g Map) Counted(size image.Point, border Border) []float32 {
	return g.within(g.counted(size, border))
}

// counted returns the columns (x) and rows (y) of the values that count.
func (g Map) counted(size image.Point, border Border) (r image.Rectangle) {
	if border == ShowBorder {
		return image.Rect(0, 0, g.Cols, g.Rows)
	}
	r.Min.X, r.Max.X = g.Grid.Counted(g.Cols, size.X)
	r.Min.Y, r.Max.Y = g.Grid.Counted(g.Rows, size.Y)
	return r
}

// within returns the values of some columns and rows; of none, all.
func (g Map) within(r image.Rectangle) []float32 {
	if r.Empty() || r == image.Rect(0, 0, g.Cols, g.Rows) || len(g.Values) != g.Cols*g.Rows {
		return g.Values
	}
	values := make([]float32, 0, r.Dx()*r.Dy())
	for row := r.Min.Y; row < r.Max.Y; row++ {
		values = append(values, g.Values[row*g.Cols+r.Min.X:row*g.Cols+r.Max.X]...)
	}
	return values
}

// inner returns the pixels that values of some columns and rows colour in an image of that
// size, up to its edge where no values are outside of them; of none, all.
func (g Map) inner(counted image.Rectangle, size image.Point) image.Rectangle {
	if counted.Empty() {
		return image.Rectangle{Max: size}
	}
	along := func(from, to, n, pixels int) (int, int) {
		start := g.Origin - g.Stride/2
		first, last := 0, pixels
		if from > 0 {
			first = min(max(0, start+from*g.Stride), pixels)
		}
		if to < n {
			last = min(max(first, start+to*g.Stride), pixels)
		}
		return first, last
	}
	var r image.Rectangle
	r.Min.X, r.Max.X = along(counted.Min.X, counted.Max.X, g.Cols, size.X)
	r.Min.Y, r.Max.Y = along(counted.Min.Y, counted.Max.Y, g.Rows, size.Y)
	return r
}
