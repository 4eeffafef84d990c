package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"unsafe"
)

// fused returns a*b+c rounded once, as a fused multiply-add does. The product is
// exact in float64; the sum is rounded to odd, so that the second rounding, to
// float32, sees on which side of a tie it was.
func fused(a, b, c float32) float32 {
	x, y := float64(a)*float64(b), float64(c)
	s := x + y
	z := s - x
	if e := (x - (s - z)) + (y - z); e != 0 && math.Float64bits(s)&1 == 0 {
		s = math.Nextafter(s, math.Copysign(math.Inf(1), e))
	}
	return float32(s)
}

func rounded(a, b, c float32) float32 { return float32(a*b) + c }

// tileCase is one way to call a kernel.
type tileCase struct {
	m, n, k       int
	aGap          int // floats between pixels
	residual      residualKind
	relu, withNaN bool // withNaN: the first pixel has one
}

type residualKind int

const (
	noResidual residualKind = iota
	apart
	inPlace // the output itself
	residualKinds
)

// tileTaps are where the runs of a pixel begin: not in order, and overlapping.
var tileTaps = []int{20, 0, 7}

const tileGap = 3 // floats between the rows of output and residual

func (c tileCase) rowFloats() int { return c.n + tileGap }

// tileData are the operands of one call, in the middle of NaNs.
type tileData struct {
	tileCase
	a, w, bias, res, before []float32
}

func newTile(c tileCase) tileData {
	r := rand.New(rand.NewPCG(uint64(c.m*100+c.n), uint64(c.k)))
	random := func(n int) []float32 { return surrounded(uniform(r, n)) }
	d := tileData{c, random((c.m-1)*(c.k+c.aGap) + tileTaps[0] + c.k), random(len(tileTaps) * c.k * c.n),
		random(c.n), random(c.m * c.rowFloats()), random(c.m * c.rowFloats())}
	if c.withNaN {
		d.a[tileTaps[0]] = float32(math.NaN())
	}
	if c.residual == inPlace {
		d.res = d.before
	}
	return d
}

func surrounded(s []float32) []float32 {
	whole := make([]float32, guard+len(s)+guard)
	for i := range whole {
		whole[i] = float32(math.NaN())
	}
	return whole[guard : guard+copy(whole[guard:], s)]
}

// run returns the output, which was before.
func (d tileData) run(k *Kernel) []float32 {
	out := surrounded(d.before)
	taps := make([]int, len(tileTaps))
	for i, t := range tileTaps {
		taps[i] = 4 * t
	}
	g := args{
		a: unsafe.Pointer(&d.a[0]), aStride: uintptr(4 * (d.k + d.aGap)), w: unsafe.Pointer(&d.w[0]),
		c: unsafe.Pointer(&out[0]), cStride: uintptr(4 * d.rowFloats()), bias: unsafe.Pointer(&d.bias[0]),
		taps: unsafe.Pointer(&taps[0]), nTaps: len(taps), k: d.k, lo: d.lowerBound(),
	}
	switch d.residual {
	case apart:
		g.res, g.rStride = unsafe.Pointer(&d.res[0]), g.cStride
	case inPlace:
		g.res, g.rStride = g.c, g.cStride
	}
	k.run(d.m, d.n, &g)
	return out
}

// want is one element by the chain that igemmGeneric documents, each addition
// of a product made by add.
func (d tileData) want(i, j int, add func(a, b, c float32) float32) float32 {
	s := float32(0)
	for t, tap := range tileTaps {
		for k := range d.k {
			s = add(d.a[i*(d.k+d.aGap)+tap+k], d.w[(t*d.k+k)*d.n+j], s)
		}
	}
	s += d.bias[j]
	if d.residual != noResidual {
		s += d.res[i*d.rowFloats()+j]
	}
	return atLeast(d.lowerBound(), s)
}

func (d tileData) lowerBound() float32 {
	if d.relu {
		return 0
	}
	return float32(math.Inf(-1))
}

func checkTile(t *testing.T, kernel *Kernel, c tileCase) {
	t.Helper()
	add := fused
	if kernel == &genericKernel {
		add = rounded
	}
	d := newTile(c)
	got := d.run(kernel)
	for at, v := range got {
		i, j := at/c.rowFloats(), at%c.rowFloats()
		want := d.before[at]
		if j < c.n {
			want = d.want(i, j, add)
		}
		if v != want && (v == v || want == want) {
			t.Fatalf("%+v: (%d,%d) = %v, want %v", c, i, j, v, want)
		}
	}
}

// TestTileIsTheChain compares every kernel, to the bit, with the one chain of
// additions that all of them are to compute: whatever the tile, the tail of k and
// what the sum is added to.
func TestTileIsTheChain(t *testing.T) {
	for _, kernel := range Kernels() {
		for n := kernel.lanes; n <= kernel.nr; n += kernel.lanes {
			t.Run(fmt.Sprintf("%s/%d", kernel.name, n), func(t *testing.T) {
				for m := 1; m <= kernel.mr; m++ {
					for k := 1; k <= 13; k++ {
						for residual := range residualKinds {
							checkTile(t, kernel, tileCase{m: m, n: n, k: k, residual: residual, relu: k%2 == 0})
							checkTile(t, kernel, tileCase{m: m, n: n, k: k, residual: residual, relu: k%2 == 1, aGap: 5, withNaN: true})
						}
					}
				}
			})
		}
	}
}

func TestPeakEnds(t *testing.T) {
	for _, k := range Kernels() {
		for _, rounds := range []int{1, 2, 5} {
			k.peak(rounds)
		}
	}
}
