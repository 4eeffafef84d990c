package heatmap

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// TestCannyIsScikitImages compares the edges of a picture with those that
// scikit-image finds (scripts/make_edges.py), but for a rim of 5 pixels, where it
// treats what lies beyond the image otherwise.
func TestCannyIsScikitImages(t *testing.T) {
	read := func(name string) *image.Gray {
		t.Helper()
		f, err := os.Open(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		img, err := png.Decode(f)
		if err != nil {
			t.Fatal(err)
		}
		return img.(*image.Gray)
	}
	picture, want := read("canny-grey.png"), read("canny-edges.png")
	w, h := picture.Rect.Dx(), picture.Rect.Dy()
	grey := make([]float32, w*h)
	for i, v := range picture.Pix {
		grey[i] = float32(v) / 255
	}
	edges, wrong := 0, 0
	for i, got := range canny(grey, w, 1) {
		if y, x := i/w, i%w; min(y, x, h-1-y, w-1-x) < 5 {
			continue
		}
		expected := want.Pix[i] > 0
		if expected {
			edges++
		}
		if got != expected {
			wrong++
			t.Logf("pixel (%d,%d): edge %v, want %v", i/w, i%w, got, expected)
		}
	}
	if wrong > 0 || edges < 200 {
		t.Errorf("%d pixels differ, of %d edges", wrong, edges)
	}
}
