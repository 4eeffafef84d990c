//go:build amd64 && !purego

package engine

import "golang.org/x/sys/cpu"

//go:generate go run ./gen -dir .

func archKernels() []*Kernel {
	var ks []*Kernel
	if cpu.X86.HasAVX512F {
		ks = append(ks, &avx512Kernel)
	}
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		ks = append(ks, &avx2Kernel)
	}
	return ks
}

// avx512Kernel holds 6x64 accumulators in 24 of the 32 ZMM registers, avx2Kernel
// 6x16 in twelve of the 16 YMM registers.
var (
	avx512Kernel = Kernel{name: "avx512", mr: 6, nr: 64, lanes: 16, run: igemmAVX512, peak: fmapeak_avx512, flop: 12 * 16 * 2}
	avx2Kernel   = Kernel{name: "avx2", mr: 6, nr: 16, lanes: 8, run: igemmAVX2, peak: fmapeak_avx2, flop: 12 * 8 * 2}
)
