package images

import (
	"strings"
	"testing"
)

func TestPNMErrors(t *testing.T) {
	for _, c := range []struct{ data, want string }{
		{"P7 \nWIDTH 1", "PAM: the kind P7 of Netpbm files cannot be read; convert"},
		{"P6", "not an image"},
		{"P6\x00", "not an image"},
		{"P8 1 1 255 abc", "not an image"},
		{"P6\n", "truncated PPM"},
		{"P6 1", "truncated PPM"},
		{"P6 1 1 ", "truncated PPM"},
		{"P6 1 1 255 ab", "truncated PPM"},
		{"P6 1 1 256 abcde", "truncated PPM"},
		{"P4 9 2 abc", "truncated PBM"},
		{"P1 3 1 10", "truncated PBM"},
		{"P1 3 1 1#0101\n0", "truncated PBM"},
		{"P2 3 1 9 1 2", "truncated PGM"},
		{"P2 3 1 9 12345", "a pixel has the value 12345, of at most 9"},
		{"P2 3 1 9 1 2 ", "truncated PGM"},
		{"P5 1 1 0 a", "0 for the largest value"},
		{"P5 1 1 65536 a", "65536 for the largest value"},
		{"P5 0 1 255 a", "nothing to decode"},
		{"P5 -1 1 255 a", "the width is no number"},
		{"P5 1 0x1 255 a", "the height is no number"},
		{"P5 12345678901 1 255 a", "the width is no number of at most 10 digits"},
		{"P5 4000000000 4000000000 255 a", "limit of"},
		{"P5 9999 9999 255 a", "truncated PGM"},
		{"P1 3 1 102", "neither 0 nor 1"},
		{"P3 1 1 9 1 2 x", "value of a pixel is no number"},
	} {
		if _, err := Decode([]byte(c.data), DecodeOptions{}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q gave %v, want %q", c.data, err, c.want)
		}
	}
	// A file may end with its last number; comments may stand in numbers.
	if got := pixelsOf(t, []byte("P3 1#\n#\n 1 2#0\n55 3 4#\n5 25#")); string(got) != string([]byte{3, 45, 25}) {
		t.Errorf("got %v", got)
	}
}
