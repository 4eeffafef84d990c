package certify

import (
	"math"
	"math/rand/v2"
	"slices"
)

// An Attack puts anything into the cells of one window, as no sticker on pixels can, to
// change an answer.
type Attack struct {
	Method Method
	Tau    float64
	Window int // cells a side
	Tries  int
	RNG    *rand.Rand
}

// Run returns how many of the tries change the defended answer to the grid. Half of them
// are greedy: the strongest rivals are given all evidence that a window can hold, and the
// answer is denied it, first in the weakest window. The others are random in all: window,
// rival, cells and values.
func (a Attack) Run(g Grid) (broken int) {
	d := New(a.Method, a.Tau, g)
	v := g.windows(a.Window)
	y, alert := d.answer(v)
	if alert {
		return 0
	}
	row, col, _, _ := d.Weakest(a.Window)
	forged := forgery{Grid: g, answer: y, weakest: row*v.across + col, rng: a.RNG, rivals: rivals(g, y)}
	for _, u := range g.Logits {
		forged.largest = max(forged.largest, float32(math.Abs(float64(u))))
	}
	for try := range a.Tries {
		forged.Logits = slices.Clone(g.Logits)
		if try%2 == 0 {
			forged.greedy(v, try/2)
		} else {
			forged.random(v)
		}
		answer, alert := New(a.Method, a.Tau, forged.Grid).answer(v)
		if answer != y && !alert {
			broken++
		}
	}
	return broken
}

// rivals are all classes but y, the strongest first.
func rivals(g Grid, y int) []int {
	order := newSums(g, identity).order
	return slices.DeleteFunc(order, func(c int) bool { return c == y })
}

// A forgery is a grid of which some cells are made up.
type forgery struct {
	Grid
	answer  int
	weakest int // window
	rivals  []int
	largest float32 // magnitude of the grid's logits
	rng     *rand.Rand
}

// levels are what the evidence in a window is multiplied by, beside the grid's largest.
var levels = []float32{1, 0.25, 4, 1e4, 1e30}

// mostRivals is how many rivals a greedy attack tries.
const mostRivals = 5

// greedy gives a rival all evidence. Later tries go through the rivals, the levels, the
// patterns and at last the windows.
func (f *forgery) greedy(v windows, try int) {
	n := min(mostRivals, len(f.rivals))
	rival, try := f.rivals[try%n], try/n
	level, try := levels[try%len(levels)], try/len(levels)
	pattern, try := try%len(patterns), try/len(patterns)
	r := v.at((f.weakest + try) % v.count())
	for i := range r.rows {
		for j := range r.cols {
			if patterns[pattern](i, j, r) {
				f.speak(r.row+i, r.col+j, rival, level*max(f.largest, 1))
			}
		}
	}
}

// patterns are the cells of a window that speak: a method that looks for the strongest
// window may miss evidence that is spread unevenly.
var patterns = []func(i, j int, r rect) bool{
	func(int, int, rect) bool { return true },
	func(i, _ int, r rect) bool { return 2*i < r.rows },
	func(_, j int, r rect) bool { return 2*j >= r.cols },
	func(i, j int, _ rect) bool { return (i+j)%2 == 0 },
}

// speak lets a cell speak for a class and against all others.
func (f *forgery) speak(row, col, class int, evidence float32) {
	cell := f.cell(row*f.Cols + col)
	for c := range cell {
		cell[c] = -evidence
	}
	cell[class] = evidence
}

// random puts random values, or other cells of the image, into random cells of a window.
func (f *forgery) random(v windows) {
	r := v.at(f.rng.IntN(v.count()))
	share, level := f.rng.Float64(), float64(f.largest)*math.Exp(3*f.rng.NormFloat64())
	rival := f.rivals[f.rng.IntN(len(f.rivals))]
	way := f.rng.IntN(3)
	for i := r.row; i < r.row+r.rows; i++ {
		for j := r.col; j < r.col+r.cols; j++ {
			if f.rng.Float64() < share {
				continue
			}
			cell := f.cell(i*f.Cols + j)
			switch way {
			case 0:
				for c := range cell {
					cell[c] = float32(level * f.rng.NormFloat64())
				}
			case 1:
				f.speak(i, j, rival, float32(level*f.rng.Float64()))
			case 2:
				copy(cell, f.cell(f.rng.IntN(f.Rows*f.Cols)))
			}
		}
	}
}
