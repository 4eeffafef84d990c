package heatmap

import (
	"image"
	"image/color"
	"testing"

	"gorgonia.org/tensor"
)

func TestClassAndScale(t *testing.T) {
	logits := tensor.New(tensor.WithShape(2, 3, 2), tensor.WithBacking([]float32{0, 10, 1, 11, 2, 12, 3, 13, 4, -14, 5, 15}))
	g, err := Class(logits, 1, image.Pt(4, 4), 8)
	if err != nil {
		t.Fatal(err)
	}
	if g.Rows != 2 || g.Cols != 3 || g.Values[3] != 13 || g.Values[4] != -14 {
		t.Errorf("class 1: %+v", g)
	}
	for p, want := range map[float64]float64{0: 10, 50: 12.5, 100: 15} {
		if s := g.Scale(p); s != want {
			t.Errorf("Scale(%v) = %v, want %v", p, s, want)
		}
	}
	if s := (Grid{Values: make([]float32, 6)}).Scale(99); s != 1 {
		t.Errorf("scale of a flat map is %v", s)
	}
	if _, err := Class(logits, 2, image.Point{}, 8); err == nil {
		t.Error("class 2 of 2 was found")
	}
}

func TestRenderPutsColoursOnPatchCentres(t *testing.T) {
	g := Grid{Rows: 2, Cols: 2, Values: []float32{1, 0, 0, -1}, Origin: image.Pt(16, 16), Stride: 8}
	img := g.Render(41, 41, RdBuR, 1)
	for _, c := range []struct {
		x, y int
		want color.NRGBA
	}{
		{16, 16, RdBuR.At(1)}, {24, 16, RdBuR.At(0)}, {16, 24, RdBuR.At(0)}, {24, 24, RdBuR.At(-1)},
		{12, 12, RdBuR.At(1)}, {19, 19, RdBuR.At(1)}, {20, 20, RdBuR.At(-1)}, {27, 27, RdBuR.At(-1)},
		{11, 16, color.NRGBA{}}, {28, 24, color.NRGBA{}}, {0, 0, color.NRGBA{}}, {40, 40, color.NRGBA{}},
	} {
		if got := img.NRGBAAt(c.x, c.y); got != c.want {
			t.Errorf("pixel (%d,%d) is %v, want %v", c.x, c.y, got, c.want)
		}
	}
	over := Overlay(image.NewNRGBA(img.Rect), img, 0.5)
	if over.Bounds() != img.Bounds() {
		t.Errorf("overlay has bounds %v", over.Bounds())
	}
}
