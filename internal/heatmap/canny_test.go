package heatmap

import (
	"image"
	"math"
	"testing"
)

// The edge of a disc is a closed curve of about one pixel along its circumference.
func TestCannyFindsADisc(t *testing.T) {
	const w, h, r = 60, 50, 15.0
	grey := make([]float32, w*h)
	for i := range grey {
		if math.Hypot(float64(i%w)-30, float64(i/w)-25) < r {
			grey[i] = 0.8
		}
	}
	var n int
	for i, edge := range canny(grey, w, 1) {
		if !edge {
			continue
		}
		n++
		if d := math.Hypot(float64(i%w)-30, float64(i/w)-25); math.Abs(d-r) > 1.5 {
			t.Errorf("edge at (%d, %d), %.1f pixels from the centre", i%w, i/w, d)
		}
	}
	if n < int(5*r) || n > int(10*r) {
		t.Errorf("%d pixels of edges", n)
	}
}

func TestCannyFindsNothing(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {1, 9}, {9, 1}, {2, 2}, {30, 20}} {
		grey := make([]float32, size.X*size.Y)
		for i := range grey {
			grey[i] = 0.5 + 0.001*float32(i%size.X) // slowly brighter
		}
		for i, edge := range canny(grey, size.X, 1) {
			if edge {
				t.Errorf("%v: edge at %d", size, i)
			}
		}
	}
}

// A weak edge counts where it goes on from a strong one, not elsewhere.
func TestCannyLinksEdges(t *testing.T) {
	const w, h = 40, 40
	grey := make([]float32, w*h)
	for y := range h {
		for x := 20; x < w; x++ {
			grey[y*w+x] = 0.05 + 0.02*float32(max(0, y-25)) // weak above row 25, ever stronger below
		}
	}
	edges := canny(grey, w, 1)
	var linked int
	for y := 5; y < 25; y++ {
		for x := 18; x < 22; x++ {
			if edges[y*w+x] {
				linked++
				break
			}
		}
	}
	if linked < 20 {
		t.Errorf("%d of 20 rows of the weak edge are linked", linked)
	}
	for y := 25; y < h; y++ {
		for x := 20; x < w; x++ {
			grey[y*w+x] = 0.05
		}
	}
	for i, edge := range canny(grey, w, 1) {
		if edge {
			t.Fatalf("a weak edge alone counts, at (%d, %d)", i%w, i/w)
		}
	}
}
