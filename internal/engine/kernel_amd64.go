//go:build amd64 && !purego

package engine

import "golang.org/x/sys/cpu"

//go:generate go run ./gen -dir .

func archKernels() []*Kernel {
	var ks []*Kernel
	hasAVX2 := cpu.X86.HasAVX2 && cpu.X86.HasFMA
	if cpu.X86.HasAVX512F && hasAVX2 {
		ks = append(ks, &avx512Kernel)
	}
	if hasAVX2 {
		ks = append(ks, &avx2Kernel)
	}
	return ks
}

// avx2Rows are limited by the cache, so that wider vectors would not help.
var avx2Rows = rowOps{largerAVX2, addAVX2, scaleShiftReLUAVX2, largerAtAVX2, addWhereAVX2, gateAVX2, scaleGateAVX2}

func largerAVX2(dst, src []float32) {
	n := len(dst) &^ 7
	if n > 0 {
		larger_avx2(&dst[0], &src[:n][0], n)
	}
	largerGeneric(dst[n:], src[n:])
}

func addAVX2(dst, src []float32) {
	n := len(dst) &^ 7
	if n > 0 {
		add_avx2(&dst[0], &src[:n][0], n)
	}
	addGeneric(dst[n:], src[n:])
}

func scaleShiftReLUAVX2(dst, src, scale, shift []float32) {
	n := len(dst) &^ 7
	if n > 0 {
		scaleshiftrelu_avx2(&dst[0], &src[:n][0], &scale[:n][0], &shift[:n][0], n)
	}
	scaleShiftReLUGeneric(dst[n:], src[n:], scale[n:], shift[n:])
}

func largerAtAVX2(dst, index, src []float32, at float32) {
	n := len(dst) &^ 7
	if n > 0 {
		largerat_avx2(&dst[0], &index[:n][0], &src[:n][0], n, at)
	}
	largerAtGeneric(dst[n:], index[n:], src[n:], at)
}

func addWhereAVX2(dst, src, index []float32, at float32) {
	n := len(dst) &^ 7
	if n > 0 {
		addwhere_avx2(&dst[0], &src[:n][0], &index[:n][0], n, at)
	}
	addWhereGeneric(dst[n:], src[n:], index[n:], at)
}

func gateAVX2(dst, x, grad []float32) {
	n := len(dst) &^ 7
	if n > 0 {
		gate_avx2(&dst[0], &x[:n][0], &grad[:n][0], n)
	}
	gateGeneric(dst[n:], x[n:], grad[n:])
}

func scaleGateAVX2(dst, x, grad, scale, shift []float32) {
	n := len(dst) &^ 7
	if n > 0 {
		scalegate_avx2(&dst[0], &x[:n][0], &grad[:n][0], &scale[:n][0], &shift[:n][0], n)
	}
	scaleGateGeneric(dst[n:], x[n:], grad[n:], scale[n:], shift[n:])
}

func windowAVX512(a *transformArgs) { wholeVectors(a, 16, window_avx512) }
func windowAVX2(a *transformArgs)   { wholeVectors(a, 8, window_avx2) }

// avx512Kernel holds 6x64 accumulators in 24 of the 32 ZMM registers, avx2Kernel
// 6x16 in twelve of the 16 YMM registers.
var (
	avx512Kernel = Kernel{name: "avx512", mr: 6, nr: 64, lanes: 16, run: igemmAVX512, rowOps: avx2Rows, filtering: filtering{windowAVX512, square_avx512, (*Conv).pays}, peak: fmapeak_avx512, flop: 12 * 16 * 2}
	avx2Kernel   = Kernel{name: "avx2", mr: 6, nr: 16, lanes: 8, run: igemmAVX2, rowOps: avx2Rows, filtering: filtering{windowAVX2, square_avx2, (*Conv).pays}, peak: fmapeak_avx2, flop: 12 * 8 * 2}
)
