package heatmap

import (
	"image"
	"image/color"
	"strings"
	"testing"

	"bagnet/internal/grid"
)

// TestScaled draws a picture at other sizes: whole multiples repeat the pixels of maps, and
// what is drawn at half the size looks like what is drawn at full size, made smaller.
func TestScaled(t *testing.T) {
	d, err := example(120, 90, 16, 8).Layout(Panel)
	if err != nil {
		t.Fatal(err)
	}
	one, err := d.Image()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		width, height, shrink int
	}{{2 * d.Size.X, 2 * d.Size.Y, 2}, {d.Size.X + 1, 0, 1}} {
		img, err := d.Scaled(c.width)
		if err != nil || img.Rect.Dx() != c.width || c.height > 0 && img.Rect.Dy() != c.height || !img.Opaque() {
			t.Fatalf("%v of %d x %d (%v)", img.Rect, c.width, c.height, err)
		}
	}
	two, err := d.Scaled(2 * d.Size.X)
	if err != nil {
		t.Fatal(err)
	}
	half, err := d.Scaled(d.Size.X / 2)
	if err != nil {
		t.Fatal(err)
	}
	s := newPanelLayout(image.Pt(480, 360), newColorbar(example(120, 90, 16, 8)), Picture{}.titles())
	s.addCaption(example(120, 90, 16, 8).Caption, true)
	if s.size != d.Size {
		t.Fatalf("laid out as %v, want %v", s.size, d.Size)
	}
	at := s.images[1].Min.Add(image.Pt(100, 100)) // within the evidence, on whose squares of 4 x 4 pixels there are 8 x 8
	for y := at.Y; y < at.Y+64; y++ {
		for x := at.X; x < at.X+64; x++ {
			if want := one.NRGBAAt(x, y); two.NRGBAAt(2*x, 2*y) != want || two.NRGBAAt(2*x+1, 2*y+1) != want {
				t.Fatalf("pixel %d, %d is %v at twice the size, want %v", x, y, two.NRGBAAt(2*x, 2*y), want)
			}
		}
	}
	// The caption's ink, within a few percent.
	ink := func(img *image.NRGBA, scale float64) float64 {
		sum := 0.0
		for y := range int(float64(s.images[0].Min.Y-s.small.line-2) * scale) {
			for x := range img.Rect.Dx() {
				sum += 255 - float64(img.NRGBAAt(x, y).G)
			}
		}
		return sum / scale / scale
	}
	want := ink(one, 1)
	for scale, img := range map[float64]*image.NRGBA{2: two, 0.5: half} {
		if got := ink(img, scale); want < 1e4 || got < 0.93*want || got > 1.07*want {
			t.Errorf("at %v of its size the caption has the ink %.0f, want %.0f", scale, got, want)
		}
	}
	// Averaged where it is smaller: a checkerboard becomes grey.
	board := Drawing{Size: image.Pt(8, 8), pixels: image.NewNRGBA(image.Rect(0, 0, 8, 8))}
	for i := range 64 {
		board.pixels.SetNRGBA(i%8, i/8, color.NRGBA{uint8(255 * ((i%8 + i/8) % 2)), 0, 0, 255})
	}
	small, err := board.Scaled(4)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 16 {
		if c := small.NRGBAAt(i%4, i/4); c.R < 126 || c.R > 129 || c.A != 255 {
			t.Fatalf("pixel %d of a checkerboard is %v", i, c)
		}
	}
	if thin, err := (&Drawing{Size: image.Pt(1000, 1), pixels: image.NewNRGBA(image.Rect(0, 0, 1000, 1))}).Scaled(10); err != nil || thin.Rect.Dy() != 1 || thin.Opaque() {
		t.Errorf("a line of pixels: %v (%v)", thin, err)
	}
	for _, big := range []*Drawing{{Size: image.Pt(1<<20, 1<<20), what: "a map"}, {Size: image.Pt(1<<20, 1<<20), what: "a map", fewer: "draw less"}} {
		if _, err := big.Image(); err == nil || err.Error() != strings.TrimSuffix("drawing a map: 1048576 x 1048576 pixels are too many: "+big.fewer, ": ") {
			t.Errorf("%v", err)
		}
	}
}

// TestOutlines are drawn over what is there, in each of their order.
func TestOutlines(t *testing.T) {
	p := Picture{Image: drawn(40, 30), Map: Map{Grid: grid.Grid{Rows: 1, Cols: 1, Stride: 64}, Values: []float32{1}}, Colors: RdBuR, Scale: 1, Alpha: 0.5}
	d, err := p.Layout(Overlay)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := p.Draw(Overlay)
	if err != nil {
		t.Fatal(err)
	}
	d.Outline(image.Rect(2, 3, 30, 20))
	d.Outline(image.Rect(20, 10, 40, 30))
	img, err := d.Image()
	if err != nil {
		t.Fatal(err)
	}
	ink, white := color.NRGBA{0x1a, 0x1a, 0x1a, 255}, color.NRGBA{255, 255, 255, 255}
	for at, want := range map[image.Point]color.NRGBA{
		{2, 3}: ink, {3, 4}: white, {4, 5}: white, {5, 6}: ink, {6, 7}: plain.NRGBAAt(6, 7), {1, 2}: plain.NRGBAAt(1, 2),
		{20, 10}: ink, {39, 29}: ink, {38, 28}: white, {25, 15}: plain.NRGBAAt(25, 15),
	} {
		if got := img.NRGBAAt(at.X, at.Y); got != want {
			t.Errorf("%v is %v, want %v", at, got, want)
		}
	}
}
