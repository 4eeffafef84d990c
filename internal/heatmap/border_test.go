package heatmap

import (
	"image"
	"image/color"
	"testing"

	"bagnet/internal/grid"
)

// bordered makes a dense map of patches of 9 pixels of a network without padding, whose border
// of 4 pixels has values of 100.
func bordered(w, h, stride int) Picture {
	p := example(w, h, 0, stride)
	p.Map.Grid = grid.Grid{Rows: p.Map.Rows, Cols: p.Map.Cols, Stride: stride, Patch: 9, Sees: 9, First: 4 / stride, Step: 8 / stride, NativeRows: (h - 1) / 8, NativeCols: (w - 1) / 8}
	for i := range p.Map.Values {
		if x, y := i%p.Map.Cols*stride, i/p.Map.Cols*stride; x < 4 || y < 4 || x+4 >= w || y+4 >= h {
			p.Map.Values[i] = 100
		}
	}
	p.Scale = Scale(p.Map.Counted(p.Image.Rect.Size(), PaleBorder), 100)
	return p
}

// TestBorderDoesNotCount has nothing above 15.1 but in the border.
func TestBorderDoesNotCount(t *testing.T) {
	for _, stride := range []int{1, 2, 4} {
		p := bordered(60, 90, stride)
		size := p.Image.Rect.Size()
		if p.Scale < 10 || p.Scale > 15.1 {
			t.Errorf("stride %d: a scale of %v", stride, p.Scale)
		}
		if all := Scale(p.Map.Counted(size, ShowBorder), 100); all != 100 {
			t.Errorf("stride %d: a scale of %v, want the border's 100", stride, all)
		}
		for border, beyond := range map[Border]bool{PaleBorder: false, ShowBorder: true} {
			p.counted = p.Map.counted(size, border)
			if b := newColorbar(p); b.above != beyond || b.below {
				t.Errorf("stride %d, border %s: values above the bar: %v, below: %v", stride, border, b.above, b.below)
			}
		}
	}
}

// TestPaleBorder draws the border paler than its values are, a line inside of it, and all else
// as without a border.
func TestPaleBorder(t *testing.T) {
	for _, stride := range []int{1, 2, 4} {
		p := bordered(60, 90, stride)
		// Patches are centred on 0, stride, ...: the first one inside on 4, and its pixels begin half a stride before.
		inner := image.Rectangle{Min: image.Pt(4-stride/2, 4-stride/2)}
		for inner.Max.X = inner.Min.X; inner.Max.X+stride/2+5 <= 60; inner.Max.X += stride {
		}
		for inner.Max.Y = inner.Min.Y; inner.Max.Y+stride/2+5 <= 90; inner.Max.Y += stride {
		}
		for _, style := range []Style{Heatmap, Overlay} {
			pale, err := p.Draw(style)
			if err != nil {
				t.Fatal(err)
			}
			p.Border = ShowBorder
			shown, err := p.Draw(style)
			if err != nil {
				t.Fatal(err)
			}
			p.Border = ""
			line := inner.Inset(-1)
			for y := range 90 {
				for x := range 60 {
					at := image.Pt(x, y)
					got, full := pale.NRGBAAt(x, y), shown.NRGBAAt(x, y)
					switch {
					case at.In(inner):
						if got != full {
							t.Fatalf("%s, stride %d: %v, within the border %v, is %v, want %v", style, stride, at, inner, got, full)
						}
					case at.In(line):
						if got != (color.NRGBA{frame.Y, frame.Y, frame.Y, 255}) {
							t.Fatalf("%s, stride %d: %v, on the line around %v, is %v", style, stride, at, inner, got)
						}
					default:
						a, b := toOKLab(got), toOKLab(full)
						if b.a < 0.05 || a.a < 0.005 || a.a > 0.2*b.a || a.l < b.l+0.05 {
							t.Fatalf("%s, stride %d: %v in the border is %v, for %v", style, stride, at, got, full)
						}
					}
				}
			}
		}
	}
}

// TestNoLineWithoutBorder draws maps whose patches all took part, or of which that is not known.
func TestNoLineWithoutBorder(t *testing.T) {
	p := bordered(60, 90, 1)
	p.Map.First, p.Map.Step = 0, 1 // a network that pads has patches around the corners
	q := p
	q.Border = ShowBorder
	a, err := p.Draw(Panel)
	if err != nil {
		t.Fatal(err)
	}
	b, err := q.Draw(Panel)
	if err != nil {
		t.Fatal(err)
	}
	if string(a.Pix) != string(b.Pix) {
		t.Error("a border is drawn where there is none")
	}
}

// TestReducedBorder makes pictures of more than 4000 pixels smaller: a block of values counts
// if all of them do.
func TestReducedBorder(t *testing.T) {
	for _, tc := range []struct{ from, to, n, block, first, last int }{
		{16, 8176, 8192, 4, 4, 2044},
		{17, 8175, 8192, 4, 5, 2043},
		{0, 8193, 8193, 2, 0, 4097},
		{16, 17, 33, 2, 8, 9},
		{17, 18, 35, 2, 8, 9},
	} {
		if first, last := shrunk(tc.from, tc.to, tc.n, tc.block); first != tc.first || last != tc.last {
			t.Errorf("%+v: blocks %d to %d", tc, first, last)
		}
	}
	p := bordered(8200, 40, 1)
	p.counted = p.Map.counted(p.Image.Rect.Size(), PaleBorder)
	if r := p.reduced(); r.inner() != image.Rect(1, 1, 2049, 9) || r.Image.Rect != image.Rect(0, 0, 2050, 10) {
		t.Errorf("%v of %v", r.inner(), r.Image.Rect)
	}
}

func TestParseBorder(t *testing.T) {
	for name, want := range map[string]Border{"": PaleBorder, "pale": PaleBorder, "show": ShowBorder} {
		if got, err := ParseBorder(name); err != nil || got != want {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
	if _, err := ParseBorder("none"); err == nil || err.Error() != `unknown border "none": there are pale, show` {
		t.Error(err)
	}
}
