package loader

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
)

// zeros is a file of zero bytes, some of its first ones aside, as large as it
// says: no memory stands behind it.
type zeros struct {
	first []byte
	read  int64 // bytes asked for
}

func (z *zeros) ReadAt(p []byte, off int64) (int, error) {
	z.read += int64(len(p))
	clear(p)
	if off < int64(len(z.first)) {
		copy(p, z.first[off:])
	}
	return len(p), nil
}

// twoTensors is a dict of tensors on storages "0" and "1", each of numel values.
func twoTensors(numel uint32) string {
	one := tensorDict(numel, 0, numel, 1)
	item := strings.TrimSuffix(strings.TrimPrefix(one, "\x80\x02}"), "s.")
	second := strings.Replace(item, "X\x01\x00\x00\x00w", "X\x01\x00\x00\x00v", 1)
	second = strings.Replace(second, "X\x01\x00\x00\x000", "X\x01\x00\x00\x001", 1)
	return "\x80\x02}" + item + "s" + second + "s."
}

// TestInflationIsAddedUp has two storages, each of which the file's size allows,
// and both of which it does not: 64 times the size and 16 MiB.
func TestInflationIsAddedUp(t *testing.T) {
	const bytesEach = 12 << 20
	content := strings.Repeat("\x00", bytesEach)
	alone := zipWith(t, tensorDict(bytesEach/4, 0, 4, 1), "archive/data/0", content)
	if _, err := readBytes(alone); err != nil {
		t.Errorf("one storage: %v", err)
	}
	both := zipWith(t, twoTensors(bytesEach/4), "archive/data/0", content, "archive/data/1", content)
	if limit := 64*len(both) + 16<<20; limit < bytesEach || limit >= 2*bytesEach {
		t.Fatalf("the limit is %d bytes: this tests nothing", limit)
	}
	_, err := readBytes(both)
	checkRefused(t, "bytes", err, "its storages claim more than 64 times the file's size")
}

// TestZipDirectory has entries whose names and comments alone are 33 MiB.
func TestZipDirectory(t *testing.T) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	comment := strings.Repeat("c", 1<<16-1)
	for i := range 530 {
		if _, err := z.CreateHeader(&zip.FileHeader{Name: fmt.Sprint(i), Comment: comment}); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	_, err := readBytes(b.Bytes())
	checkRefused(t, "bytes", err, "too many entries")
}

// TestTooManyValues has more than 2^28 values, in one storage, in two, and in
// copies of strided views. No storage may be read then.
func TestTooManyValues(t *testing.T) {
	const most = 1 << 28
	read := func(*storage, []byte) error {
		t.Error("a storage was read")
		return io.ErrUnexpectedEOF
	}
	ref := func(numel int64, shape []int, strides []int64) *tensorRef {
		st := &storage{key: "0", typ: typeF32, numel: numel}
		return &tensorRef{view: &storageView{storage: st, numel: numel}, shape: shape, strides: strides}
	}
	for name, c := range map[string]struct {
		v viewer
		t *tensorRef
	}{
		"one storage":   {viewer{}, ref(most+1, []int{4}, []int64{1})},
		"two storages":  {viewer{stored: most - 3}, ref(4, []int{4}, []int64{1})},
		"beside copies": {viewer{copied: most - 3}, ref(4, []int{4}, []int64{1})},
	} {
		c.v.read = read
		if _, err := c.v.values(c.t); err != errElements {
			t.Errorf("%s: error %v, want %v", name, err, errElements)
		}
	}
	// A strided view is copied, which counts as well.
	v := viewer{stored: most - 8, read: func(*storage, []byte) error { return nil }}
	last := ref(8, []int{4}, []int64{1})
	if _, err := v.values(last); err != nil {
		t.Errorf("the limit itself: %v", err)
	}
	last.strides[0] = 2
	if _, err := v.values(last); err != errElements {
		t.Errorf("a copy beyond the limit: error %v, want %v", err, errElements)
	}
	if _, err := (&viewer{}).values(ref(4, []int{1 << 14, 1<<14 + 1}, []int64{0, 0})); err == nil || !strings.Contains(err.Error(), "values allowed") {
		t.Errorf("a shape beyond the limit: error %v", err)
	}
}

// TestLegacyAnnouncement is a file of 1 MiB whose pickle announces a storage of
// eight: it is refused from the pickle alone, before the storages are looked for.
func TestLegacyAnnouncement(t *testing.T) {
	file := &zeros{first: legacyWith(tensorDict(2<<20, 0, 4, 1))}
	_, err := Read("bytes", file, 1<<20)
	checkRefused(t, "bytes", err, "announced with 2097152 F32 values, the file has 1048576 bytes for it")
}
