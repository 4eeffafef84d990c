// Package testkit is what tests of several packages have in common.
package testkit

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"bagnet/internal/text"
)

// CheckMessage fails on errors that a user could not be shown.
func CheckMessage(t testing.TB, err error) {
	t.Helper()
	if err != nil && (strings.ContainsAny(text.OneLine(err.Error()), "\n\r\x1b") || strings.Contains(err.Error(), "internal error")) {
		t.Fatalf("error %q", err)
	}
}

// GolfBall is the picture that tests classify.
func GolfBall(t testing.TB) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(Root(t), "docs", "golf-ball.png"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Root is the directory that go.mod is in, from whichever package the test is of.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir
		}
		above := filepath.Dir(dir)
		if above == dir {
			t.Fatal("no go.mod above the test's directory")
		}
		dir = above
	}
}

// Put writes a file, making its directory, and returns its path.
func Put(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// WantOnly checks that dir holds these files and nothing else.
func WantOnly(t testing.TB, dir string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if strings.Join(got, " ") != strings.Join(names, " ") {
		t.Errorf("%s holds %q, want %q", dir, got, names)
	}
}

// ParseNPY reads a little-endian float32 array as numpy.lib.format describes it:
// its rows, the dimensions before the last one taken together.
func ParseNPY(data []byte) ([][]float32, error) {
	if len(data) < 10 || string(data[:8]) != "\x93NUMPY\x01\x00" {
		return nil, errors.New("no NPY file of version 1.0")
	}
	start := 10 + int(binary.LittleEndian.Uint16(data[8:]))
	if start%64 != 0 || start > len(data) || data[start-1] != '\n' {
		return nil, fmt.Errorf("header ends at %d", start)
	}
	header := strings.TrimRight(string(data[10:start-1]), " ")
	shape, _ := strings.CutPrefix(header, "{'descr': '<f4', 'fortran_order': False, 'shape': (")
	shape, ok := strings.CutSuffix(shape, "), }")
	if !ok {
		return nil, fmt.Errorf("header %q", header)
	}
	rows, cols := 1, 0
	for i, d := range strings.Split(shape, ", ") {
		n, err := strconv.Atoi(d)
		if err != nil {
			return nil, fmt.Errorf("header %q: %w", header, err)
		}
		if i > 0 {
			rows *= cols
		}
		cols = n
	}
	data = data[start:]
	if len(data) != 4*rows*cols {
		return nil, fmt.Errorf("%d bytes of data for shape [%d, %d]", len(data), rows, cols)
	}
	array := make([][]float32, rows)
	for i := range array {
		array[i] = make([]float32, cols)
		for j := range array[i] {
			array[i][j] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*(i*cols+j):]))
		}
	}
	return array, nil
}
