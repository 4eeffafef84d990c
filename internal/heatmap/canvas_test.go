package heatmap

import (
	"image"
	"testing"
)

// TestCanvasLimit asks for the first picture of more than 2^29 pixels, and for
// products that do not fit 32 bits.
func TestCanvasLimit(t *testing.T) {
	for _, size := range []image.Point{{1 << 15, 1<<14 + 1}, {1<<14 + 1, 1 << 15}, {1 << 16, 1 << 16}, {1 << 29, 2}} {
		if canvas, err := newCanvas(size); err == nil {
			t.Errorf("%v: a picture of %v", size, canvas.Rect)
		}
	}
	if _, err := newCanvas(image.Pt(1<<10, 3)); err != nil {
		t.Error(err)
	}
}
