//go:build arm64 && !purego

package engine

//go:generate go run ./gen -dir .

// Every arm64 CPU has Advanced SIMD: nothing is detected.
func archKernels() []*Kernel { return []*Kernel{&neonKernel} }

// neonKernel holds 8x8 accumulators in 16 of the 32 vector registers.
var neonKernel = Kernel{name: "neon", mr: 8, nr: 8, lanes: 4, run: igemmNEON, rowOps: genericRows,
	filtering: filtering{windowNEON, square_neon, (*Conv).pays}, peak: fmapeak_neon, flop: 12 * 4 * 2}

func windowNEON(a *transformArgs) { wholeVectors(a, 4, window_neon) }
