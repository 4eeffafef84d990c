package images

import (
	"image"
	"image/color"
	"math"
	"testing"
)

// TestPlace paints a rectangle into a picture and looks for it in what Apply makes of it.
func TestPlace(t *testing.T) {
	for _, c := range []struct {
		resize Resize
		crop   int
		w, h   int
		box    image.Rectangle
	}{
		{Resize{}, 0, 50, 40, image.Rect(10, 5, 30, 20)},
		{Resize{}, 31, 50, 40, image.Rect(15, 12, 30, 25)},                        // cut
		{Resize{}, 60, 50, 41, image.Rect(0, 0, 20, 41)},                          // framed
		{Resize{Short: 80}, 64, 101, 160, image.Rect(40, 60, 70, 90)},             // smaller and cut
		{Resize{Short: 80}, 0, 33, 20, image.Rect(3, 4, 20, 16)},                  // larger
		{Resize{Width: 90, Height: 60}, 50, 120, 120, image.Rect(40, 30, 80, 80)}, // out of shape
	} {
		p := Preprocessing{Resize: c.resize, Crop: c.crop, Interpolation: Bilinear, Std: [3]float64{1, 1, 1}}
		img := image.NewNRGBA(image.Rect(0, 0, c.w, c.h))
		setOpaque(img.Pix)
		for y := c.box.Min.Y; y < c.box.Max.Y; y++ {
			for x := c.box.Min.X; x < c.box.Max.X; x++ {
				img.SetNRGBA(x, y, color.NRGBA{255, 255, 255, 255})
			}
		}
		out, err := p.Apply(img)
		if err != nil {
			t.Fatal(err)
		}
		// Edges by how much of a row or column through the middle is white.
		x0, y0 := p.Place(c.w, c.h, float64(c.box.Min.X), float64(c.box.Min.Y))
		x1, y1 := p.Place(c.w, c.h, float64(c.box.Max.X), float64(c.box.Max.Y))
		white := func(at func(i int) color.NRGBA, n, middle int) (from, to float64) {
			before, behind := 0.0, 0.0
			for i := range n {
				if v := float64(at(i).R) / 255; i < middle {
					before += v
				} else {
					behind += v
				}
			}
			return float64(middle) - before, float64(middle) + behind
		}
		midX, midY := int(x0+x1)/2, int(y0+y1)/2
		gotX0, gotX1 := white(func(i int) color.NRGBA { return out.NRGBAAt(i, midY) }, out.Rect.Dx(), midX)
		gotY0, gotY1 := white(func(i int) color.NRGBA { return out.NRGBAAt(midX, i) }, out.Rect.Dy(), midY)
		for _, e := range [][2]float64{{gotX0, x0}, {gotX1, x1}, {gotY0, y0}, {gotY1, y1}} {
			if math.Abs(e[0]-e[1]) > 0.1 {
				t.Errorf("%+v: the rectangle is at %.2f,%.2f to %.2f,%.2f, want %.2f,%.2f to %.2f,%.2f", c, gotX0, gotY0, gotX1, gotY1, x0, y0, x1, y1)
				break
			}
		}
	}
}
