package heatmap

import (
	"image"
	"image/color"
	"testing"

	"bagnet/internal/grid"
)

// TestReducedKeepsPlaces puts a hot value on a dark pixel of a large image: in the
// smaller picture both are at the same place still.
func TestReducedKeepsPlaces(t *testing.T) {
	for _, stride := range []int{1, 2, 8, 16} {
		w, h := 16384, 640
		img := image.NewNRGBA(image.Rect(0, 0, w, h))
		for i := range img.Pix {
			img.Pix[i] = 255
		}
		g := Map{Grid: grid.Grid{Rows: (h - 1) / stride, Cols: (w - 1) / stride, Stride: stride, Origin: stride / 2}}
		g.Values = make([]float32, g.Rows*g.Cols)
		i, j := g.Rows/2, g.Cols*3/4
		x, y := g.Origin+j*stride, g.Origin+i*stride
		for dy := range 8 {
			for dx := range 8 {
				img.SetNRGBA(x&^7+dx, y&^7+dy, color.NRGBA{0, 0, 0, 255})
			}
		}
		g.Values[i*g.Cols+j] = 1000
		p := Picture{Image: img, Map: g, Colors: RdBuR, Scale: 1, Alpha: 1}.reduced()
		if size := p.Image.Rect.Size(); size != image.Pt(w/8, h/8) {
			t.Fatalf("stride %d: reduced to %v", stride, size)
		}
		evidence := p.Map.Render(w/8, h/8, p.Colors, p.Scale)
		if got := evidence.NRGBAAt(x/8, y/8); got != RdBuR.At(1) {
			t.Errorf("stride %d: the hot value's pixel is %v", stride, got)
		}
		if got := p.Image.NRGBAAt(x/8, y/8); got.R > 10 {
			t.Errorf("stride %d: the dark pixel is %v", stride, got)
		}
	}
}

func TestSmallPicturesAreNotReduced(t *testing.T) {
	p := Picture{Image: image.NewNRGBA(image.Rect(0, 0, 4000, 3)), Map: Map{Grid: grid.Grid{Rows: 1, Cols: 1, Stride: 8}, Values: []float32{1}}}
	if r := p.reduced(); r.Image != p.Image {
		t.Error("a picture of 4000 pixels was made smaller")
	}
}
