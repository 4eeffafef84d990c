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

// avx2Kernel holds 6x16 accumulators in twelve YMM registers, two more for the
// weights and two for the broadcast pixels: the largest tile AVX2 has room for.
var avx2Kernel = Kernel{name: "avx2", mr: 6, nr: 16, run: igemmAVX2}

var avx512Kernel = Kernel{name: "avx512", mr: 6, nr: 64, run: igemmAVX512}
