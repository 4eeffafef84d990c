// Package certify proves how large a square sticker may be before it could change what a
// sum over an image's patches decides. It knows grids of numbers only, and no networks.
//
// A sticker of p x p pixels touches at most w = ceil((p+q-1)/stride) of the grid's cells
// a side, as a cell sees q x q pixels and the next one begins a stride further on. So
// whatever it shows, and wherever it is, it changes cells within one window of w x w
// only, and a certificate goes through all windows. docs/certificates.md has the
// definitions of the methods, and the papers'.
//
// # Rounding
//
// An answer is defined by sums of the cells outside one or two windows, row by row, in
// float64. Such a sum does not depend on what the windows hold, bit for bit.
// Summed-area tables only tell where it need not be computed: a difference of two sums
// that exceeds the slack of Sums has its sign. A certificate needs every difference to
// exceed the slack, so it holds for real numbers, and for the answers as they are
// computed, whatever the window holds; ties lose.
package certify

import (
	"fmt"
	"math"
)

// Method is how a defended answer is made of a grid, and certified.
type Method string

// The methods.
const (
	Double     Method = "double"
	PatchGuard Method = "patchguard"
	Clipped    Method = "clipped"
	Detect     Method = "detect"
)

// Methods are all there are, the default first.
var Methods = []string{string(Double), string(PatchGuard), string(Clipped), string(Detect)}

// A Grid has what an image's patches say: Logits is [Rows, Cols, Classes], classes
// fastest, all finite, of two classes or more.
type Grid struct {
	Rows, Cols, Classes int
	Logits              []float32
}

// A Geometry says how far a cell of a grid sees, pixels.
type Geometry struct {
	Patch  int // the side of what a cell sees
	Stride int // from one cell to the next
}

// Window returns how many cells a side a sticker of p pixels touches at most.
func (g Geometry) Window(p int) int { return (p + g.Patch - 1 + g.Stride - 1) / g.Stride }

// Largest returns the side in pixels of the largest sticker that touches no more than w
// cells a side; 0 if there is none.
func (g Geometry) Largest(w int) int { return max(0, w*g.Stride-g.Patch+1) }

// An Outcome is what a method makes of a grid, for one size of window.
type Outcome struct {
	Answer    int  // the class
	Alert     bool // the answer is withheld: Detect takes the image for an attacked one
	Certified bool // no window's content can change the answer; with Detect, not without an alert
}

// A Defence makes answers and certificates of one grid by one method. It is not for
// concurrent use.
type Defence struct {
	grid Grid
	method
}

// A method makes answers and finds how near one is to another, for windows of one size.
type method interface {
	// answer is the defended answer.
	answer(v windows) (class int, alert bool)
	// only is the class that the answer must be if it is certified.
	only(v windows) int
	// least returns the least of the margins of class y that are at most below, and the
	// first window that it is the margin of; -1 if there is none. With any, it may be
	// any of those margins. The class is certified if no margin is at most the slack.
	least(v windows, y int, below float64, any bool) (margin float64, window int)
	slack() float64
}

// New prepares a method for a grid, which must not change. tau is the probability from
// which Detect trusts a masked answer; the other methods have no use for it.
func New(m Method, tau float64, g Grid) *Defence {
	if len(g.Logits) != g.Rows*g.Cols*g.Classes || g.Classes < 2 || g.Rows*g.Cols == 0 {
		panic("certify: a grid whose values are not those of its cells")
	}
	d := &Defence{grid: g}
	switch m {
	case Double:
		d.method = &double{sums: newSums(g, identity)}
	case PatchGuard:
		d.method = &patchGuard{sums: newSums(g, positive)}
	case Clipped:
		d.method = &clipped{sums: newSums(g, squashed)}
	case Detect:
		d.method = &detect{double: double{sums: newSums(g, identity)}, tau: tau}
	default:
		panic(fmt.Sprintf("certify: no method %q", m))
	}
	return d
}

// Outcome returns the answer that is defended against stickers of windows of w cells a
// side, and whether it is certified.
func (d *Defence) Outcome(w int) Outcome {
	v := d.grid.windows(w)
	var o Outcome
	o.Answer, o.Alert = d.answer(v)
	o.Certified = !o.Alert && d.certified(v, o.Answer)
	return o
}

// certified reports whether class y is certified.
func (d *Defence) certified(v windows, y int) bool {
	if y != d.only(v) {
		return false
	}
	_, window := d.least(v, y, d.slack(), true)
	return window < 0
}

// Largest returns the largest window, cells a side, from the least on, for which the
// answer is certified; 0 if there is none. A smaller window may fail where a larger one
// does not: fewer cells are masked, and the sum of those that remain is another. The
// certificate of the larger window holds for smaller stickers as well.
func (d *Defence) Largest(least int) int {
	for w := max(d.grid.Rows, d.grid.Cols) - 1; w >= max(1, least); w-- {
		v := d.grid.windows(w)
		if d.certified(v, d.only(v)) {
			return w
		}
	}
	return 0
}

// Weakest returns the place of the window of w cells a side at which the answer is
// nearest to another: that of the least margin, the first one by rows.
func (d *Defence) Weakest(w int) (row, col, rows, cols int) {
	v := d.grid.windows(w)
	y, _ := d.answer(v)
	_, window := d.least(v, y, math.Inf(1), false)
	r := v.at(window)
	return r.row, r.col, r.rows, r.cols
}
