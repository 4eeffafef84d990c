//go:build !linux

package engine

func largePages([]float32) {}
