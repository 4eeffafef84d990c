package chart

import (
	"math"
	"strings"
	"testing"
)

// TestBars has bars that are longer to one side, one that ends at its point, one without length
// and one on the wrong side, whose wrong end is not drawn.
func TestBars(t *testing.T) {
	s := Series{Points: []Point{{X: 1, Y: 0.5, Error: 9}, {X: 2, Y: 0.5}, {X: 3, Y: 0.5}, {X: 4, Y: 0.5}},
		Bars: []Bar{{0.2, 0.6}, {0.5, 0.75}, {0.5, 0.5}, {0.2, 0.4}}}
	d := Figure{}.drawable(s)
	want := [][2]float64{{0.3, 0.1}, {0, 0.25}, {0, 0}, {0.3, 0}}
	for i, e := range d.YErrors {
		if math.Abs(e.Low-want[i][0]) > 1e-15 || math.Abs(e.High-want[i][1]) > 1e-15 {
			t.Errorf("point %d: %v below and %v above, want %v", i, e.Low, e.High, want[i])
		}
	}
	p := readPage(t, mustDraw(t, Figure{Series: []Series{s}}, "svg"))
	bars := 0
	for _, line := range p.paths {
		if strings.Contains(line.style, "stroke:"+blue) && len(line.points) == 2 && line.points[0][0] == line.points[1][0] {
			bars++
		}
	}
	if bars != 3 {
		t.Errorf("%d bars are drawn, want 3", bars)
	}
}

// TestMarks has an axis that is marked where it was asked for, and nowhere else.
func TestMarksAreWhereTheyWereAskedFor(t *testing.T) {
	f := Figure{XScale: Log, Marks: []float64{9, 160}, Series: []Series{{Points: []Point{{X: 9, Y: 1}, {X: 155, Y: 1}, {X: 165, Y: 1}}, Style: Dots}}}
	l, err := f.planned()
	if err != nil {
		t.Fatal(err)
	}
	p := l.plot
	marks := p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max)
	if len(marks) != 2 || marks[0].Label != "9" || marks[1].Label != "160" || math.Abs(marks[1].Value-math.Log10(160)) > 1e-12 {
		t.Errorf("marks %+v", marks)
	}
	f.XScale = Linear
	if l, err = f.planned(); err != nil {
		t.Fatal(err)
	}
	p = l.plot
	if marks = p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max); len(marks) != 2 || marks[1].Value != 160 {
		t.Errorf("marks %+v", marks)
	}
}
