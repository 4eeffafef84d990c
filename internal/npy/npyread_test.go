package npy

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/answer"
	"bagnet/internal/output"
	"bagnet/internal/testkit"
)

// anyShape allows arrays that tests can hold.
func anyShape(rows, cols int) error {
	if rows > 1000 || cols > 1000 {
		return errors.New("too large")
	}
	return nil
}

func TestReadNPY(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	want := []float32{1, -2, 0.5, 4, 5, 1e-30}
	if err := Write(new(output.Replacing), path, want, 2, 3); err != nil {
		t.Fatal(err)
	}
	values, rows, cols, err := Open(path, anyShape)
	if err != nil || rows != 2 || cols != 3 || !slices.Equal(values, want) {
		t.Fatalf("read back %v, %d x %d, %v", values, rows, cols, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	replaced := func(old, new string) []byte {
		if !bytes.Contains(data, []byte(old)) {
			t.Fatalf("no %q in the header", old)
		}
		return bytes.Replace(data, []byte(old), []byte(new), 1)
	}
	nan := slices.Clone(data)
	copy(nan[len(nan)-4:], "\x00\x00\xc0\x7f")
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":         {nil, "no NumPy array"},
		"text":          {[]byte("0.1 0.2 0.3 0.4\n"), "no NumPy array"},
		"version":       {replaced("\x01\x00", "\x02\x00"), "version 2.0"},
		"header cut":    {data[:40], "ends within its header"},
		"no dict":       {replaced("{'descr'", "['descr'"), "two dimensions"},
		"one dimension": {replaced("(2, 3)", "(6,)  "), "two dimensions"},
		"three":         {replaced("(2, 3), }", "(2,3,1),}"), "two dimensions"},
		"float64":       {replaced("<f4", "<f8"), `"<f8"`},
		"big-endian":    {replaced("<f4", ">f4"), `">f4"`},
		"Fortran":       {replaced("False", "True "), "two dimensions"},
		"Fortran's":     {replaced("False, 'shape': (2, 3), }", "True, 'shape': (2, 3), } "), "Fortran's order"},
		"values cut":    {data[:len(data)-1], "before its last value"},
		"no values":     {data[:128], "before its last value"},
		"more":          {append(slices.Clone(data), 0), "after its last value"},
		"NaN":           {nan, "not finite"},
		"refused":       {replaced("(2, 3), }  ", "(2001, 3), }"), "too large"},
	} {
		if _, _, _, err := Read(bytes.NewReader(c.data), anyShape); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one about %q", name, err, c.want)
		}
	}
	if _, _, _, err := Open(path+"x", anyShape); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

// FuzzReadNPY reads arrays that other programs have written.
func FuzzReadNPY(f *testing.F) {
	f.Add(append(header(1, 2), 0, 0, 128, 63, 0, 0, 0, 64))
	f.Add(append(header(0, 7), 1))
	f.Add(append(header(2, 1), 0, 0, 192, 127, 0, 0, 0, 0))
	f.Add([]byte(magic + "\x01\x00\x01\x00{"))
	f.Fuzz(func(t *testing.T, data []byte) {
		values, rows, cols, err := Read(bytes.NewReader(data), anyShape)
		testkit.CheckMessage(t, err)
		if err != nil {
			return
		}
		if len(values) != rows*cols || !answer.Finite(values) {
			t.Fatalf("%d values for %d x %d: %v", len(values), rows, cols, values)
		}
		again, err := testkit.ParseNPY(append(header(rows, cols), data[len(data)-4*len(values):]...))
		if err != nil || !slices.EqualFunc(slices.Concat(again...), values, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
			t.Fatalf("%v read in another way is %v, %v", values, again, err)
		}
	})
}
