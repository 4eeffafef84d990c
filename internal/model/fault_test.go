//go:build unix

package model

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"gorgonia.org/tensor"
)

// TestWeightsThatVanish packs weights in a mapped file that has been cut short.
func TestWeightsThatVanish(t *testing.T) {
	f := random(small("v1", 9), 1)
	const name = "layer1.0.conv1.weight"
	whole := f.Tensor(name)
	path := filepath.Join(t.TempDir(), "weights")
	if err := os.WriteFile(path, make([]byte, 4*whole.Size()), 0o666); err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	data, err := syscall.Mmap(int(file.Fd()), 0, 4*whole.Size(), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		t.Skip("files cannot be mapped here:", err)
	}
	defer syscall.Munmap(data)
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	f.tensors[name] = tensor.New(tensor.WithShape(whole.Shape()...), tensor.WithBacking(unsafe.Slice((*float32)(unsafe.Pointer(&data[0])), whole.Size())))
	if _, err := New(f, Options{}); err == nil || !strings.Contains(err.Error(), "was the file cut short meanwhile?") {
		t.Errorf("weights that are gone: %v", err)
	}
}
