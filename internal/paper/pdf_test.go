package paper

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
	"io"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/heatmap"
)

// operators are the lines of a PDF file's page: its longest stream that is no image.
func operators(t *testing.T, pdf []byte) []string {
	t.Helper()
	for _, at := range regexp.MustCompile(`<<  /Filter /FlateDecode /Length \d+ >>\nstream\n`).FindAllIndex(pdf, -1) {
		z, err := zlib.NewReader(bytes.NewReader(pdf[at[1]:]))
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(data, []byte("begincmap")) {
			return strings.Split(strings.TrimSpace(string(data)), "\n")
		}
	}
	t.Fatal("there is no page")
	return nil
}

// TestPDFMarks writes each kind of mark of a surface, in pixels from the top.
func TestPDFMarks(t *testing.T) {
	d := layout(t, example(40, 30), heatmap.Heatmap) // an image alone: transparent, so that there is no paper
	pdf := file(t, Format{Kind: PDF, Width: 25.4}, d)
	scale, height := 72./40, 72*30./40
	want := []string{fmt.Sprintf("%.9f 0.000000000 0.000000000 %.9f 0 %v cm", scale, -scale, height), "q", "40 0 0 -30 0 30 cm", "/I0 Do", "Q"}
	if got := operators(t, pdf); !slices.Equal(got, want) {
		t.Errorf("wrote %q, want %q", got, want)
	}
	d.Outline(image.Rect(5, 6, 25, 26))
	got := strings.Join(operators(t, file(t, Format{Kind: PDF}, d)), "\n")
	// The white line is 2 wide and begins 1 from the edge: its middle is a square of 16.
	for _, marks := range []string{"1 1 1 RG\n2 w\n[] 0 d\n7 8 16 16 re\nS", "0.102 0.102 0.102 RG\n1 w\n[] 0 d\n5.5 6.5 19 19 re\nS", "1 w\n[] 0 d\n8.5 9.5 13 13 re\nS"} {
		if !strings.Contains(got, marks) {
			t.Errorf("the outline lacks %q: %s", marks, got)
		}
	}
	panel := layout(t, example(40, 30), heatmap.Panel)
	marks := &noted{}
	panel.Paint(marks)
	got = strings.Join(operators(t, file(t, Format{Kind: PDF}, panel)), "\n")
	if first := fmt.Sprintf("1 1 1 rg\n0 0 %d %d re\nf\n", panel.Size.X, panel.Size.Y); !strings.Contains(got, first) {
		t.Error("the paper is not white")
	}
	for _, a := range marks.arrows {
		tip, base := a.r.Max.Y, a.r.Min.Y
		if a.up {
			tip, base = base, tip
		}
		want := fmt.Sprintf("%d %d m\n%d %d l\n%v %d l\nh\nf", a.r.Min.X, base, a.r.Max.X, base, float64(a.r.Min.X+a.r.Max.X)/2, tip)
		if !strings.Contains(got, want) {
			t.Errorf("no arrow %q", want)
		}
	}
	for _, l := range marks.lines {
		if want := fmt.Sprintf("Tf\n1 0 0 -1 %d %d Tm\n[<", l.X, l.Y); !strings.Contains(got, want) {
			t.Errorf("no text at %v", l)
		}
	}
	if len(marks.arrows) != 1 || !marks.arrows[0].up || len(marks.lines) < 9 || !strings.Contains(got, "re\nW n\n0.8118 0.8118 0.8118 RG\n") {
		t.Errorf("%d arrows, %d lines of text", len(marks.arrows), len(marks.lines))
	}
	upwards := heatmap.Confusion{Title: "t", Labels: []string{"a", "b"}, Counts: [][]int{{1, 0}, {0, 0}}}
	matrix, err := upwards.Layout()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(operators(t, file(t, Format{Kind: PDF}, matrix)), "\n"); strings.Count(got, " Tf\n0 -1 -1 0 ") != 2 {
		t.Error("the columns' names do not read upwards")
	}
	svg := string(file(t, Format{Kind: SVG}, matrix))
	if n := len(regexp.MustCompile(`<text transform="translate\(\d+ \d+\) rotate\(-90\)" font-size`).FindAllString(svg, -1)); n != 2 {
		t.Errorf("SVG: %d names read upwards", n)
	}
	if strings.Count(svg, `font-weight="bold"`) != 1 || strings.Count(svg, "<image ") != 2 {
		t.Error("SVG: one title is bold, and the matrix and the bar are images")
	}
}

// noted is a Surface that notes arrows and text.
type noted struct {
	hatches
	arrows []struct {
		r  image.Rectangle
		up bool
	}
	lines []image.Point
}

func (n *noted) Arrow(r image.Rectangle, up bool, _ color.Color) {
	n.arrows = append(n.arrows, struct {
		r  image.Rectangle
		up bool
	}{r, up})
}
func (n *noted) Text(at image.Point, _ bool, _ heatmap.Line) { n.lines = append(n.lines, at) }
