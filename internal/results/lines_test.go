package results

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

// TestLastLine has lines longer and shorter than what is read at once.
func TestLastLine(t *testing.T) {
	for _, before := range []int{0, 1, 100, 1 << 16, 200_000} {
		for _, length := range []int{0, 1, 1<<16 - 2, 1<<16 - 1, 1 << 16, 300_000} {
			file := strings.Repeat("a", before) + "\n" + strings.Repeat("b", length)
			if line, err := LastLine(strings.NewReader(file), int64(len(file))); length > 0 && (err != io.EOF || line != nil) {
				t.Errorf("%d and %d without an end: %.20q, %v", before, length, line, err)
			}
			file += "\n"
			want := file[before+1:]
			if line, err := LastLine(strings.NewReader(file), int64(len(file))); err != nil || string(line) != want {
				t.Errorf("%d and %d: %.20q of %d, %v", before, length, line, len(line), err)
			}
			if line, err := LastLine(strings.NewReader(want), int64(len(want))); err != nil || string(line) != want {
				t.Errorf("%d alone: %.20q, %v", length, line, err)
			}
		}
	}
	if _, err := LastLine(strings.NewReader(""), 0); err != io.EOF {
		t.Error(err)
	}
	long := append(bytes.Repeat([]byte("x"), maxLine+100), '\n')
	if _, err := LastLine(bytes.NewReader(long), int64(len(long))); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Error(err)
	}
}
