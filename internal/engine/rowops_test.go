package engine

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRowOps compares every kernel's with the definitions, bit for bit, on rows of
// all lengths and alignments, and on what is no ordinary number.
func TestRowOps(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(1))
	special := []float32{nan, inf, -inf, 0, float32(math.Copysign(0, -1)), 1, -1, 1e-45, math.MaxFloat32}
	r := rand.New(rand.NewPCG(1, 2))
	row := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			if v[i] = r.Float32()*2 - 1; r.IntN(3) == 0 {
				v[i] = special[r.IntN(len(special))]
			}
		}
		return v
	}
	bits := func(v []float32) (b []uint32) {
		for _, f := range v {
			if f != f { // which NaN it is does not matter
				f = nan
			}
			b = append(b, math.Float32bits(f))
		}
		return b
	}
	for _, k := range Kernels() {
		for n := range 70 {
			for try := range 20 {
				at := try % 9
				const guard = 8
				dst := row(at + n + guard)
				a, b, c := row(at + n)[at:], row(n), row(n)
				check := func(name string, got, want func(dst []float32)) {
					t.Helper()
					x, y := slices.Clone(dst), slices.Clone(dst)
					got(x[at : at+n])
					want(y[at : at+n])
					if !slices.Equal(bits(x), bits(y)) {
						t.Fatalf("%s: %s of %d floats:\n%v\n%v, want\n%v", k.name, name, n, dst, x, y)
					}
				}
				check("larger", func(d []float32) { k.larger(d, a) }, func(d []float32) {
					for i := range d {
						if d[i] == d[i] && !(d[i] >= a[i]) {
							d[i] = a[i]
						}
					}
				})
				check("add", func(d []float32) { k.add(d, a) }, func(d []float32) {
					for i := range d {
						d[i] += a[i]
					}
				})
				check("scaleShiftReLU", func(d []float32) { k.scaleShiftReLU(d, a, b, c) }, func(d []float32) {
					for i := range d {
						d[i] = float32(a[i]*b[i]) + c[i]
						if d[i] < 0 {
							d[i] = 0
						}
					}
				})
				index := make([]float32, n)
				for i := range index {
					index[i] = float32(r.IntN(3))
				}
				got, want := slices.Clone(index), slices.Clone(index)
				check("largerAt", func(d []float32) { k.largerAt(d, got, a, 7) }, func(d []float32) {
					for i := range d {
						if a[i] != a[i] || a[i] > d[i] {
							d[i], want[i] = a[i], 7
						}
					}
				})
				if !slices.Equal(got, want) {
					t.Fatalf("%s: indices %v, want %v", k.name, got, want)
				}
				check("addWhere", func(d []float32) { k.addWhere(d, a, index, 1) }, func(d []float32) {
					for i := range d {
						if index[i] == 1 {
							d[i] += a[i]
						}
					}
				})
				check("gate", func(d []float32) { k.gate(d, a, b) }, func(d []float32) {
					for i := range d {
						if d[i] = 0; a[i] > 0 {
							d[i] = b[i]
						}
					}
				})
				shift := row(n)
				check("scaleGate", func(d []float32) { k.scaleGate(d, a, b, c, shift) }, func(d []float32) {
					for i := range d {
						if d[i] = 0; float32(a[i]*c[i])+shift[i] > 0 {
							d[i] = float32(b[i] * c[i])
						}
					}
				})
			}
		}
	}
}
