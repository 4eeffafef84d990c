package images

import (
	"bytes"
	"testing"
)

// Worked out by hand after jdsample.c, with values that show each rounding bias;
// the fixtures' tolerance for the inverse DCT would hide those.
func TestUpsampleRounding(t *testing.T) {
	for _, c := range []struct {
		name         string
		plane        []byte // two rows
		w, h, hr, vr int
		y            int
		want         []byte
	}{
		{"h2v1", []byte{10, 20, 33, 15, 0, 0, 0, 0}, 8, 2, 2, 1, 0, []byte{10, 13, 17, 23, 30, 29, 19, 15}},
		{"h2v1 of two samples", []byte{10, 20, 0, 0}, 4, 2, 2, 1, 0, []byte{10, 10, 20, 20}},
		{"h2v2", []byte{10, 20, 33, 12, 20, 39}, 6, 4, 2, 2, 1, []byte{11, 13, 18, 24, 31, 34}},
		{"h2v2 at the top", []byte{10, 20, 33, 12, 20, 39}, 6, 4, 2, 2, 0, []byte{10, 12, 18, 23, 30, 33}},
		{"h2v2 of two samples", []byte{10, 20, 90, 90}, 4, 4, 2, 2, 1, []byte{10, 10, 20, 20}},
		{"h1v2", []byte{10, 20, 33, 12, 22, 34}, 3, 4, 1, 2, 1, []byte{11, 21, 33}},
		{"h1v2 upwards", []byte{12, 22, 34, 10, 20, 33}, 3, 4, 1, 2, 2, []byte{10, 20, 33}},
		{"h4v1", []byte{1, 2, 3, 4}, 8, 2, 4, 1, 1, []byte{3, 3, 3, 3, 4, 4, 4, 4}},
	} {
		stride := len(c.plane) / 2
		got := newUpsampler(c.plane, stride, c.w, c.h, c.hr, c.vr).row(c.y)
		if !bytes.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
