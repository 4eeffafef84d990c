package npy

import (
	"bufio"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/output"
	"bagnet/internal/testkit"
)

// TestWrittenAsNumPyDoes has the bytes that numpy.save writes (1.24).
func TestWrittenAsNumPyDoes(t *testing.T) {
	for _, c := range []struct {
		shape []int
		want  string
	}{
		{[]int{2, 3}, "\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }" + strings.Repeat(" ", 58) + "\n"},
		{[]int{1, 2, 3}, "\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3), }" + strings.Repeat(" ", 55) + "\n"},
	} {
		path := filepath.Join(t.TempDir(), "a.npy")
		if err := Write(new(output.Replacing), path, []float32{1, -2, 0.5, 3, 0, 65504}, c.shape...); err != nil {
			t.Fatal(err)
		}
		want := c.want + "\x00\x00\x80\x3f\x00\x00\x00\xc0\x00\x00\x00\x3f\x00\x00\x40\x40\x00\x00\x00\x00\x00\xe0\x7f\x47"
		if got, err := os.ReadFile(path); err != nil || string(got) != want {
			t.Errorf("%v: %q (%v), want %q", c.shape, got, err, want)
		}
	}
}

// written are the rows of the array at path.
func written(t *testing.T, path string) [][]float32 {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := testkit.ParseNPY(data)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// appended starts an array of two columns at path with a row each of values and of nothing.
func appended(t *testing.T, path string) *Writer {
	t.Helper()
	w, err := Create(path, 2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Discard)
	for _, row := range [][]float32{{1, 2}, nil} {
		if err := w.Append(row); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func TestRowByRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	w := appended(t, path)
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the file is there before it is whole (%v)", err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	w.Discard()
	rows := written(t, path)
	if len(rows) != 2 || !slices.Equal(rows[0], []float32{1, 2}) || len(rows[1]) != 2 || !math.IsNaN(float64(rows[1][0])) || !math.IsNaN(float64(rows[1][1])) {
		t.Errorf("rows %v", rows)
	}
}

func TestDiscarded(t *testing.T) {
	dir := t.TempDir()
	appended(t, filepath.Join(dir, "a.npy")).Discard()
	testkit.WantOnly(t, dir)
}

// TestConclude is what a run leaves, by how it ends, how many images it came to, how many of
// them failed and whether an older array is there.
func TestConclude(t *testing.T) {
	for _, c := range []struct {
		name           string
		older          bool
		interrupted    bool
		images, failed int
		rows           int // of the array then; 1 is the older one, 0 is none
		said           string
	}{
		{name: "whole", images: 2, rows: 2},
		{name: "whole, one failed", images: 2, failed: 1, rows: 2},
		{name: "all failed", images: 2, failed: 2, rows: 2},
		{name: "whole, in place of an older one", older: true, images: 2, failed: 1, rows: 2},
		{name: "all failed, an older one", older: true, images: 2, failed: 2, rows: 1, said: "no image was classified: PATH stays as it was"},
		{name: "interrupted", interrupted: true, images: 2, rows: 2, said: "interrupted: PATH has the logits of the first 2 images"},
		{name: "interrupted, all failed", interrupted: true, images: 2, failed: 2, rows: 2, said: "interrupted: PATH has the logits of the first 2 images"},
		{name: "interrupted at once", interrupted: true},
		{name: "interrupted, an older one", older: true, interrupted: true, images: 2, rows: 1, said: "interrupted: PATH stays as it was"},
		{name: "interrupted at once, an older one", older: true, interrupted: true, rows: 1, said: "interrupted: PATH stays as it was"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "a.npy")
			if c.older {
				if err := Write(new(output.Replacing), path, []float32{7}, 1, 1); err != nil {
					t.Fatal(err)
				}
			}
			w := appended(t, path)
			var said []string
			if err := w.Conclude(c.interrupted, c.images, c.failed, func(text string) { said = append(said, text) }); err != nil {
				t.Fatal(err)
			}
			w.Discard()
			if got := strings.ReplaceAll(strings.Join(said, "\n"), path, "PATH"); got != c.said {
				t.Errorf("said %q, want %q", got, c.said)
			}
			if c.rows == 0 {
				testkit.WantOnly(t, filepath.Dir(path))
				return
			}
			if rows := written(t, path); len(rows) != c.rows {
				t.Errorf("rows %v, want %d", rows, c.rows)
			}
		})
	}
}

// TestCheck keeps a picture that is taken for the flag's value from being replaced.
func TestCheck(t *testing.T) {
	dir := t.TempDir()
	put := func(name, content string) string { return testkit.Put(t, dir, name, []byte(content)) }
	for _, c := range []struct {
		path    string
		refused string
	}{
		{"-", "--npy -: give a file"},
		{put("photo.jpg", "\xff\xd8\xff"), "this file exists and is no NumPy array"},
		{put("short", "\x93NUM"), "this file exists and is no NumPy array"},
		{put("empty", ""), ""},
		{put("array", magic+"\x01\x00"), ""},
		{put("named.NPY", "anything"), ""},
		{filepath.Join(dir, "none"), ""},
		{dir, ""},
	} {
		err := Check("--npy", c.path)
		if (err == nil) != (c.refused == "") || err != nil && !strings.Contains(err.Error(), c.refused) {
			t.Errorf("%s: %v, want %q", c.path, err, c.refused)
		}
	}
}

// full is a device that has no room.
type full struct{}

func (full) Write([]byte) (int, error) {
	return 0, &fs.PathError{Op: "write", Path: "/tmp/.bagnet-1.tmp", Err: errors.New("no space left on device")}
}

// TestFull says which array could not be written and why, and leaves no file.
func TestFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.npy")
	w := appended(t, path)
	w.buf = bufio.NewWriterSize(full{}, 16)
	want := `writing "` + path + `": no space left on device`
	err := w.Append([]float32{1, 2})
	for range 10 {
		if err == nil {
			err = w.Append([]float32{1, 2})
		}
	}
	if err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
	if err := w.Commit(); err == nil || err.Error() != want {
		t.Errorf("at the end error %v, want %s", err, want)
	}
	w.Discard()
	testkit.WantOnly(t, filepath.Dir(path))
}
