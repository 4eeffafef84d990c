package grid

import (
	"image"
	"testing"
)

// TestCounted asks of every patch of every kind of grid, in images of every size, whether it
// reaches beyond the image though none of the native grid's patches does.
func TestCounted(t *testing.T) {
	for _, patch := range []int{5, 9, 16, 33} {
		for _, stride := range []int{8, 4, 2, 1} {
			for pixels := patch; pixels < patch+20; pixels++ {
				native := (pixels-patch)/8 + 1
				middle := (patch - 1) / 2
				if patch%2 == 0 {
					middle = patch / 2
				}
				fine := func(first int) Grid { // the native grid begins with pixel first
					g := Grid{Origin: first % stride, Stride: stride, Patch: patch, Sees: patch, First: first / stride, Step: 8 / stride, NativeRows: native, NativeCols: native}
					g.Rows = (pixels - g.Origin + stride - 1) / stride
					if stride == 8 {
						g.Rows, g.Origin, g.First = native, first, 0
					}
					return g
				}
				whole := fine(middle)
				padding := fine(0)
				wide := whole
				wide.Sees = 400
				unknown := whole
				unknown.Step = 0
				for name, g := range map[string]Grid{"whole": whole, "padding": padding, "wide": wide, "unknown": unknown, "pixels": {Rows: pixels, Stride: 1}} {
					from, to := g.Counted(g.Rows, pixels)
					for row := range g.Rows {
						r := g.Rect(row, 0)
						want := name != "whole" || r.Min.Y >= 0 && r.Max.Y <= pixels
						if got := row >= from && row < to; got != want {
							t.Fatalf("%s: %d pixels, patch of %d, stride %d: row %d of %d, %v, counts: %v", name, pixels, patch, stride, row, g.Rows, r, got)
						}
					}
				}
			}
		}
	}
	// What no patch lies in has no border to tell from the rest.
	small := Grid{Rows: 7, Cols: 7, Stride: 1, Patch: 9, Sees: 9, First: 4, Step: 8}
	if from, to := small.Counted(7, 7); from != 0 || to != 7 {
		t.Errorf("rows %d to %d of 7 count", from, to)
	}
	if r := small.Rect(0, 0); r != image.Rect(-4, -4, 5, 5) {
		t.Errorf("the first patch is %v", r)
	}
}
