package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// example is a figure with all there is.
func example() Figure {
	return Figure{Title: "Title", X: "pixels", Y: "accuracy", XScale: Log, From: 0, To: 1, Series: []Series{
		{Name: "one", Points: []Point{{X: 7, Y: 0.25, Error: 0.05}, {X: 14, Y: 0.5, Error: 0.1}, {X: 28, Y: 0.9}}},
		{Name: "<two> & three", Points: []Point{{X: 8, Y: 0.75, Error: math.NaN()}, {X: 16, Y: math.NaN(), Error: 1}, {X: math.Inf(1), Y: 0.5}, {X: 0, Y: 0.5}, {X: 32, Y: 0.5, Error: 0.2}}},
		{Name: "nothing"},
	}}
}

func mustDraw(t *testing.T, f Figure, format string) []byte {
	t.Helper()
	data, err := f.Draw(format)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decode(t *testing.T, data []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func TestSameFigureSameBytes(t *testing.T) {
	for _, format := range Formats {
		want := mustDraw(t, example(), format)
		for range 3 {
			if got := mustDraw(t, example(), format); !bytes.Equal(got, want) {
				t.Errorf("%s: other bytes for the same figure", format)
			}
		}
		other := example()
		other.Series[0].Points[1].Y = 0.6
		if bytes.Equal(mustDraw(t, other, format), want) {
			t.Errorf("%s: the same bytes for another figure", format)
		}
	}
	if _, err := example().Draw("jpeg"); err == nil || !strings.Contains(err.Error(), `unknown format "jpeg"`) {
		t.Errorf("jpeg: %v", err)
	}
}

// painted counts the pixels of a colour.
func painted(img image.Image, c color.Color) int {
	r, g, b, _ := c.RGBA()
	n := 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if R, G, B, _ := img.At(x, y).RGBA(); R == r && G == g && B == b {
				n++
			}
		}
	}
	return n
}

// TestErrorBars finds more of a series' colour where it has errors, and nothing
// of a series without points.
func TestErrorBars(t *testing.T) {
	with := example()
	without := example()
	for i := range without.Series[0].Points {
		without.Series[0].Points[i].Error = 0
	}
	a, b := painted(decode(t, mustDraw(t, with, "png")), colors[0]), painted(decode(t, mustDraw(t, without, "png")), colors[0])
	if a <= b || b < 100 {
		t.Errorf("%d pixels of the first series with error bars, %d without", a, b)
	}
	img := decode(t, mustDraw(t, with, "png"))
	if painted(img, colors[1]) == 0 || painted(img, colors[2]) != 0 {
		t.Error("a series with points is missing, or one without is there")
	}
	if img.At(0, 0) != (color.NRGBA{255, 255, 255, 255}) && painted(img, color.White) < 100_000 {
		t.Error("the ground is not white")
	}
}

// TestStyles draws the same points joined and not joined.
func TestStyles(t *testing.T) {
	var pixels [2]int
	for style := range pixels {
		f := Figure{Series: []Series{{Name: "a", Points: []Point{{X: 0, Y: 0, Error: 0.1}, {X: 1, Y: 1, Error: 0.1}, {X: 2, Y: 0.5, Error: 0.1}}, Style: Style(style)}}}
		pixels[style] = painted(decode(t, mustDraw(t, f, "png")), colors[0])
	}
	if curve, dots := pixels[Curve], pixels[Dots]; !(dots > 0 && curve > dots) {
		t.Errorf("pixels of a curve %d, of dots %d", curve, dots)
	}
}

// saying is all that an SVG says, in order.
func saying(t *testing.T, svg []byte) []string {
	t.Helper()
	var words []string
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return words
		}
		if err != nil {
			t.Fatal(err)
		}
		if s, ok := token.(xml.CharData); ok && len(bytes.TrimSpace(s)) > 0 {
			words = append(words, string(s))
		}
	}
}

func TestTextOfSVG(t *testing.T) {
	words := saying(t, mustDraw(t, example(), "svg"))
	for _, want := range []string{"Title", "pixels", "accuracy", "one", "<two> & three", "7", "14", "16", "28", "32", "0", "0.5", "1"} {
		if want == "16" { // of a point that cannot be drawn
			if slices.Contains(words, want) {
				t.Errorf("%q is there: %q", want, words)
			}
			continue
		}
		if !slices.Contains(words, want) {
			t.Errorf("%q is missing: %q", want, words)
		}
	}
	if svg := mustDraw(t, example(), "svg"); !bytes.Contains(svg, []byte("font-family:Liberation Sans,Arial,Helvetica,sans-serif;")) {
		t.Error("no font for those who lack Liberation Sans")
	}
	one := example()
	one.Series = one.Series[:1]
	if words := saying(t, mustDraw(t, one, "svg")); slices.Contains(words, "one") || !slices.Contains(words, "Title, one") {
		t.Errorf("a single series needs no legend, but its name in the title: %q", words)
	}
}

// TestStrangeFigures has nothing to draw, one point, equal values and more series
// than there are colours.
func TestStrangeFigures(t *testing.T) {
	many := Figure{XScale: Log}
	for i := range 30 {
		many.Series = append(many.Series, Series{Name: strings.Repeat("a long name ", 10) + fmt.Sprint(i), Points: []Point{{X: float64(1 + i), Y: 1}, {X: float64(100 + i), Y: 2, Error: 0.1}}, Style: Style(i % 3)})
	}
	for name, f := range map[string]Figure{
		"empty":     {},
		"empty log": {XScale: Log, Series: []Series{{Name: "a"}, {Name: "b"}}},
		"one point": {XScale: Log, Series: []Series{{Name: "a", Points: []Point{{X: 3, Y: 2}}}}},
		"equal":     {Series: []Series{{Name: "a", Points: []Point{{X: 1, Y: 2}, {X: 2, Y: 2}}}}},
		"huge":      {Series: []Series{{Name: "a", Points: []Point{{X: -1e300, Y: -1e300, Error: 1e299}, {X: 1e300, Y: 1e300}}}}},
		"many":      many,
	} {
		for _, format := range Formats {
			if len(mustDraw(t, f, format)) == 0 {
				t.Errorf("%s: nothing drawn", name)
			}
		}
	}
	words := saying(t, mustDraw(t, many, "svg"))
	if i := slices.IndexFunc(words, func(w string) bool { return strings.HasSuffix(w, "name 17") }); i < 0 || len([]rune(words[i])) > longestName {
		t.Errorf("long names: %q", words)
	}
}

func TestMarks(t *testing.T) {
	for _, tc := range []struct {
		low, high float64
		most      int
		want      string
	}{
		{0, 1, 5, "0 0.2 0.4 0.6 0.8 1"},
		{0, 1, 4, "0 0.5 1"},
		{0, 1, 10, "0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1"},
		{-0.13, 1, 10, "0 0.2 0.4 0.6 0.8 1"},
		{0.87, 1, 10, "0.88 0.9 0.92 0.94 0.96 0.98 1"},
		{3, 47, 10, "5 10 15 20 25 30 35 40 45"},
	} {
		var labels []string
		for _, m := range roundMarks(tc.low, tc.high, tc.most) {
			labels = append(labels, m.Label)
		}
		if got := strings.Join(labels, " "); got != tc.want {
			t.Errorf("%v to %v: %s, want %s", tc.low, tc.high, got, tc.want)
		}
	}
	marks := marksAt([]float64{0, 1, 10, 100}, Linear.along, 0, 100, 0.05)
	var labels []string
	for _, m := range marks {
		labels = append(labels, m.Label)
	}
	if got := strings.Join(labels, ","); got != "0,,10,100" {
		t.Errorf("labels %q", got)
	}
	logarithmic := marksAt([]float64{1, 1.01, 10, 100}, Log.along, 0, 2, 0.05)
	if logarithmic[0].Label != "1" || logarithmic[1].Label != "" || logarithmic[2].Value != 1 || logarithmic[3].Label != "100" {
		t.Errorf("logarithmic marks %v", logarithmic)
	}
}
