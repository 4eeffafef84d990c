package loader

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"unsafe"

	"gorgonia.org/tensor"
)

// TestMappedZip finds the values of what torch.save writes where they lie in the
// file, and reads those of an archive that was packed anew.
func TestMappedZip(t *testing.T) {
	for file, inPlace := range map[string]bool{"zip.pth": true, "wrapped_state_dict.pth": true, "deflated.pth": false} {
		c, err := Open(fixture(file))
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS == "linux" && c.mapped == nil {
			t.Fatalf("%s: not mapped", file)
		}
		for _, name := range c.Names() {
			if c.Tensor(name).IsScalar() {
				continue // Gorgonia keeps it elsewhere
			}
			values := c.Tensor(name).Float32s()
			at, first := uintptr(unsafe.Pointer(&values[0])), uintptr(unsafe.Pointer(unsafe.SliceData(c.mapped)))
			if found := at >= first && at < first+uintptr(len(c.mapped)); found != inPlace && c.mapped != nil {
				t.Errorf("%s: %s lies in the file: %t, want %t", file, name, found, inPlace)
			}
		}
		c.Close()
	}
}

// TestMappedEqualsRead opens files whose float32 tensors are mapped, and
// compares them with what is read from memory.
func TestMappedEqualsRead(t *testing.T) {
	values := tensor.New(tensor.WithShape(3, 5), tensor.WithBacking(tensor.Range(tensor.Float32, 0, 15)))
	few := tensor.New(tensor.WithShape(3), tensor.WithBacking([]float32{1, 2, 4}))
	var file bytes.Buffer
	if err := WriteSafetensors(&file, []Named{{"half", few, "F16"}, {"whole", values, "F32"}, {"other", few, "F32"}}, nil); err != nil {
		t.Fatal(err)
	}
	shifted := bytes.Replace(file.Bytes(), []byte("  "), []byte(" "), 1) // values no longer begin at a multiple of 4
	shifted[0]--
	for name, content := range map[string][]byte{"aligned": file.Bytes(), "shifted": shifted} {
		path := filepath.Join(t.TempDir(), name+".safetensors")
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		opened, err := Open(path)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if runtime.GOOS == "linux" && opened.mapped == nil {
			t.Errorf("%s: not mapped", name)
		}
		read, err := Read(name, bytes.NewReader(content), int64(len(content)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, tensor := range []string{"half", "whole", "other"} {
			a, b := opened.Tensor(tensor), read.Tensor(tensor)
			if !slices.Equal(a.Float32s(), b.Float32s()) || !slices.Equal(a.Shape(), b.Shape()) {
				t.Errorf("%s: %s is %v mapped, %v read", name, tensor, a, b)
			}
		}
		opened.Close()
		opened.Close()
		if opened.Tensor("whole") != nil {
			t.Errorf("%s: tensors are there after Close", name)
		}
	}
}
