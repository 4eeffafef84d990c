package certify

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// certifiedGrid makes random grids until a method certifies one for windows of a size.
func certifiedGrid(r *rand.Rand, m Method, tau float64) (Grid, int, Outcome) {
	for {
		g := randomGrid(r, 8)
		if m == Clipped || r.IntN(4) == 0 {
			for i := range g.Logits {
				g.Logits[i] *= 20
			}
		}
		w := 1 + r.IntN(max(1, max(g.Rows, g.Cols)/2))
		if o := New(m, tau, g).Outcome(w); o.Certified {
			return g, w, o
		}
	}
}

// TestNoCertificateBreaks sets windows of certified grids to any values, a million times:
// the answer stays, or there is an alert.
func TestNoCertificateBreaks(t *testing.T) {
	grids, each := 850, 200
	if testing.Short() {
		grids = 20
	}
	r := rand.New(rand.NewPCG(2, 2))
	for _, d := range everyDefence {
		for range grids {
			g, w, o := certifiedGrid(r, d.method, d.tau)
			v := g.windows(w)
			forged := g
			for range each {
				forged.Logits = slices.Clone(g.Logits)
				anything(r, forged, v.at(r.IntN(v.count())), o.Answer)
				got := New(d.method, d.tau, forged).Outcome(w)
				if got.Answer != o.Answer && !got.Alert || got.Alert && d.method != Detect {
					t.Fatalf("%s (tau %v), windows of %d: %+v became %+v\n%v\n%v", d.method, d.tau, w, o, got, g, forged)
				}
			}
		}
	}
}

// anything fills a window with noise of any size, huge numbers that cancel each other in
// tables, whole numbers, or evidence for one class.
func anything(r *rand.Rand, g Grid, hole rect, answer int) {
	rival := (answer + 1 + r.IntN(g.Classes-1)) % g.Classes
	scale := math.Exp(r.NormFloat64() * 3)
	if r.IntN(4) == 0 {
		scale = 1e30
	}
	way := r.IntN(4)
	for i := hole.row; i < hole.row+hole.rows; i++ {
		for j := hole.col; j < hole.col+hole.cols; j++ {
			cell := g.cell(i*g.Cols + j)
			for c := range cell {
				switch way {
				case 0:
					cell[c] = float32(scale * r.NormFloat64())
				case 1:
					cell[c] = float32(scale)
				case 2:
					cell[c] = float32(r.IntN(21) - 10)
				case 3:
					cell[c] = float32(-scale)
					if c == rival {
						cell[c] = float32(scale * r.Float64())
					}
				}
			}
		}
	}
}

// TestAttack breaks answers that are not certified, and none that is.
func TestAttack(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for _, d := range everyDefence {
		broken, open := 0, 0
		for range 150 {
			g := randomGrid(r, 8)
			w := 1 + r.IntN(3)
			if 2*w > min(g.Rows, g.Cols) {
				continue // two windows may leave nothing, and then the answer is class 0 whatever they hold
			}
			before := slices.Clone(g.Logits)
			n := Attack{d.method, d.tau, w, 40, r}.Run(g)
			o := New(d.method, d.tau, g).Outcome(w)
			if !slices.Equal(before, g.Logits) {
				t.Fatal("the attack has changed the grid itself")
			}
			switch {
			case o.Certified && n > 0:
				t.Errorf("%s: %d of 40 attacks changed a certified answer", d.method, n)
			case !o.Certified && !o.Alert:
				open++
				if n > 0 {
					broken++
				}
			}
			if n > 40 {
				t.Errorf("%d of 40", n)
			}
		}
		if open >= 10 && 10*broken < 8*open {
			t.Errorf("%s (tau %v): only %d of %d answers without a certificate were changed: the attack is weak", d.method, d.tau, broken, open)
		}
	}
}
