package engine

import (
	"runtime"
	"unsafe"
)

// genericKernel is plain Go: every platform has it, and the other kernels are
// defined by it.
var genericKernel = Kernel{name: "generic", mr: 4, nr: 4, lanes: 4, run: igemmGeneric, rowOps: genericRows, filtering: filtering{windowGeneric, squareGeneric, (*Conv).pays}, peak: peakGeneric, flop: 8}

// igemmGeneric computes, for pixels i < m and output channels j < 4,
//
//	c[i][j] = max(lo, (sum over taps t, k: a[i][taps[t]+k] * w[t][k][j]) + bias[j] + res[i][j])
//
// in float32, adding in that order, the sum from 0. The product is rounded before
// it is added (the conversion forbids a fused multiply-add), so every platform
// agrees.
func igemmGeneric(m, _ int, g *args) {
	bias := (*[4]float32)(g.bias)
	taps := unsafe.Slice((*int)(g.taps), g.nTaps)
	for i := range uintptr(m) {
		var s0, s1, s2, s3 float32
		w := unsafe.Slice((*[4]float32)(g.w), g.nTaps*g.k)
		for _, t := range taps {
			a := unsafe.Slice((*float32)(unsafe.Add(g.a, int(i*g.aStride)+t)), g.k)
			for k, v := range a {
				p := &w[k]
				s0 += float32(v * p[0])
				s1 += float32(v * p[1])
				s2 += float32(v * p[2])
				s3 += float32(v * p[3])
			}
			w = w[g.k:]
		}
		s0, s1, s2, s3 = s0+bias[0], s1+bias[1], s2+bias[2], s3+bias[3]
		if g.res != nil {
			r := (*[4]float32)(unsafe.Add(g.res, i*g.rStride))
			s0, s1, s2, s3 = s0+r[0], s1+r[1], s2+r[2], s3+r[3]
		}
		*(*[4]float32)(unsafe.Add(g.c, i*g.cStride)) = [4]float32{
			atLeast(g.lo, s0), atLeast(g.lo, s1), atLeast(g.lo, s2), atLeast(g.lo, s3)}
	}
}

// atLeast returns the larger of lo and v, and v if v is NaN.
func atLeast(lo, v float32) float32 {
	if v < lo {
		return lo
	}
	return v
}

// peakGeneric runs rounds of four independent multiplications and additions.
func peakGeneric(rounds int) {
	var s [4]float32
	for range rounds {
		for j := range s {
			s[j] += float32(s[j] * 0.5)
		}
	}
	runtime.KeepAlive(s)
}
