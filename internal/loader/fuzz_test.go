package loader

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"io/fs"
	"strings"
	"testing"
)

// checkRead reads data and checks what must hold for any content.
func checkRead(t *testing.T, data []byte) {
	c, err := readBytes(data)
	checkMapped(t, data, c, err)
	if err != nil {
		if errors.Is(err, errPanic) || strings.ContainsAny(err.Error(), "\n\r") {
			t.Fatalf("error %q", err)
		}
		return
	}
	for _, n := range c.Names() {
		x := c.Tensor(n)
		if values, ok := x.Data().([]float32); ok && (len(values) != x.Shape().TotalSize() || firstNonFinite(values) >= 0) {
			t.Fatalf("tensor %q of shape %v has %d values or holds what is no number", n, x.Shape(), len(values))
		}
	}
}

func FuzzTorch(f *testing.F) {
	for _, data := range allFixtures(f) {
		f.Add(data)
	}
	f.Fuzz(checkRead)
}

// FuzzPickle reads a file's main pickle, without the checksums around it, which
// would keep the fuzzer out.
func FuzzPickle(f *testing.F) {
	for _, data := range allFixtures(f) {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			continue
		}
		stream, err := fs.ReadFile(z, "archive/data.pkl")
		if err == nil {
			f.Add(stream)
		}
	}
	f.Add([]byte(tensorDict(4, 0, 4, 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		stream, n, err := scanPickle(bufio.NewReader(bytes.NewReader(data)), int64(len(data)))
		if err != nil {
			return
		}
		if n > int64(len(data)) || len(stream) > 32*len(data) { // a set of one byte becomes a call of 20
			t.Fatalf("%d bytes became %d taken and %d kept", len(data), n, len(stream))
		}
		table := storageTable{byKey: map[string]*storage{}, check: func(st *storage) error {
			if st.numel > 1<<16 {
				return errCut
			}
			return nil
		}}
		root, err := unpickle(stream, table.persistent)
		if err != nil {
			return
		}
		c, err := gatherState(newCheckpoint("torch zip"), root, viewer{read: func(_ *storage, dst []byte) error {
			clear(dst)
			return nil
		}})
		if err == nil {
			c.choose(nil)
		}
	})
}

func FuzzSafetensors(f *testing.F) {
	f.Add(sampleSafetensors(f))
	f.Add(headed(`{"__metadata__":{"a":"b"},"a":{"dtype":"F64","shape":[1,1],"data_offsets":[0,8]},"b":{"dtype":"I8","shape":[0],"data_offsets":[8,8]}}`, 8))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkRead(t, data)
		c, err := readBytes(data)
		if err != nil {
			return
		}
		var tensors []Named
		for _, n := range c.Names() {
			if n != "__metadata__" { // torch files may have it
				tensors = append(tensors, Named{n, c.Tensor(n), "F32"})
			}
		}
		var b bytes.Buffer
		if err := WriteSafetensors(&b, tensors, c.Metadata); err != nil {
			t.Fatal(err)
		}
		again, err := readBytes(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if len(again.Names()) != len(tensors) {
			t.Fatalf("%d tensors became %d", len(tensors), len(again.Names()))
		}
	})
}
