package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
)

// somePatches are n patches of 11 pixels, each of a grey of its own, from level on.
func somePatches(n, level int, label string) (patches []SheetPatch) {
	for i := range n {
		img := image.NewNRGBA(image.Rect(0, 0, 11, 11))
		fill(img, img.Rect, color.NRGBA{uint8(level + i), 0, 0, 255})
		patches = append(patches, SheetPatch{Image: img, Evidence: 1, Label: label})
	}
	return patches
}

// aPatchFigure has n correct patches and n distractors of each class: of reds from 40 x class + 1
// on, and from 40 x class + 21 on.
func aPatchFigure(classes, n int) (f PatchFigure) {
	for c := range classes {
		f.Columns = append(f.Columns, PatchColumn{Title: fmt.Sprintf("class %d", c), Groups: []PatchGroup{
			{Title: "correct", Patches: somePatches(n, 40*c+1, "")},
			{Title: "distractors", Patches: somePatches(n, 40*c+21, "a long name")},
		}})
	}
	return f
}

// TestPatchFigure finds the patches in the picture, by their reds: each class's strongest first,
// correct ones above distractors, in rows of equal length.
func TestPatchFigure(t *testing.T) {
	for _, c := range []struct {
		classes, n   int
		across, band int // patches of a class, classes
	}{
		{1, 5, 5, 1}, {1, 12, 6, 1}, {2, 8, 8, 2}, {2, 9, 5, 2}, {3, 6, 3, 3}, {5, 8, 4, 4}, {4, 1, 1, 4},
	} {
		f := aPatchFigure(c.classes, c.n)
		d, err := f.Layout()
		if err != nil {
			t.Fatal(err)
		}
		img, err := d.Image()
		if err != nil {
			t.Fatal(err)
		}
		corners := map[int]image.Point{}
		for y := range img.Rect.Dy() {
			for x := range img.Rect.Dx() {
				p := img.NRGBAAt(x, y)
				if _, seen := corners[int(p.R)]; p.G == 0 && p.R > 0 && !seen {
					corners[int(p.R)] = image.Pt(x, y)
				}
			}
		}
		if len(corners) != 2*c.classes*c.n {
			t.Errorf("%d classes of %d: found %d patches", c.classes, c.n, len(corners))
		}
		l := f.layout()
		side := 11 * l.zoom
		step := side + l.px(patchGap)
		if side < patchSide || side >= patchSide+11 {
			t.Errorf("patches of %d pixels", side)
		}
		for class := range c.classes {
			first := corners[40*class+1]
			if below := corners[40*class+21]; below.X != first.X || below.Y <= corners[40*class+c.n].Y+side {
				t.Errorf("class %d of %d: distractors at %v, correct ones at %v", class, c.classes, below, first)
			}
			if class%c.band > 0 && (first.Y != corners[40*(class-1)+1].Y || first.X < corners[40*(class-1)+1].X+c.across*step) {
				t.Errorf("class %d of %d at %v, the one before at %v", class, c.classes, first, corners[40*(class-1)+1])
			}
			if class >= c.band && first.Y <= corners[40*(class-c.band)+20+c.n].Y+side {
				t.Errorf("class %d of %d at %v is not below the first", class, c.classes, first)
			}
			for i := range c.n {
				want := first.Add(image.Pt(i%c.across*step, i/c.across*step))
				if got := corners[40*class+1+i]; got != want {
					t.Errorf("class %d of %d: patch %d at %v, want %v", class, c.classes, i, got, want)
				}
			}
		}
		boxes := []image.Rectangle{}
		for _, cell := range l.cells {
			boxes = append(boxes, cell.patch)
		}
		for _, text := range l.texts {
			for i, line := range text.paragraph {
				at := text.at.Add(image.Pt(0, i*line.line))
				boxes = append(boxes, image.Rectangle{at.Add(image.Pt(0, line.line/4)), at.Add(image.Pt(line.width(line.text), line.line*5/6))})
			}
		}
		for _, up := range l.ups {
			boxes = append(boxes, image.Rect(up.at.X-up.capHeight(), up.at.Y-up.width(up.text), up.at.X, up.at.Y))
		}
		for i, a := range boxes {
			if !a.In(image.Rectangle{Max: l.size}) {
				t.Errorf("%+v: %v reaches beyond %v", c, a, l.size)
			}
			if j := slices.IndexFunc(boxes[:i], a.Overlaps); j >= 0 {
				t.Errorf("%+v: %v overlaps %v", c, a, boxes[j])
			}
		}
	}
}

// TestPatchFigureWithout draws groups without patches or names.
func TestPatchFigureWithout(t *testing.T) {
	f := aPatchFigure(2, 3)
	f.Columns[1].Groups[0].Patches = nil
	l := f.layout()
	if !slices.ContainsFunc(l.texts, func(p placedText) bool { return len(p.paragraph) == 1 && p.paragraph[0].text == "none" }) || len(l.ups) != 2 {
		t.Errorf("%v, %v", l.texts, l.ups)
	}
	with := l.size.X
	for i := range f.Columns {
		f.Columns[i].Groups = f.Columns[i].Groups[:1]
		f.Columns[i].Groups[0].Title = ""
	}
	if l = f.layout(); len(l.ups) != 0 || l.size.X >= with {
		t.Errorf("%v in %v, which was %d wide", l.ups, l.size, with)
	}
	f.Columns = f.Columns[1:]
	if _, err := f.Layout(); err != nil {
		t.Error(err)
	}
}

func TestPatchFigureRefuses(t *testing.T) {
	for want, spoil := range map[string]func(*PatchFigure){
		"there are no classes":            func(f *PatchFigure) { f.Columns = nil },
		"a class has 1 groups, another 2": func(f *PatchFigure) { f.Columns[1].Groups = f.Columns[1].Groups[:1] },
		"patch 2: evidence NaN":           func(f *PatchFigure) { f.Columns[1].Groups[0].Patches[1].Evidence = math.NaN() },
		"too many: show fewer patches": func(f *PatchFigure) {
			f.Columns[0].Groups[0].Patches = slices.Repeat(f.Columns[0].Groups[0].Patches, 30_000)
		},
		"patch 1: there is no image": func(f *PatchFigure) { f.Columns[0].Groups[1].Patches[0].Image = nil },
		"11 pixels, but the first patch has": func(f *PatchFigure) {
			f.Columns[0].Groups[0].Patches[0].Image = image.NewNRGBA(image.Rect(0, 0, 9, 9))
			fill(f.Columns[0].Groups[0].Patches[0].Image, image.Rect(0, 0, 9, 9), color.White)
		},
	} {
		f := aPatchFigure(2, 2)
		spoil(&f)
		if _, err := f.Layout(); err == nil || !strings.HasPrefix(err.Error(), "drawing figure of patches: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
