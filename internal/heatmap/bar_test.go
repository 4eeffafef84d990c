package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"strings"
	"testing"

	"bagnet/internal/grid"
)

// A recorder is a Surface that notes where things are.
type recorder struct {
	fills, images []image.Rectangle
	texts         []Line
	at            []image.Point // of the texts
	up            []bool
}

func (r *recorder) Fill(q image.Rectangle, _ color.Color)    { r.fills = append(r.fills, q) }
func (r *recorder) Ring(image.Rectangle, int, color.Color)   {}
func (r *recorder) Arrow(image.Rectangle, bool, color.Color) {}
func (r *recorder) Hatch(image.Rectangle, float64)           {}
func (r *recorder) Image(q image.Rectangle, _ *image.NRGBA)  { r.images = append(r.images, q) }
func (r *recorder) Text(at image.Point, up bool, line Line) {
	r.texts, r.at, r.up = append(r.texts, line), append(r.at, at), append(r.up, up)
}

// text returns where a text is, and whether it reads upwards.
func (r *recorder) text(t *testing.T, text string) (image.Point, bool) {
	t.Helper()
	for i, line := range r.texts {
		if line.Text == text {
			return r.at[i], r.up[i]
		}
	}
	t.Fatalf("%q is not among %v", text, r.texts)
	return image.Point{}, false
}

// striped makes a map whose rows have the values of a bar's ticks, over one grey.
func striped(values []float32, scale float64, level uint8) Picture {
	const rows, w = 8, 64
	img := image.NewNRGBA(image.Rect(0, 0, w, rows*len(values)))
	for i := range img.Pix {
		if img.Pix[i] = level; i%4 == 3 {
			img.Pix[i] = 255
		}
	}
	g := Map{Grid: grid.Grid{Rows: rows * len(values), Cols: w, Stride: 1}}
	for _, v := range values {
		for range rows * w {
			g.Values = append(g.Values, v)
		}
	}
	return Picture{Image: img, Map: g, Colors: RdBuR, Scale: scale, Alpha: DefaultAlpha, Bar: true, Zoom: 3}
}

// TestNumbersAtTheBarAreThoseOfItsColours reads the numbers at the bar off the picture, and
// compares the colour beside each with that of the map's pixels of this value. An overlay's
// bar has the colours over greys from black to white.
func TestNumbersAtTheBarAreThoseOfItsColours(t *testing.T) {
	signed := []float32{15, 10, 0, -10, -15}
	for _, tc := range []struct {
		style    Style
		colors   string
		unsigned bool
		level    uint8
		evidence int // which of the images has the map
	}{
		{Panel, "RdBu_r", false, 120, 1}, {Heatmap, "RdBu_r", false, 120, 0}, {Heatmap, "viridis", false, 120, 0}, {Edges, "PuOr", false, 120, 0},
		{Overlay, "RdBu_r", false, 30, 0}, {Overlay, "RdBu_r", false, 120, 0}, {Overlay, "coolwarm", false, 230, 0}, {Heatmap, "RdBu_r", true, 120, 0},
	} {
		values := signed
		if tc.unsigned {
			values = signed[:3]
		}
		p := striped(values, 15, tc.level)
		p.Unsigned = tc.unsigned
		var err error
		if p.Colors, err = ParseColormap(tc.colors); tc.unsigned {
			p.Colors, err = ParseUnsigned(tc.colors)
		}
		if err != nil {
			t.Fatal(err)
		}
		d, err := p.Layout(tc.style)
		if err != nil {
			t.Fatal(err)
		}
		drawn, err := d.Image()
		if err != nil {
			t.Fatal(err)
		}
		var r recorder
		d.Paint(&r)
		bar, evidence := r.images[len(r.images)-1], r.images[tc.evidence]
		read := 0
		for i, line := range r.texts {
			number := strings.TrimPrefix(strings.Replace(line.Text, minus, "-", 1), "+")
			value, err := strconv.ParseFloat(number, 64)
			if err != nil || r.at[i].X < bar.Max.X {
				continue // of the caption, or the unit
			}
			// The mark is the fill that ends between the bar and the number, at the middle of its digits.
			var mark image.Rectangle
			for _, f := range r.fills {
				middle := r.at[i].Y - int(line.Size*0.36)
				if f.Max.X > bar.Max.X && f.Max.X <= r.at[i].X && f.Min.Y <= middle+2 && f.Max.Y >= middle-2 {
					mark = f
				}
			}
			if mark.Empty() {
				t.Fatalf("%s: no mark at %q", tc.style, line.Text)
			}
			y := max(bar.Min.Y, min(bar.Max.Y-1, mark.Min.Y))
			if mark.Min.X < bar.Max.X {
				y = mark.Max.Y // the mark of zero goes through the bar
			}
			column := bar.Min.X + bar.Dx()/2
			if tc.style == Overlay {
				seen := toOKLab(color.NRGBA{tc.level, tc.level, tc.level, 255}).l
				column = bar.Min.X + int(seen*float64(bar.Dx()))
			}
			row := evidence.Min.Y + (16*placeOf(values, value)+8)*3/2
			got, want := drawn.NRGBAAt(column, y), drawn.NRGBAAt(evidence.Min.X+30, row)
			if !near(got, want, 9) {
				t.Errorf("%s, %s over %d: %q is beside %v, the map has %v", tc.style, tc.colors, tc.level, line.Text, got, want)
			}
			read++
		}
		if read != len(values) {
			t.Errorf("%s: %d numbers at the bar, want %d", tc.style, read, len(values))
		}
	}
}

// placeOf is the place of a value.
func placeOf(values []float32, v float64) int {
	for i, w := range values {
		if float64(w) == v {
			return i
		}
	}
	panic(fmt.Sprint(v, " is not among ", values))
}

// TestDifferenceAtTheBar says at the bar what the values of a difference are, upwards.
func TestDifferenceAtTheBar(t *testing.T) {
	p := striped([]float32{15, 10, 0, -10, -15}, 15, 120)
	p.Zoom = 6
	p.Caption = Caption{Class: "tench, Tinca tinca", Versus: "golf ball", Logit: 1, Probability: math.NaN()}
	for _, style := range Styles() {
		d, err := p.Layout(style)
		if err != nil {
			t.Fatal(err)
		}
		r := recorder{}
		d.Paint(&r)
		bar := r.images[len(r.images)-1]
		at, up := r.text(t, "tench minus golf ball, logits")
		number, beside := r.text(t, "+15")
		if !up || beside || at.X < number.X+20 || at.X > number.X+60 || at.X >= d.Size.X || at.Y > bar.Max.Y || at.Y < bar.Min.Y+bar.Dy()/2 {
			t.Errorf("%s: %v, upwards %v, beside a bar at %v and a number at %v", style, at, up, bar, number)
		}
	}
	long := Caption{Class: strings.Repeat("long name ", 20), Versus: "eel"}
	text := newTypography(20).small
	line := long.difference(text, 500)
	if !strings.HasPrefix(line, "long name") || !strings.HasSuffix(line, "… minus eel, logits") || text.width(line) > 500 || text.width(line) < 440 {
		t.Errorf("%q is %d pixels wide", line, text.width(line))
	}
	long.Class, long.Versus = long.Versus, long.Class
	if line := long.difference(text, 500); !strings.HasPrefix(line, "eel minus long") || !strings.HasSuffix(line, "…, logits") || text.width(line) > 500 {
		t.Errorf("%q is %d pixels wide", line, text.width(line))
	}
	if line := long.difference(text, 150); line != "" {
		t.Errorf("%q where there is no room", line)
	}
	if line := (Caption{Class: "eel"}).difference(text, 500); line != "" {
		t.Errorf("%q of one class", line)
	}
}
