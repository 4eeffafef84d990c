package loader

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"
)

func readBytes(data []byte) (*Checkpoint, error) {
	return Read("bytes", bytes.NewReader(data), int64(len(data)))
}

// checkMapped compares what was read of data with what is found in it where it is
// mapped.
func checkMapped(t *testing.T, data []byte, read *Checkpoint, readErr error) {
	t.Helper()
	mapped, err := Read("bytes", newMappedFile(data), int64(len(data)))
	switch {
	case (readErr == nil) != (err == nil):
		t.Fatalf("mapped: %v, read: %v", err, readErr)
	case !reflect.DeepEqual(read, mapped):
		t.Fatal("mapped it holds something else")
	}
}

// allFixtures returns the checkpoints, good and bad, under testdata, and a
// safetensors file.
func allFixtures(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(fixture("*.p*"))
	if err != nil || len(files) < 40 {
		t.Fatalf("found %d fixtures (%v); run testdata/make_fixtures.py", len(files), err)
	}
	all := map[string][]byte{"safetensors": sampleSafetensors(t)}
	for _, f := range files {
		if filepath.Ext(f) == ".py" {
			continue
		}
		if all[filepath.Base(f)], err = os.ReadFile(f); err != nil {
			t.Fatal(err)
		}
	}
	return all
}

// patience is the longest that refusing a file may take here. On an idle machine
// none takes half a second; a busy one under the race detector is far slower.
const patience = 10 * time.Second

// TestTruncated cuts every fixture at every byte: nothing may be read then.
func TestTruncated(t *testing.T) {
	slowest := time.Duration(0)
	for name, data := range allFixtures(t) {
		for n := range data {
			start := time.Now()
			_, err := readBytes(data[:n])
			slowest = max(slowest, time.Since(start))
			checkRefused(t, "bytes", err, "")
			if t.Failed() {
				t.Fatalf("%s cut at %d of %d", name, n, len(data))
			}
		}
	}
	if slowest > patience {
		t.Errorf("a truncated file took %v", slowest)
	}
}

// TestFlipped changes single bytes. A zip's checksums must catch those that
// change values; elsewhere a change may go unseen or be refused, not worse.
func TestFlipped(t *testing.T) {
	all := allFixtures(t)
	for _, name := range []string{"zip.pth", "deflated.pth", "views.pth", "wrapped_protocol4.pth", "legacy_f16.pth", "wrapped_legacy.pth", "module.pth", "safetensors"} {
		data := all[name]
		before, goodErr := readBytes(data)
		for i := range data {
			data[i] ^= 1 << (i % 8)
			after, err := readBytes(data)
			checkMapped(t, data, after, err)
			data[i] ^= 1 << (i % 8)
			if err != nil {
				checkRefused(t, "bytes", err, "")
			} else if goodErr == nil && before.Format == "torch zip" && !reflect.DeepEqual(before, after) {
				t.Errorf("%s with byte %d changed holds something else", name, i)
			}
		}
	}
}

func TestRandomBytes(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	starts := []string{"", "\x80\x02", "PK\x03\x04", "\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.", "\x20\x00\x00\x00\x00\x00\x00\x00{"}
	for i := range 2000 {
		data := make([]byte, rng.IntN(3000)+1)
		for j := range data {
			data[j] = byte(rng.Uint32())
		}
		copy(data, starts[i%len(starts)])
		_, err := readBytes(data)
		checkRefused(t, "bytes", err, "")
	}
}

// legacyWith returns a legacy torch file whose object is the given pickle.
func legacyWith(pickle string, rest ...string) []byte {
	return []byte("\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}." + pickle + strings.Join(rest, ""))
}

// zipOf returns a deflated zip archive of entries, given as names and contents.
func zipOf(t testing.TB, entries ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		w, err := z.Create(entries[i])
		if err == nil {
			_, err = io.WriteString(w, entries[i+1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// zipWith returns a torch zip file whose object is the given pickle.
func zipWith(t testing.TB, pickle string, entries ...string) []byte {
	t.Helper()
	return zipOf(t, append([]string{"archive/data.pkl", pickle}, entries...)...)
}

// Pieces of pickles: a reference to storage "0" with numel values (a signed
// 32-bit number), and a dict with one tensor on it.
func storageRef(class string, numel uint32) string {
	return "(X\x07\x00\x00\x00storagectorch\n" + class + "\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpuJ" + le32(numel) + "tQ"
}

func tensorDict(numel, offset, size, stride uint32) string {
	return "\x80\x02}X\x01\x00\x00\x00wctorch._utils\n_rebuild_tensor_v2\n(" + storageRef("FloatStorage", numel) +
		"J" + le32(offset) + "J" + le32(size) + "\x85J" + le32(stride) + "\x85\x89}tRs."
}

func le32(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }
func le64(n uint64) string { return string(binary.LittleEndian.AppendUint64(nil, n)) }

const oneKey = "\x80\x02]X\x01\x00\x00\x000a."

// TestHostile feeds announcements that are not true and objects made to use up
// memory or time. It bounds what is allocated and the time taken.
func TestHostile(t *testing.T) {
	one := string(bytesOf([]float32{1, 2, 3, 4}))
	const mega = 1 << 20
	for _, h := range []struct {
		name string
		data []byte
		text string
	}{
		{"legacy string of 4 GB", legacyWith("\x80\x02X\xff\xff\xff\xff"), "cut short"},
		{"legacy string of 2^62 bytes", legacyWith("\x80\x04\x8d" + le64(1<<62)), "damaged"},
		{"legacy bytes of 2^63 bytes", legacyWith("\x80\x04\x8e" + le64(1<<63)), "damaged"},
		{"frame of 2^62 bytes", legacyWith("\x80\x04\x95" + le64(1<<62)), "cut short"},
		{"integer of 2 GB", legacyWith("\x80\x02\x8b\xff\xff\xff\x7f"), "damaged"},
		{"opcode 255", legacyWith("\x80\x02\xff."), "opcode 0xff"},
		{"extension", legacyWith("\x80\x02\x82\x01."), "opcode 0x82"},
		{"stop on an empty stack", legacyWith("."), "does not make sense"},
		{"unhashable key", legacyWith("\x80\x03ccollections\nOrderedDict\n)RC\x01aNs."), "does not make sense"},
		{"odd number of items", legacyWith("}(Nu."), "does not make sense"},
		{"memo entry that is not there", legacyWith("h\x07.", "]."), "holds no state dict"},
		{"storage of 2^31-1 values", legacyWith(tensorDict(1<<31-1, 0, 1, 1), oneKey, le64(1<<31-1), one), "announced with 2147483647 F32 values"},
		{"storage of negative size", legacyWith(tensorDict(1<<31, 0, 1, 1), oneKey, le64(1<<31), one), "malformed"},
		{"count unlike the reference", legacyWith(tensorDict(4, 0, 4, 1), oneKey, le64(3), one), `storage "0" has 3 values where its tensors expect 4`},
		{"huge count", legacyWith(tensorDict(4, 0, 4, 1), oneKey, le64(1<<63), one), `expect 4`},
		{"fewer bytes than counted", legacyWith(tensorDict(4, 0, 4, 1), oneKey, le64(4), one[1:]), "the file has 15 bytes for it"},
		{"no storages", legacyWith(tensorDict(4, 0, 4, 1), "\x80\x02]."), "0 storages where its tensors refer to 1"},
		{"storage listed twice", legacyWith(tensorDict(4, 0, 4, 1), "\x80\x02](X\x01\x00\x00\x000X\x01\x00\x00\x000e.", le64(4), one, le64(4), one), "twice"},
		{"storage of nobody", legacyWith(tensorDict(4, 0, 4, 1), "\x80\x02]X\x01\x00\x00\x001a.", le64(4), one), `the storage "1"`},
		{"keys that are no list", legacyWith(tensorDict(4, 0, 4, 1), "\x80\x02}.", le64(4), one), "no list"},
		{"keys that are not strings", legacyWith(tensorDict(4, 0, 4, 1), "\x80\x02](K\x01}e.", le64(4), one), "no tensor refers to"},
		{"size beyond the storage", legacyWith(tensorDict(4, 0, 5, 1), oneKey, le64(4), one), `tensor "w": it is damaged: shape [5], strides [1] and offset 0 reach beyond the 4 values stored`},
		{"offset beyond the storage", legacyWith(tensorDict(4, 4, 1, 1), oneKey, le64(4), one), "reach beyond"},
		{"stride beyond the storage", legacyWith(tensorDict(4, 0, 2, 4), oneKey, le64(4), one), "reach beyond"},
		{"product that overflows", legacyWith(tensorDict(4, 1<<30, 1<<30, 1<<30), oneKey, le64(4), one), "values allowed"},
		{"negative offset", legacyWith(tensorDict(4, 1<<31, 1, 1), oneKey, le64(4), one), "malformed"},
		{"negative size", legacyWith(tensorDict(4, 0, 1<<31, 1), oneKey, le64(4), one), "malformed"},
		{"negative stride", legacyWith(tensorDict(4, 3, 4, 1<<32-1), oneKey, le64(4), one), "malformed"},
		{"four values stretched to 2^28", legacyWith(tensorDict(4, 0, 1<<28, 0), oneKey, le64(4), one), "stretches"},
		{"reference to no storage", legacyWith("\x80\x02}X\x01\x00\x00\x00wNQs."), "refers to something other"},
		{"storage of no class", legacyWith("(X\x07\x00\x00\x00storageNNNNtQ."), "malformed"},
		{"storage announced twice", legacyWith("(" + storageRef("FloatStorage", 1) + storageRef("LongStorage", 1) + "t."), "in two ways"},
		{"tensor of nothing", legacyWith("ctorch._utils\n_rebuild_tensor_v2\n)R."), "tensor in its pickle is malformed"},
		{"million marks", legacyWith(strings.Repeat("(", 4*mega)), "too complex"},
		{"million dicts", legacyWith(strings.Repeat("}", 4*mega)), "too complex"},
		{"million sets", legacyWith(strings.Repeat("\x8f", 4*mega)), "too complex"},
		{"deep tuple", legacyWith("N"+strings.Repeat("\x85", mega)+".", "]."), "no state dict"},
		{"state set over and over", legacyWith("ccollections\nOrderedDict\n)R}(" + strings.Repeat("K\x01K\x02", mega/4) + "uq\x00" + strings.Repeat("h\x00b", mega/4) + "."), "too complex"},
		{"million ordered dicts", legacyWith("ccollections\nOrderedDict\nq\x00" + strings.Repeat("h\x00)R", mega)), "too complex"},
		{"many ordered dicts", legacyWith("ccollections\nOrderedDict\nq\x00("+strings.Repeat("h\x00)R", mega/4)+"l.", "]."), "no state dict"},
		{"call of a long string", legacyWith("\x80\x03B\x00\x00\x00\x01" + strings.Repeat("\xff", 16*mega) + ")R."), "does not make sense"},
		{"call of a list of strings", legacyWith("\x80\x03](" + strings.Repeat("U\xff"+strings.Repeat("\xff", 255), 30000) + "e)R."), "does not make sense"},
		{"call of a list of one string", legacyWith("\x80\x03](T\x00\x01\x00\x00" + strings.Repeat("\xff", 256) + "q\x00" + strings.Repeat("h\x00", 30000) + "e)R."), "does not make sense"},
		{"call of a longer list of one string", legacyWith("\x80\x03](T\x00\x01\x00\x00" + strings.Repeat("\xff", 256) + "q\x00" + strings.Repeat("h\x00", 40000) + "e)R."), "too complex"},
		{"million strings", legacyWith("(" + strings.Repeat("U\xff"+strings.Repeat("\xff", 255), 40000) + "l."), "too long"},
		{"name of 300 bytes", []byte(strings.Replace(string(legacyWith(tensorDict(4, 0, 4, 1), oneKey, le64(4), one)), "X\x01\x00\x00\x00w", "X\x2c\x01\x00\x00"+strings.Repeat("w", 300), 1)), "has no name"},
		{"copies of a long tuple", legacyWith("cx\ny\nq\x00((" + strings.Repeat("N", mega/4) + "tq\x01" + strings.Repeat("h\x00h\x01}\x92", mega/4) + "."), "too complex"},
		{"million lines without end", legacyWith("I" + strings.Repeat("1", 4*mega)), "line of more than"},
		{"zip: storage larger than its entry", zipWith(t, tensorDict(5, 0, 4, 1), "archive/data/0", one), "announced with 5 F32 values, the file has 16 bytes"},
		{"zip: storage smaller than its entry", zipWith(t, tensorDict(3, 0, 3, 1), "archive/data/0", one), "announced with 3 F32 values"},
		{"zip: no entry", zipWith(t, tensorDict(4, 0, 4, 1)), `lacks the entry "archive/data/0"`},
		{"zip: bomb", zipWith(t, tensorDict(8<<20, 0, 8<<20, 1), "archive/data/0", strings.Repeat("\x00", 32<<20)), "64 times the file's size"},
		{"zip: entry twice", zipWith(t, tensorDict(4, 0, 4, 1), "archive/data/0", one, "archive/data/0", one), "twice"},
		{"zip: two checkpoints", zipWith(t, tensorDict(4, 0, 4, 1), "other/data.pkl", one), "several checkpoints"},
		{"zip: byteorder", zipWith(t, tensorDict(4, 0, 4, 1), "archive/data/0", one, "archive/byteorder", "middle"), "byte order"},
		{"zip: no checkpoint", zipOf(t, "weights/model.pth", "x"), `without a checkpoint's data.pkl (it holds "weights/model.pth")`},
	} {
		t.Run(h.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			start := time.Now()
			_, err := readBytes(h.data)
			took := time.Since(start)
			runtime.ReadMemStats(&after)
			checkRefused(t, "bytes", err, h.text)
			if mb := (after.TotalAlloc - before.TotalAlloc) >> 20; mb > 400 || len(h.data) < 1<<15 && mb > 4 {
				t.Errorf("allocated %d MB for a file of %d bytes", mb, len(h.data))
			}
			if took > patience {
				t.Errorf("took %v", took)
			}
			t.Logf("%v, %d MB", took, (after.TotalAlloc-before.TotalAlloc)>>20)
		})
	}
	if _, err := readBytes(legacyWith(tensorDict(4, 0, 4, 1), oneKey, le64(4), one)); err != nil {
		t.Errorf("the pieces of the tests above are wrong: %v", err)
	}
	if _, err := readBytes(zipWith(t, tensorDict(4, 0, 4, 1), "archive/data/0", one)); err != nil {
		t.Errorf("the pieces of the tests above are wrong: %v", err)
	}
}
