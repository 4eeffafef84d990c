//go:build unix

package loader

import (
	"os"
	"syscall"
)

// mapFile maps a file of size bytes into memory, read-only, or returns nil if
// that cannot be done. unmap gives the memory back.
func mapFile(f *os.File, size int64) []byte {
	if size <= 0 || size != int64(int(size)) {
		return nil
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		return nil // a file system that cannot: the file is read instead
	}
	return data
}

func unmap(data []byte) { syscall.Munmap(data) }
