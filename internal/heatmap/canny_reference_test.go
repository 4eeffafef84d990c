package heatmap

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"testing"
)

// TestCannyIsScikitImages compares the edges of a picture with those that
// scikit-image finds (scripts/make_edges.py), but for a rim of 5 pixels, 9 with a Gaussian of
// two, where it treats what lies beyond the image otherwise.
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
	picture := read("canny-grey.png")
	w, h := picture.Rect.Dx(), picture.Rect.Dy()
	grey := make([]float32, w*h)
	for i, v := range picture.Pix {
		grey[i] = float32(v) / 255
	}
	for sigma, name := range map[int]string{1: "canny-edges.png", 2: "canny-edges-2.png"} {
		want := read(name)
		edges, wrong := 0, 0
		for i, got := range canny(grey, w, sigma) {
			if y, x := i/w, i%w; min(y, x, h-1-y, w-1-x) < 1+4*sigma {
				continue
			}
			expected := want.Pix[i] > 0
			if expected {
				edges++
			}
			if got != expected {
				wrong++
				t.Logf("sigma %d, pixel (%d,%d): edge %v, want %v", sigma, i/w, i%w, got, expected)
			}
		}
		if wrong > 0 || edges < 200 {
			t.Errorf("sigma %d: %d pixels differ, of %d edges", sigma, wrong, edges)
		}
	}
}
