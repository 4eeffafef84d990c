package engine

import (
	"syscall"
	"unsafe"
)

// largePages asks for large pages under weights that no cache keeps: a pass reads them from
// one end to the other, and where each is on looking up comes on top of fetching. It is advice:
// what the system makes of it is left to it.
func largePages(weights []float32) {
	const page, least = 2 << 20, 16 << 20
	if 4*len(weights) < least {
		return
	}
	start := uintptr(unsafe.Pointer(&weights[0]))
	skip := int((page - start%page) % page / 4)
	n := (len(weights) - skip) &^ (page/4 - 1)
	_ = syscall.Madvise(unsafe.Slice((*byte)(unsafe.Pointer(&weights[skip])), 4*n), syscall.MADV_HUGEPAGE)
}
