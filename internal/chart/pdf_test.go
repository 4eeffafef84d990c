package chart

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"io"
	"math"
	"regexp"
	"strings"
	"testing"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/font/liberation"
	"gonum.org/v1/plot/vg"
)

// page is what a PDF file's page is drawn by, a line an operator.
func page(t *testing.T, file []byte) string {
	t.Helper()
	for _, at := range regexp.MustCompile(`<<  /Filter /FlateDecode /Length \d+ >>\nstream\n`).FindAllIndex(file, -1) {
		z, err := zlib.NewReader(bytes.NewReader(file[at[1]:]))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data, []byte("begincmap")) {
			return string(data)
		}
	}
	t.Fatal("there is no page")
	return ""
}

func TestPDFPlot(t *testing.T) {
	f := example()
	f.Title = "Ελλ − ≈"
	file := mustDraw(t, f, "pdf")
	// 18 x 11 cm in points, by hand: 510.236 x 311.811.
	if box := regexp.MustCompile(`/MediaBox \[0 0 (510\.23\d*) (311\.81\d*)\]`); !box.Match(file) {
		t.Error("the page has another size")
	}
	if !bytes.Contains(file, []byte("+LiberationSans ")) || !bytes.Contains(file, []byte("/Title <FEFF039503BB03BB002022120020")) {
		t.Error("the font or the title is missing")
	}
	drawn := page(t, file)
	for name, want := range map[string]string{
		"the first series' colour": "0 0.4471 0.698 rg", "and of its line": "0 0.4471 0.698 RG\n1.2 w", "the second's": "0.8353 0.3686 0 rg", "text upwards": "\n0.000000000 1.000000000 -1.000000000 0.000000000 0 0 cm", "the paper": "1 1 1 rg",
	} {
		if !strings.Contains(drawn, want) {
			t.Errorf("%s is not there: %q", name, want)
		}
	}
	if strings.Count(drawn, "\nq\n") != strings.Count(drawn, "\nQ\n") {
		t.Error("what is saved is not restored")
	}
}

// TestPDFPaths holds arcs and parabolas against their formulas, at points between.
func TestPDFPaths(t *testing.T) {
	cubic := func(from [2]float64, curve []float64, at float64) (x, y float64) {
		u := 1 - at
		b := [4]float64{u * u * u, 3 * u * u * at, 3 * u * at * at, at * at * at}
		return b[0]*from[0] + b[1]*curve[0] + b[2]*curve[2] + b[3]*curve[4], b[0]*from[1] + b[1]*curve[1] + b[2]*curve[3] + b[3]*curve[5]
	}
	for _, c := range []struct{ start, angle float64 }{{0, 2 * math.Pi}, {1, 0.5}, {-2, -3}, {0.3, -2 * math.Pi}} {
		canvas := newPDFCanvas(100, 100, "")
		var p vg.Path
		p.Arc(vg.Point{X: 50, Y: 40}, 20, c.start, c.angle)
		canvas.SetLineWidth(0)
		canvas.Stroke(p) // nothing
		canvas.Fill(p)
		var file bytes.Buffer
		if _, err := canvas.WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		var from [2]float64
		turned := 0.0
		drawn := page(t, file.Bytes())
		if strings.Contains(drawn, "\nS\n") {
			t.Error("a line without a width is drawn")
		}
		for line := range strings.Lines(drawn) {
			var v [6]float64
			if n, _ := fmt.Sscanf(line, "%f %f m", &v[0], &v[1]); n == 2 && strings.HasSuffix(line, " m\n") {
				from = [2]float64{v[0], v[1]}
				if math.Abs(v[0]-50-20*math.Cos(c.start)) > 1e-3 || math.Abs(v[1]-40-20*math.Sin(c.start)) > 1e-3 {
					t.Errorf("%v: begins at %v", c, from)
				}
			}
			if n, _ := fmt.Sscanf(line, "%f %f %f %f %f %f c", &v[0], &v[1], &v[2], &v[3], &v[4], &v[5]); n != 6 || !strings.HasSuffix(line, " c\n") {
				continue
			}
			for _, at := range []float64{0.25, 0.5, 0.9, 1} {
				if x, y := cubic(from, v[:], at); math.Abs(math.Hypot(x-50, y-40)-20) > 0.01 {
					t.Errorf("%v: (%v, %v) is not on the circle", c, x, y)
				}
			}
			turned += math.Remainder(math.Atan2(v[5]-40, v[4]-50)-math.Atan2(from[1]-40, from[0]-50), 2*math.Pi)
			from = [2]float64{v[4], v[5]}
		}
		if math.Abs(turned-c.angle) > 1e-3 {
			t.Errorf("%v: turns by %v", c, turned)
		}
	}
	canvas := newPDFCanvas(100, 100, "")
	var p vg.Path
	p.Move(vg.Point{X: 0, Y: 0})
	p.QuadTo(vg.Point{X: 30, Y: 60}, vg.Point{X: 60, Y: 0})
	p.CubeTo(vg.Point{X: 1, Y: 2}, vg.Point{X: 3, Y: 4}, vg.Point{X: 5, Y: 6})
	p.Arc(vg.Point{X: 50, Y: 40}, 20, 0, 1)
	p.Close()
	canvas.SetLineDash([]vg.Length{9}, 0)
	canvas.SetLineDash([]vg.Length{5, 2}, 1)
	canvas.SetLineWidth(2)
	canvas.Push()
	canvas.Scale(2, 3)
	canvas.Pop()
	canvas.Stroke(p)
	canvas.DrawImage(vg.Rectangle{Min: vg.Point{X: 1, Y: 2}, Max: vg.Point{X: 4, Y: 4}}, image.NewGray(image.Rect(0, 0, 2, 2)))
	face := font.NewCache(liberation.Collection()).Lookup(font.Font{Typeface: "Liberation", Variant: "Sans"}, 10)
	canvas.FillString(face, vg.Point{X: 7, Y: 8}, "AVA")
	var file bytes.Buffer
	if _, err := canvas.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	drawn := page(t, file.Bytes())
	for _, want := range []string{
		"2 w\n[5 2 ] 1 d\n0 0 m\n20 40 40 40 60 0 c\n1 2 3 4 5 6 c\n70 40 l\n", "h\nS", // the control points of y = 2x - x²/30, by hand
		"q\n2.000000000 0.000000000 0.000000000 3.000000000 0 0 cm\nQ", "3 0 0 2 1 2 cm\n/I0 Do", "/F0 10 Tf\n1 0 0 1 7 8 Tm\n[<",
	} {
		if !strings.Contains(drawn, want) {
			t.Errorf("%q is not there: %s", want, drawn)
		}
	}
	// V stands nearer to A by 152 of 2048 units, as FreeType reads Liberation's kern table.
	if want := "> " + number(1000*152./2048) + " <"; strings.Count(drawn, want) != 2 {
		t.Errorf("A and V do not move together by %s: %s", want, drawn)
	}
}

func number(v float64) string { return strings.TrimRight(fmt.Sprintf("%.4f", v), "0") }
