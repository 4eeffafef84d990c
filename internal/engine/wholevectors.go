//go:build (amd64 || arm64) && !purego

package engine

import "unsafe"

// wholeVectors lets transform do all channels that fill vectors of so many lanes.
func wholeVectors(a *transformArgs, lanes int, transform func(*transformArgs)) {
	n, whole := a.n, a.n/lanes*lanes
	if whole > 0 {
		a.n = whole
		transform(a)
	}
	if whole < n {
		a.from, a.to, a.n = unsafe.Add(a.from, 4*whole), unsafe.Add(a.to, 4*whole), n-whole
		windowGeneric(a)
	}
	a.n = n
}
