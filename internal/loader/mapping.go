package loader

import (
	"bytes"
	"io"
	"os"
	"unsafe"
)

// mapWeights maps a file into memory whose float32 values may lie where they can
// be used, safetensors or a zip archive; nil for other files, and where that cannot
// be done.
func mapWeights(f *os.File, size int64) []byte {
	head := make([]byte, 9)
	if _, err := f.ReadAt(head, 0); err != nil || size > maxFile {
		return nil
	}
	if !looksLikeSafetensors(head) && !bytes.HasPrefix(head, []byte(zipMagic)) {
		return nil
	}
	return mapFile(f, size)
}

// mappedFile is a file in memory, which float32 values need not be copied from.
type mappedFile struct {
	bytes.Reader
	data []byte
}

func newMappedFile(data []byte) *mappedFile {
	return &mappedFile{*bytes.NewReader(data), data}
}

// floatsIn returns the n little-endian float32 values at an offset in r where
// they are, or nil if r is no mapped file or this machine would read them
// otherwise.
func floatsIn(r io.ReaderAt, offset, n int64) []float32 {
	m, ok := r.(*mappedFile)
	if !ok || offset%4 != 0 || !littleEndian || n < 1 || offset+4*n > int64(len(m.data)) {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&m.data[offset])), n)
}
