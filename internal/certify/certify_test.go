package certify

import (
	"math"
	"math/rand/v2"
	"testing"
)

// randomGrid makes a grid of up to 12 cells a side that leans to one class, so that some
// are certified and some are not. Some have whole numbers, and with them ties.
func randomGrid(r *rand.Rand, side int) Grid {
	g := Grid{Rows: 1 + r.IntN(side), Cols: 1 + r.IntN(side), Classes: 2 + r.IntN(5)}
	if r.IntN(2) == 0 {
		g.Cols = g.Rows
	}
	lean := r.Float64() * 6
	favourite, second := r.IntN(g.Classes), r.IntN(g.Classes)
	split := r.IntN(3) == 0 // part of the grid speaks for another class
	whole := r.IntN(3) == 0
	scale := math.Exp(r.NormFloat64())
	for i := range g.Rows * g.Cols {
		for c := range g.Classes {
			v := r.NormFloat64() * scale
			switch {
			case split && i < g.Cols*g.Rows/3:
				if c == second {
					v += lean * scale
				}
			case c == favourite:
				v += lean * scale
			}
			if whole {
				v = math.Round(v)
			}
			g.Logits = append(g.Logits, float32(v))
		}
	}
	return g
}

// everyDefence are the methods with the probabilities of Detect.
var everyDefence = []struct {
	method Method
	tau    float64
}{{Double, 0}, {PatchGuard, 0}, {Clipped, 0}, {Detect, 0}, {Detect, 0.3}, {Detect, 0.9}}

// TestEqualsBruteForce compares answers, certificates, the weakest window and the largest
// with the definitions, on random grids.
func TestEqualsBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	rounds := 3000
	if testing.Short() {
		rounds = 300
	}
	certified := map[Method]int{}
	for range rounds {
		side := 7
		if r.IntN(20) == 0 {
			side = 12
		}
		g := randomGrid(r, side)
		if r.IntN(4) == 0 {
			for i := range g.Logits {
				g.Logits[i] *= 20 // so that clipping leaves something
			}
		}
		for _, d := range everyDefence {
			if d.method == Clipped && integers(g) {
				continue // tanh makes of sums that are the same some that are not
			}
			checkGrid(t, r, d.method, d.tau, g, certified)
		}
	}
	for _, m := range Methods {
		if n := certified[Method(m)]; n < rounds/50 {
			t.Errorf("%s: only %d certificates in %d grids: the test has nothing to say", m, n, rounds)
		}
	}
}

func checkGrid(t *testing.T, r *rand.Rand, m Method, tau float64, g Grid, certified map[Method]int) {
	t.Helper()
	d := New(m, tau, g)
	most := max(g.Rows, g.Cols)
	want := map[int]bruteOutcome{}
	at := 1 + r.IntN(most+1)
	sizes := []int{at}
	if g.Rows*g.Cols <= 25 || m != Double {
		sizes = nil
		for w := 1; w <= most; w++ {
			sizes = append(sizes, w)
		}
	}
	largest := 0
	for _, w := range sizes {
		o := brute(m, tau, g, w)
		want[w] = o
		if got := d.Outcome(w); got != o.Outcome {
			t.Fatalf("%s (tau %v), %d x %d cells, %d classes, windows of %d: %+v, want %+v\n%v", m, tau, g.Rows, g.Cols, g.Classes, w, got, o.Outcome, g.Logits)
		}
		if o.Certified {
			certified[m]++
			largest = max(largest, w)
		}
		row, col, rows, cols := d.Weakest(w)
		least, first := math.Inf(1), -1
		for i, margin := range o.margins {
			if margin < least-tiny {
				least, first = margin, i
			}
		}
		v := g.windows(w)
		found := row*v.across + col
		if rows != v.rows || cols != v.cols || o.margins[found] > least+tiny {
			t.Fatalf("%s (tau %v), windows of %d: window %d is said to be the weakest, with %v; it is %d, with %v", m, tau, w, found, o.margins[found], first, least)
		}
		if integers(g) && m != Clipped && tau == 0 && found != first {
			t.Fatalf("%s: of windows that are equally weak, %d is given, not %d", m, found, first)
		}
	}
	if len(sizes) > 1 {
		from := 1 + r.IntN(2)
		if largest < from {
			largest = 0
		}
		if got := d.Largest(from); got != largest {
			t.Fatalf("%s: the largest certified window is %d, want %d", m, got, largest)
		}
	}
}

func integers(g Grid) bool {
	for _, v := range g.Logits {
		if v != float32(math.Round(float64(v))) {
			return false
		}
	}
	return true
}

// TestPlainAnswerOfPatchGuard has evidence for class 1 in the middle alone, where every
// window takes it away: class 0 is the answer whatever a window holds, but most evidence is
// class 1's, and the definition asks that it be not.
func TestPlainAnswerOfPatchGuard(t *testing.T) {
	for _, middle := range []float32{1.5, 2.5} {
		g := Grid{Rows: 4, Cols: 4, Classes: 2, Logits: make([]float32, 32)}
		for _, corner := range []int{0, 3, 12, 15} {
			g.cell(corner)[0] = 2
		}
		for _, cell := range []int{5, 6, 9, 10} {
			g.cell(cell)[1] = middle
		}
		want := Outcome{Answer: 0, Certified: middle < 2}
		if got := New(PatchGuard, 0, g).Outcome(3); got != want || brute(PatchGuard, 0, g, 3).Outcome != want {
			t.Errorf("%v in the middle: %+v, want %+v", middle, got, want)
		}
	}
}

// TestLargerWindowsMayCertify has class 1 in the middle alone, which windows of 3 cells a
// side cover wherever they are, but not those of 2.
func TestLargerWindowsMayCertify(t *testing.T) {
	g := Grid{Rows: 4, Cols: 4, Classes: 2, Logits: make([]float32, 32)}
	for _, corner := range []int{0, 3, 12, 15} {
		g.cell(corner)[0] = 2
	}
	g.cell(10)[1] = 100
	d := New(Double, 0, g)
	for w, want := range map[int]Outcome{1: {}, 2: {}, 3: {Certified: true}, 4: {}} {
		if got := d.Outcome(w); got != want || brute(Double, 0, g, w).Outcome != want {
			t.Errorf("windows of %d: %+v, want %+v", w, got, want)
		}
	}
	if w := d.Largest(1); w != 3 {
		t.Errorf("the largest is %d", w)
	}
}

// TestThirdClass has class 1 ahead without the window at one place, where a class that no
// single window brings to the front refutes it: it is ahead without two windows.
func TestThirdClass(t *testing.T) {
	g := Grid{Rows: 12, Cols: 12, Classes: 3, Logits: make([]float32, 12*12*3)}
	for i := range 12 * 12 {
		g.cell(i)[1], g.cell(i)[2] = 8./144, 9./144
	}
	first, second := g.cell(2*12+2), g.cell(9*12+9)
	first[0], second[0], second[1] = 10, 10, 4
	if got, want := New(Double, 0, g).Outcome(3), brute(Double, 0, g, 3).Outcome; got != want || got.Answer != 0 {
		t.Errorf("%+v, want %+v", got, want)
	}
	for i := range 12 * 12 {
		g.cell(i)[2] = 0 // nobody refutes it
	}
	if got, want := New(Double, 0, g).Outcome(3), brute(Double, 0, g, 3).Outcome; got != want || got.Answer != 1 {
		t.Errorf("%+v, want %+v", got, want)
	}
}
