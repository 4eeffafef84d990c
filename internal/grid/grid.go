// Package grid says where patches lie in an image.
package grid

import "image"

// A Grid is Rows x Cols patches of Patch x Patch pixels. Patch (row, col) is centred on
// pixel (x, y) = (Origin+col*Stride, Origin+row*Stride); where Patch is even, there is
// one pixel more to the left of it and above.
//
// A BagNet's values depend on their patches alone: Sees is Patch. Those of a network that
// looks further depend on Sees x Sees pixels with the same centre; patches are then cells
// of Stride x Stride pixels, side by side, which stand for what is around them.
//
// The native grid, whose mean is the image's logit, is part of every finer one: its rows
// and columns are First, First+Step, ..., NativeRows and NativeCols of them.
type Grid struct {
	Rows, Cols             int
	Origin, Stride, Patch  int // pixels
	Sees                   int // pixels
	First, Step            int
	NativeRows, NativeCols int
}

// Wide reports whether values depend on more than their patches.
func (g Grid) Wide() bool { return g.Sees > g.Patch }

// Rect returns the pixels of a patch. It may reach beyond the image.
func (g Grid) Rect(row, col int) image.Rectangle {
	x, y := g.corner()+col*g.Stride, g.corner()+row*g.Stride
	return image.Rect(x, y, x+g.Patch, y+g.Patch)
}

// corner is the first pixel, in both directions, of the first patch.
func (g Grid) corner() int { return g.Origin - g.Patch/2 }

// Native reports whether a patch is one of the native grid.
func (g Grid) Native(row, col int) bool {
	on := func(i, n int) bool { i -= g.First; return g.Step > 0 && i >= 0 && i%g.Step == 0 && i/g.Step < n }
	return on(row, g.NativeRows) && on(col, g.NativeCols)
}

// Inside returns the range of n rows or columns whose patches can be shown in an image of
// so many pixels: they do not reach beyond it, or are Wide and can be moved inside.
func (g Grid) Inside(n, pixels int) (from, to int) {
	if g.Wide() {
		if pixels < g.Patch {
			return 0, 0
		}
		return 0, n
	}
	for from < n && g.corner()+from*g.Stride < 0 {
		from++
	}
	for to = n; to > from && g.corner()+(to-1)*g.Stride+g.Patch > pixels; {
		to--
	}
	return from, to
}

// Counted returns the range of n rows or columns, in an image of so many pixels, outside of
// which patches are a border that took no part in the decision: they reach beyond the image,
// though none of the native grid's does. It is all of them where native patches do so too
// (of networks that pad), where they are Wide, and where the native grid is not known.
func (g Grid) Counted(n, pixels int) (from, to int) {
	if g.Step < 1 || g.corner()+g.First*g.Stride < 0 {
		return 0, n
	}
	if from, to = g.Inside(n, pixels); from >= to {
		return 0, n
	}
	return from, to
}
