package heatmap

import (
	"bytes"
	"encoding/binary"
	"image"
	"strings"
	"testing"

	"bagnet/internal/grid"
)

// TestReducedMeans has 2 rows of 8001 values: squares of 4 hold 8 values each,
// the last one 2.
func TestReducedMeans(t *testing.T) {
	const w, h = 8001, 2
	g := Map{Grid: grid.Grid{Rows: h, Cols: w, Stride: 1}}
	for i := range h * w {
		g.Values = append(g.Values, float32(i%w+i/w*3))
	}
	r := Picture{Image: image.NewNRGBA(image.Rect(0, 0, w, h)), Map: g, Colors: RdBuR, Scale: 1}.reduced()
	if r.Map.Rows != 1 || r.Map.Cols != 2001 || r.Map.Stride != 1 || r.Image.Rect.Size() != image.Pt(2001, 1) {
		t.Fatalf("%d x %d values every %d pixels of %v", r.Map.Rows, r.Map.Cols, r.Map.Stride, r.Image.Rect)
	}
	for j, v := range r.Map.Values {
		want := float32(4*j) + 3 // of x, x+1, x+2, x+3 and 3 more each
		if j == 2000 {
			want = 8001.5 // of 8000 and 8003
		}
		if v != want {
			t.Fatalf("value %d is %v, want %v", j, v, want)
		}
	}
}

func TestScaledRectangle(t *testing.T) {
	for _, tc := range []struct {
		r    image.Rectangle
		want image.Rectangle
	}{
		{image.Rect(2, 4, 6, 10), image.Rect(101, 202, 103, 205)}, // both sides by 2
		{image.Rect(0, 0, 20, 40), image.Rect(100, 200, 110, 220)},
		{image.Rect(19, 39, 20, 40), image.Rect(109, 219, 110, 220)}, // half a pixel is one
	} {
		if got := scaled(tc.r, image.Pt(20, 40), image.Rect(100, 200, 110, 220)); got != tc.want {
			t.Errorf("%v is at %v, want %v", tc.r, got, tc.want)
		}
	}
}

// TestLongestText announces texts of 16 MB, of which nothing follows, and of a
// byte more.
func TestLongestText(t *testing.T) {
	for n, want := range map[uint32]string{1 << 24: "too early", 1<<24 + 1: "a text has 16777217 bytes"} {
		file := append([]byte(pngSignature), binary.BigEndian.AppendUint32(nil, n)...)
		if _, err := ReadTexts(bytes.NewReader(append(file, "tEXt"...))); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d bytes: %v, want %s", n, err, want)
		}
	}
}
