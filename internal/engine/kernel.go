package engine

import (
	"fmt"
	"os"
	"strings"
	"unsafe"
)

// A Kernel computes one tile of an indirect GEMM: m pixels (1 <= m <= mr) by n
// output channels (lanes, 2*lanes, ... nr). Every backend computes what
// igemmGeneric's loop says, each output element by one chain of additions from
// zero in the same order (taps, then k), so a result does not depend on the tile
// it was computed in. Bias and residual are added to the sum, in this order:
// chains are short, and do not begin with large values.
type Kernel struct {
	name  string
	mr    int // pixels of a full tile
	nr    int // output channels of a full tile: the width of a weight panel
	lanes int // what the width of the last, narrower panel is a multiple of
	run   func(m, n int, a *args)
	rowOps
	filtering
	peak func(rounds int) // multiply-adds on registers only
	flop int              // floating-point operations in a round of peak
}

// Name returns "avx2", "generic", ...: the value BAGNET_KERNEL takes.
func (k *Kernel) Name() string { return k.name }

// args are the operands of one kernel call. Strides and offsets are in bytes.
// The assembly addresses the fields by their offsets: see gen/main.go.
type args struct {
	a       unsafe.Pointer // first input pixel
	aStride uintptr        // from one input pixel to the next
	w       unsafe.Pointer // weight panel: [tap][k][n] float32
	c       unsafe.Pointer // first output pixel
	cStride uintptr        // from one output pixel to the next
	bias    unsafe.Pointer // [n] float32, added to the sums
	res     unsafe.Pointer // residual added behind the bias, or nil; may equal c
	rStride uintptr        // from one residual pixel to the next
	taps    unsafe.Pointer // [nTaps] int: offset of each tap's run from a
	nTaps   int
	k       int     // floats in each tap's run
	lo      float32 // lower bound of the output: 0 is a ReLU, -Inf none; NaN passes
}

// Kernels returns the kernels this machine can run, best first.
func Kernels() []*Kernel {
	return append(archKernels(), &genericKernel)
}

// Choose returns the kernel called name; the best one if name is empty and the
// environment variable BAGNET_KERNEL is not set. An unavailable kernel is an
// error, never silently another one.
func Choose(name string) (*Kernel, error) {
	if name == "" {
		name = os.Getenv("BAGNET_KERNEL")
	}
	ks := Kernels()
	if name == "" {
		return ks[0], nil
	}
	var names []string
	for _, k := range ks {
		if k.name == name {
			return k, nil
		}
		names = append(names, k.name)
	}
	return nil, fmt.Errorf("choosing kernel %q: not available on this machine (available: %s)", name, strings.Join(names, ", "))
}
