//go:build !(amd64 || arm64) || purego

package engine

func archKernels() []*Kernel { return nil }
