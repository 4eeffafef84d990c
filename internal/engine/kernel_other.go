//go:build !amd64 || purego

package engine

func archKernels() []*Kernel { return nil }
