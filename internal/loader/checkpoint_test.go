package loader

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"gorgonia.org/tensor"
)

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	tar := strings.Repeat("\x00", 257) + "ustar" + strings.Repeat("\x00", 2000)
	for _, f := range []struct{ name, content, text string }{
		{"empty.pth", "", "it is empty"},
		{"keras.h5", "\x89HDF\r\n\x1a\n" + strings.Repeat("\x00", 100), "Keras"},
		{"lfs.pth", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"},
		{"page.pth", "\n<!DOCTYPE html><html></html>", "web page"},
		{"page2.pth", "<html></html>", "web page"},
		{"gzip.pth", "\x1f\x8b\x08\x00", "gzip: unpack it first"},
		{"tar.pth.tar", tar, "tar archive"},
		{"model.onnx", "\x08\x07\x12\x07pytorch\x1a\x051.13.1", "ONNX"},
		{"empty.zip", "PK\x05\x06" + strings.Repeat("\x00", 18), "empty zip"},
		{"text.pth", "hello\n", "no weights file of a known format"},
		{"zeros.pth", strings.Repeat("\x00", 5000), "no weights file of a known format"},
	} {
		path := filepath.Join(dir, f.name)
		if err := os.WriteFile(path, []byte(f.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		checkRefused(t, f.name, err, f.text)
	}
	_, err := Open(dir)
	checkRefused(t, dir, err, "it is a directory; name the weights file in it")
	_, err = Open(filepath.Join(dir, "absent.pth"))
	checkRefused(t, "absent.pth", err, "no such file")
	if _, err := os.Stat(os.DevNull); err == nil && runtime.GOOS != "windows" {
		_, err = Open(os.DevNull)
		checkRefused(t, os.DevNull, err, "not a regular file")
	}
}

func TestOpenUnreadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "secret.pth")
	if err := os.WriteFile(path, []byte("x"), 0); err != nil {
		t.Fatal(err)
	}
	if f, err := os.Open(path); err == nil {
		f.Close()
		t.Skip("this user may read every file")
	}
	_, err := Open(path)
	checkRefused(t, path, err, "permission denied")
}

// TestFirstNonFinite puts what is no number, and what nearly is none, everywhere.
func TestFirstNonFinite(t *testing.T) {
	for _, n := range []int{0, 1, 7, 255, 256, 257, 600} {
		data := make([]float32, n)
		for i := range data {
			data[i] = []float32{math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32, 0, float32(math.Copysign(0, -1))}[i%5]
		}
		if at := firstNonFinite(data); at != -1 {
			t.Fatalf("%d values: %v at %d", n, data[at], at)
		}
		for i := range data {
			before := data[i]
			for _, bits := range []uint32{0x7f800000, 0xff800000, 0x7f800001, 0xffffffff, 0x7fc00000} {
				data[i] = math.Float32frombits(bits)
				if at := firstNonFinite(data); at != i {
					t.Errorf("%d values: %x at %d is found at %d", n, bits, i, at)
				}
			}
			data[i] = before
		}
	}
}

// TestLargeCheckpoint reads as many values as a bagnet33 has and compares the
// memory taken with that of the values.
func TestLargeCheckpoint(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 300 MB")
	}
	const n, each = 18, 1 << 20
	var tensors []Named
	for i := range n {
		tensors = append(tensors, Named{string(rune('a' + i)), tensor.New(tensor.WithShape(each), tensor.WithBacking(ramp(each))), "F32"})
	}
	var b bytes.Buffer
	if err := WriteSafetensors(&b, tensors, nil); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	c, err := readBytes(b.Bytes())
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > n*each*4*11/10 {
		t.Errorf("allocated %d bytes in all for %d bytes of tensors", got, n*each*4)
	}
	t.Logf("%d values in %v", len(c.Names())*each, took)
}
