package heatmap

import (
	"fmt"
	"image"
	"math"
	"testing"
)

// TestEms lays pictures out for a width in print: they are so many ems wide, and images get what
// text leaves of it.
func TestEms(t *testing.T) {
	for _, size := range []image.Point{{448, 448}, {400, 300}, {300, 400}, {1200, 300}} {
		for _, ems := range []float64{34.4, 48, 68.8} { // 85, 119 and 170 mm of text of 7 points
			bar := colorbar{colors: RdBuR, scale: 12.3, unit: "logit", above: true}
			s := Picture{Ems: ems}.panelLayout(size, bar, Picture{}.titles())
			if got := float64(s.size.X) / s.em; math.Abs(got-ems) > 0.02*ems && s.em > 13 { // pixels: no text is smaller
				t.Errorf("%v: %.2f ems wide, want %v", size, got, ems)
			}
			for i, img := range s.images {
				if img.Size() != size || i > 0 && img.Overlaps(s.images[i-1]) {
					t.Errorf("%v, %v ems: image %d is %v", size, ems, i, img)
				}
			}
			if s.bar.Overlaps(s.images[1]) || s.bar.Overlaps(s.images[2]) || s.bar.Max.X+bar.ticksWidth(s.small) > s.size.X {
				t.Errorf("%v, %v ems: the bar is %v", size, ems, s.bar)
			}
		}
		if narrow := (Picture{Ems: 1}).panelLayout(size, colorbar{scale: 1}, Picture{}.titles()); narrow.images[0].Size() != size {
			t.Errorf("%v: no room at all gives %v", size, narrow.images[0])
		}
	}
	wide := layPanel(image.Pt(448, 448), colorbar{scale: 1}, Picture{}.titles(), panelAcross)
	if got := (Picture{}).panelLayout(image.Pt(448, 448), colorbar{scale: 1}, Picture{}.titles()); got.size != wide.size || got.em != wide.em || wide.em != 3*448/62. {
		t.Errorf("without a width: %v of %v, want %v of %v", got.size, got.em, wide.size, wide.em)
	}

	for _, c := range []struct {
		ems           float64
		patches, rows int
	}{{0, 8, 1}, {0, 9, 2}, {68.8, 8, 1}, {34.4, 8, 3}, {34.4, 3, 1}, {34.4, 4, 2}, {5, 2, 2}, {68.8, 2, 1}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s := ContactSheet{Title: "t", Ems: c.ems, Groups: []PatchGroup{{}}}
			for range c.patches {
				s.Groups[0].Patches = append(s.Groups[0].Patches, SheetPatch{Image: drawn(33, 33), Evidence: 1})
			}
			l := s.layout()
			tops := map[int]bool{}
			for _, cell := range l.cells {
				tops[cell.patch.Min.Y] = true
				if cell.patch.Dx() != 132 || cell.patch.Max.X > l.size.X {
					t.Errorf("a patch fills %v of %v", cell.patch, l.size)
				}
			}
			if len(tops) != c.rows {
				t.Errorf("%d rows, want %d", len(tops), c.rows)
			}
			if got := float64(l.size.X) / l.em; c.ems > narrowest+3 && math.Abs(got-c.ems) > 0.02*c.ems {
				t.Errorf("%.2f ems wide, want %v", got, c.ems)
			}
		})
	}
}
