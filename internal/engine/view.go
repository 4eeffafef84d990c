package engine

import "fmt"

// A view is an activation, or the part of its rows that is at hand, in NHWC
// order without the N: channel c of pixel (y, x) is data[base+y*row+x*pixel+c].
// Base may lie outside data where the first rows are not at hand.
type view struct {
	data       []float32
	base       int // index of pixel (0, 0)
	row, pixel int // floats from one row, one pixel, to the next
	image      int // the same for images, where several are computed together
}

func (v view) at(y, x int) int { return v.base + y*v.row + x*v.pixel }

// pixels returns channels [0, c) of pixels [x0, x1) of row y, all that lies between included.
func (v view) pixels(y, x0, x1, c int) []float32 {
	return v.data[v.at(y, x0) : v.at(y, x1-1)+c]
}

// contiguous reports whether rows of w pixels follow each other without a gap.
func (v view) contiguous(w int) bool { return v.row == w*v.pixel }

// check panics unless c channels of rows [y0, y1) and columns [x0, x1) lie
// within the data: what assembly would otherwise find out the hard way.
func (v view) check(what string, y0, y1, x0, x1, c int) {
	if first, last := v.at(y0, x0), v.at(y1-1, x1-1)+c; first < 0 || last > len(v.data) || c > v.pixel {
		panic(fmt.Sprintf("engine: %s: rows %d to %d, columns %d to %d of %d channels exceed a view of %d floats, base %d, row %d, pixel %d",
			what, y0, y1, x0, x1, c, len(v.data), v.base, v.row, v.pixel))
	}
}
