package heatmap

import (
	"fmt"
	"image"
	"strings"
	"testing"
)

// TestZoom has a square of pixels for each that there is without it, in styles that draw no lines.
func TestZoom(t *testing.T) {
	p := example(40, 30, 8, 8)
	for _, style := range []Style{Heatmap, Overlay} {
		p.Zoom = 0
		small, err := p.Draw(style)
		if err != nil {
			t.Fatal(err)
		}
		for zoom, times := range map[int]int{1: 1, 3: 3, AutoZoom: 10} { // 400 pixels are large
			p.Zoom = zoom
			large, err := p.Draw(style)
			if err != nil {
				t.Fatal(err)
			}
			if large.Rect != image.Rect(0, 0, 40*times, 30*times) {
				t.Fatalf("%s, zoom %d: %v", style, zoom, large.Rect)
			}
			for y := range large.Rect.Dy() {
				for x := range large.Rect.Dx() {
					if got, want := large.NRGBAAt(x, y), small.NRGBAAt(x/times, y/times); got != want && (got.A != 0 || want.A != 0) {
						t.Fatalf("%s, zoom %d: pixel %d, %d is %v, want %v", style, zoom, x, y, got, want)
					}
				}
			}
		}
	}
}

// TestZoomOfAPanel asks for panels of 1, 2 and as many pixels as usual for each of the image's,
// and of one of a picture that would be reduced.
func TestZoomOfAPanel(t *testing.T) {
	for _, tc := range []struct{ w, zoom, want int }{{40, 1, 40}, {40, 2, 80}, {40, 0, 400}, {40, AutoZoom, 400}, {4100, 1, 4100}, {4100, 0, 2050}} {
		p := example(tc.w, 20, 0, 4)
		p.Zoom = tc.zoom
		d, err := p.Layout(Panel)
		if err != nil {
			t.Fatal(err)
		}
		r := recorder{}
		d.Paint(&r)
		for _, at := range r.images[:3] {
			if at.Dx() != tc.want {
				t.Errorf("%d pixels, zoom %d: an image is %v", tc.w, tc.zoom, at)
			}
		}
	}
}

// TestBarsFitIn lays bars beside images of every shape, as large as they would be alone.
func TestBarsFitIn(t *testing.T) {
	for _, size := range []image.Point{{1, 1}, {3, 700}, {700, 3}, {224, 224}, {120, 90}, {300, 530}} {
		for _, style := range []Style{Heatmap, Overlay, Edges} {
			p := example(size.X, size.Y, 0, 1)
			p.Bar, p.Caption.Versus = true, "eel"
			d, err := p.Layout(style)
			if err != nil {
				t.Fatal(err)
			}
			var r recorder
			d.Paint(&r)
			whole := image.Rectangle{Max: d.Size}
			img, bar := r.images[0], r.images[len(r.images)-1]
			if img.Size() != size || !img.In(whole) || !bar.In(whole) || bar.Overlaps(img) || bar.Min.X < img.Max.X {
				t.Errorf("%s of %v: image %v and bar %v in %v", style, size, img, bar, whole)
			}
			for i, line := range r.texts {
				end := r.at[i].Add(image.Pt(int(line.Width), 0))
				if r.up[i] {
					end = r.at[i].Sub(image.Pt(0, int(line.Width)))
				}
				if !r.at[i].In(whole) || !end.In(whole) {
					t.Errorf("%s of %v: %q from %v to %v in %v", style, size, line.Text, r.at[i], end, whole)
				}
			}
		}
	}
}

// TestTooLarge refuses a zoom before it takes the memory.
func TestTooLarge(t *testing.T) {
	p := example(400, 400, 0, 8)
	p.Zoom = 64
	for _, style := range Styles() {
		if _, err := p.Draw(style); err == nil || !strings.Contains(err.Error(), "pixels are too many") || !strings.HasPrefix(err.Error(), fmt.Sprintf("drawing %s: ", style)) {
			t.Errorf("%s: %v", style, err)
		}
	}
}

// TestFinerEdges draws lines of about a pixel under a large zoom, and of as many in every place
// as the image has edges.
func TestFinerEdges(t *testing.T) {
	img := drawn(100, 80)
	for zoom, most := range map[int]float64{1: 1.2, 3: 1.6, 6: 1.6, 8: 2} {
		lines := edgeLines(img, zoom)
		if lines.Rect != image.Rect(0, 0, 100*zoom, 80*zoom) {
			t.Fatalf("zoom %d: %v", zoom, lines.Rect)
		}
		ink := 0.0
		for i := 0; i < len(lines.Pix); i += 4 {
			ink += float64(lines.Pix[i]) / 255
		}
		around := 176 * float64(zoom) // the disc of radius 28
		if wide := ink / around; wide < 0.7 || wide > most {
			t.Errorf("zoom %d: a line of %.2f pixels around the disc", zoom, wide)
		}
	}
}
