package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestAxesShowErrorBars has error bars that reach beyond what the axis shows at
// least, at both ends, and one that is none as it is infinite.
func TestAxesShowErrorBars(t *testing.T) {
	for _, style := range []Style{Curve, Dots, Line} {
		f := Figure{From: 0, To: 1, Series: []Series{{"a", []Point{{1, 0.125, 0.5}, {2, 0.875, 0.25}, {3, 0.5, math.Inf(1)}}, style, nil}}}
		p, _, err := f.plot()
		if err != nil || p.Y.Min != -0.375 || p.Y.Max != 1.125 {
			t.Errorf("style %d: y from %v to %v (%v), want -0.375 to 1.125", style, p.Y.Min, p.Y.Max, err)
		}
	}
}

// TestLineIsThin draws a level line without points: 1.2 points are 2.5 pixels.
func TestLineIsThin(t *testing.T) {
	img := decode(t, mustDraw(t, Figure{Series: []Series{{"a", []Point{{0, 0.5, 0}, {1, 0.5, 0}}, Line, nil}}}, "png"))
	r, g, b, _ := colors[0].RGBA()
	rows := 0
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			if R, G, B, _ := img.At(x, y).RGBA(); R == r && G == g && B == b {
				rows++
				break
			}
		}
	}
	if rows < 1 || rows > 3 {
		t.Errorf("the line is %d pixels thick", rows)
	}
}

// TestSeriesDiffer looks at colours and dashes: the first of each colour is solid,
// and no two of three rounds look the same.
func TestSeriesDiffer(t *testing.T) {
	seen := map[string]int{}
	d := Figure{}.drawable(Series{Points: []Point{{1, 1, 0}, {2, 2, 0}}})
	for i := range 3 * len(colors) {
		line, _, _, err := curve(d, i)
		if err != nil {
			t.Fatal(err)
		}
		if solid := len(line.Dashes) == 0; solid != (i < len(colors)) {
			t.Errorf("series %d has dashes %v", i, line.Dashes)
		}
		look := fmt.Sprint(line.Color, line.Dashes)
		if other, there := seen[look]; there {
			t.Errorf("series %d looks like series %d", i, other)
		}
		seen[look] = i
	}
}

// TestWhatIsMarked has points at n uneven places: 40 get a mark each, 41 or
// points that are not joined do not.
func TestWhatIsMarked(t *testing.T) {
	for _, tc := range []struct {
		n     int
		style Style
		each  bool
	}{{39, Curve, true}, {40, Curve, true}, {41, Curve, false}, {5, Dots, false}} {
		var points []Point
		for i := range tc.n {
			points = append(points, Point{X: float64(i) + 0.37, Y: 1})
		}
		p, _, err := Figure{Series: []Series{{"a", points, tc.style, nil}}}.plot()
		if err != nil {
			t.Fatal(err)
		}
		marks := p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max)
		if each := len(marks) == tc.n && marks[0].Value == 0.37; each != tc.each {
			t.Errorf("%d points, style %d: marks %v", tc.n, tc.style, marks)
		}
	}
}

func TestEqualEnds(t *testing.T) {
	if low, high := spread(2, 2); low != 1.5 || high != 2.5 {
		t.Errorf("from %v to %v, want 1.5 to 2.5", low, high)
	}
}

// TestLabelsApart has marks 3, 4 and 5 hundredths of the axis apart.
func TestLabelsApart(t *testing.T) {
	var labels []string
	for _, m := range marksAt([]float64{0, 3, 4, 5, 9, 11, 14, 100}, Figure{}.along, 0, 100) {
		labels = append(labels, m.Label)
	}
	if got := strings.Join(labels, ","); got != "0,,,5,,11,,100" {
		t.Errorf("labels %q", got)
	}
}

// TestTwin draws a twin in the colour of the series before it, with less of a line, and gives
// the series after it the next colour.
func TestTwin(t *testing.T) {
	up, down := []Point{{0, 0, 0}, {1, 1, 0}}, []Point{{0, 1, 0}, {1, 0, 0}}
	inked := func(second Style, c color.Color) int {
		f := Figure{Series: []Series{{"a", up, Curve, nil}, {"b", down, second, nil}, {"c", []Point{{0, 0.5, 0}, {1, 0.5, 0}}, Curve, nil}}}
		return painted(decode(t, mustDraw(t, f, "png")), c)
	}
	if twin, apart := inked(Twin, colors[0]), inked(Curve, colors[0]); twin < apart*3/2 {
		t.Errorf("a series and its twin have %d pixels of the colour, alone %d", twin, apart)
	}
	if n := inked(Twin, colors[2]); n != 0 {
		t.Errorf("%d pixels of a third colour", n)
	}
	if n := inked(Twin, colors[1]); n == 0 {
		t.Error("the series after a twin lacks the next colour")
	}
	drawn := func(series ...Series) int {
		return painted(decode(t, mustDraw(t, Figure{Series: series}, "png")), colors[0])
	}
	whole, dashed := drawn(Series{"a", down, Curve, nil}, Series{"b", nil, Curve, nil}), drawn(Series{"b", nil, Curve, nil}, Series{"a", down, Twin, nil})
	if dashed >= whole*9/10 {
		t.Errorf("a twin's line has %d pixels, a whole one %d", dashed, whole)
	}
}

// TestNames puts names to whole x, level while they are short, with room to each side, and
// points between them where they are.
func TestNames(t *testing.T) {
	f := Figure{Names: []string{"one", "two", "three"}, From: 0, To: 1, Series: []Series{{Name: "a", Points: []Point{{0.25, 0.5, 0}, {2, 1, 0}}, Style: Dots}}}
	p, _, err := f.plot()
	if err != nil || p.X.Min != -0.5 || p.X.Max != 2.5 || p.X.Tick.Label.Rotation != 0 {
		t.Errorf("%v to %v, turned by %v (%v)", p.X.Min, p.X.Max, p.X.Tick.Label.Rotation, err)
	}
	for i, m := range p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max) {
		if m.Value != float64(i) || m.Label != f.Names[i] {
			t.Errorf("mark %d: %+v", i, m)
		}
	}
	words := saying(t, mustDraw(t, f, "svg"))
	for _, want := range []string{"one", "two", "three", "0.5"} {
		if !slices.Contains(words, want) {
			t.Errorf("no %q in %q", want, words)
		}
	}
	f.Names[1] = strings.Repeat("x", 41) // 49 characters in all
	if p, _, err := f.plot(); err != nil || p.X.Tick.Label.Rotation != math.Pi/2 {
		t.Errorf("long names turned by %v (%v)", p.X.Tick.Label.Rotation, err)
	}
	f.Names[1] = strings.Repeat("ü", 40)
	if p, _, err := f.plot(); err != nil || p.X.Tick.Label.Rotation != 0 {
		t.Errorf("48 characters turned by %v (%v)", p.X.Tick.Label.Rotation, err)
	}
}
