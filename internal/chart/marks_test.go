package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
)

// TestAxesShowErrorBars has error bars that reach beyond what the axis shows at
// least, at both ends, and one that is none as it is infinite.
func TestAxesShowErrorBars(t *testing.T) {
	for _, style := range []Style{Curve, Dots, Reference} {
		f := Figure{From: 0, To: 1, Series: []Series{{Name: "a", Points: []Point{{X: 1, Y: 0.125, Error: 0.5}, {X: 2, Y: 0.875, Error: 0.25}, {X: 3, Y: 0.5, Error: math.Inf(1)}}, Style: style}}}
		l, err := f.planned()
		if err != nil {
			t.Fatal(err)
		}
		p := l.plot
		if p.Y.Min != -0.375 || p.Y.Max != 1.125 {
			t.Errorf("style %d: y from %v to %v (%v), want -0.375 to 1.125", style, p.Y.Min, p.Y.Max, err)
		}
	}
}

// TestReferences draws one across a figure whose points are elsewhere, and one from point to point: thin,
// grey, without marks or error bars, not in the legend, and named where they lie.
func TestReferences(t *testing.T) {
	for _, scale := range []Scale{Linear, Log} {
		f := Figure{XScale: scale, To: 1, Series: []Series{
			{Name: "a", Points: []Point{{X: 10, Y: 0.5}, {X: 100, Y: 1}}}, {Name: "b", Points: []Point{{X: 10, Y: 1}}},
			{Name: "chance", Style: Reference, Points: []Point{{Y: 0.1, Error: 0.3}}}, {Name: "rising", Style: Reference, Points: []Point{{X: 10, Y: 0.2}, {X: 50, Y: 0.4}}},
		}}
		p := readPage(t, mustDraw(t, f, "svg"))
		x, y := p.axes(t)
		if n := len(p.dots("")); n != 3 { // of the first series, and in the legend
			t.Errorf("%d round marks", n)
		}
		var lines []path
		for _, q := range p.paths {
			if strings.Contains(q.style, "#6E6E6E") {
				lines = append(lines, q)
			}
		}
		if len(lines) != 2 {
			t.Fatalf("%d grey lines: %v", len(lines), lines)
		}
		along, back := scale.along, scale.back
		for i, want := range [][4]float64{{10, 0.1, 100, 0.1}, {10, 0.2, 50, 0.4}} {
			a, b := lines[i].points[0], lines[i].points[len(lines[i].points)-1]
			got := [4]float64{x.read(a[0], along, back), y.read(a[1], identity, identity), x.read(b[0], along, back), y.read(b[1], identity, identity)}
			for k := range got {
				if !near(got[k], want[k], 0.005*math.Abs(want[k])) {
					t.Errorf("the line is from %v, want %v", got, want)
					break
				}
			}
		}
		if at := p.find(t, "chance"); math.Abs(y.read(at.y, identity, identity)-0.1) > 0.06 {
			t.Errorf("%q stands at %v", at.text, y.read(at.y, identity, identity))
		}
		p.find(t, "rising")
		l, err := f.planned()
		if err != nil || len(l.legend.names) != 2 || l.plot.X.Min != along(10) {
			t.Errorf("the legend has %v, x begins at %v (%v)", l.legend.names, l.plot.X.Min, err)
		}
	}
}

// TestLooks has one colour and one mark a name, one kind of dashes a kind; without kinds, dashes
// tell apart what has the same colour, and without lines marks tell kinds apart.
func TestLooks(t *testing.T) {
	told := func(l look) string { return fmt.Sprint(l.color, l.dashes) }
	f := Figure{}
	for i := range 3 * len(colors) {
		f.Series = append(f.Series, Series{Name: fmt.Sprint(i)})
	}
	seen := map[string]int{}
	for i, l := range f.looks() {
		if solid := len(l.dashes) == 0; solid != (i < len(colors)) {
			t.Errorf("series %d has dashes %v", i, l.dashes)
		}
		if other, there := seen[told(l)]; there {
			t.Errorf("series %d looks like series %d", i, other)
		}
		seen[told(l)] = i
	}
	f = Figure{Series: []Series{{Name: "a", Kind: "1"}, {Name: "b", Kind: "1"}, {Name: "r", Style: Reference}, {Name: "a", Kind: "2"}, {Name: "b", Kind: "2"}}}
	l := f.looks()
	if l[0].color != l[3].color || l[1].color != l[4].color || l[0].color == l[1].color || l[0].shape != l[3].shape {
		t.Errorf("names: %v", l)
	}
	dashed := func(l look) string { return fmt.Sprint(l.dashes) }
	if dashed(l[0]) != dashed(l[1]) || dashed(l[3]) != dashed(l[4]) || dashed(l[0]) == dashed(l[3]) || len(l[0].dashes) > 0 {
		t.Errorf("kinds: %v", l)
	}
	for i := range f.Series {
		f.Series[i].Style = max(f.Series[i].Style, Dots)
	}
	if l := f.looks(); l[0].shape == l[3].shape || l[0].shape != l[1].shape {
		t.Errorf("marks of kinds: %v", l)
	}
	for i := range f.Series {
		f.Series[i].Name, f.Series[i].Kind = "", ""
	}
	if l := f.looks(); l[0].color == l[1].color || l[0].color == l[3].color {
		t.Errorf("series without a name: %v", l)
	}
}

// TestLegend has an entry a name and an entry a kind; one of either needs none, and one that no point
// has is not there.
func TestLegend(t *testing.T) {
	point := []Point{{X: 1, Y: 1}, {X: 2, Y: 1}}
	f := Figure{Title: "T", Series: []Series{{Name: "a", Kind: "1", Points: point}, {Name: "a", Kind: "2", Points: point}, {Name: "b", Kind: "1", Points: point}, {Name: "c", Kind: "1"}}}
	words := func() string {
		var all []string
		for _, w := range readPage(t, mustDraw(t, f, "svg")).texts {
			if _, err := fmt.Sscanf(w.text, "%f", new(float64)); err != nil || w.text == "1" || w.text == "2" {
				all = append(all, w.text)
			}
		}
		return strings.Join(all, " ")
	}
	if got := words(); got != "1 2 1 a b 1 2 T" { // 1, 2 and 1 at the axes
		t.Errorf("%q", got)
	}
	f.Series = f.Series[:2]
	if got := words(); got != "1 2 1 1 2 T, a" {
		t.Errorf("%q", got)
	}
	f.Titled = true
	if got := words(); got != "1 2 1 1 2 T" {
		t.Errorf("%q", got)
	}
	f.Series, f.Titled = []Series{{Name: "a", Kind: "1", Points: point}, {Name: "b", Kind: "1", Points: point}}, false
	if got := words(); got != "1 2 1 a, 1 b, 1 T" {
		t.Errorf("%q", got)
	}
	f.Rename([]string{"x", "y"})
	f.Series = append(f.Series, Series{Name: "a", Style: Reference, Points: point[:1]})
	if f.Rename([]string{"x", "y"}); f.Series[0].Name != "x" || f.Series[1].Name != "y" || f.Series[2].Name != "a" {
		t.Errorf("names %v", f.Series)
	}
}

// TestShortened cuts names between words, where there are any.
func TestShortened(t *testing.T) {
	for name, want := range map[string]string{
		"resnet18-imagenette":                                    "resnet18-imagenette",
		strings.Repeat("ü", 40):                                  strings.Repeat("ü", 40),
		strings.Repeat("u", 41):                                  strings.Repeat("u", 20) + "…" + strings.Repeat("u", 19),
		"/home/someone/models/resnet18-imagenette.safetensors":   "/home/someone….safetensors",
		"experiments-of-november-resnet18-trained-for-90-epochs": "experiments-of…-for-90-epochs",
	} {
		if got := shortened(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
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
		l, err := Figure{Series: []Series{{Name: "a", Points: points, Style: tc.style}}}.planned()
		if err != nil {
			t.Fatal(err)
		}
		p := l.plot
		marks := p.X.Tick.Marker.Ticks(p.X.Min, p.X.Max)
		if each := len(marks) == tc.n && marks[0].Value == 0.37; each != tc.each {
			t.Errorf("%d points, style %d: marks %v", tc.n, tc.style, marks)
		}
	}
}

func TestEqualEnds(t *testing.T) {
	if low, high := (extent{2, 2}).spread(); low != 1.5 || high != 2.5 {
		t.Errorf("from %v to %v, want 1.5 to 2.5", low, high)
	}
}

// TestLabelsApart has marks 3, 4 and 5 hundredths of the axis apart.
func TestLabelsApart(t *testing.T) {
	var labels []string
	for _, m := range marksAt([]float64{0, 3, 4, 5, 9, 11, 14, 100}, Linear.along, 0, 100, 0.05) {
		labels = append(labels, m.Label)
	}
	if got := strings.Join(labels, ","); got != "0,,,5,,11,,100" {
		t.Errorf("labels %q", got)
	}
}

// TestNames puts names to whole x, level while they fit, in lines or smaller if need be, with
// room to each side, and points between them where they are.
func TestNames(t *testing.T) {
	f := Figure{Names: []string{"one", "two", "three"}, From: 0, To: 1, Series: []Series{{Name: "a", Points: []Point{{X: 0.25, Y: 0.5}, {X: 2, Y: 1}}, Style: Dots}, {Name: "another network", Points: []Point{{X: 0, Y: 1}}}}}
	rotation := func() float64 {
		t.Helper()
		l, err := f.planned()
		if err != nil || l.plot.X.Min != -0.5 || l.plot.X.Max != float64(len(f.Names))-0.5 {
			t.Fatalf("%v to %v (%v)", l.plot.X.Min, l.plot.X.Max, err)
		}
		for i, m := range l.plot.X.Tick.Marker.Ticks(l.plot.X.Min, l.plot.X.Max) {
			if m.Value != float64(i) || strings.ReplaceAll(m.Label, "\n", " ") != f.Names[i] {
				t.Errorf("mark %d: %+v", i, m)
			}
		}
		return l.plot.X.Tick.Label.Rotation
	}
	if turned := rotation(); turned != 0 {
		t.Errorf("short names turned by %v", turned)
	}
	words := saying(t, mustDraw(t, f, "svg"))
	for _, want := range []string{"one", "two", "three", "0.5"} {
		if !slices.Contains(words, want) {
			t.Errorf("no %q in %q", want, words)
		}
	}
	f.Names[1] = strings.Repeat("two words ", 6) + "more"
	if turned := rotation(); turned != 0 {
		t.Errorf("names of short words turned by %v", turned)
	}
	f.Names[1] = strings.Repeat("w", 60)
	if turned := rotation(); turned != math.Pi/2 {
		t.Errorf("long names turned by %v", turned)
	}
	f.Names = strings.Fields("tench English cassette chain church French garbage pump golf parachute all") // 11 in 18 cm
	if turned := rotation(); turned != 0 {
		t.Errorf("11 names turned by %v", turned)
	}
}

// TestRootMarks has marks of an axis of square roots, the roundest first, none close to another.
func TestRootMarks(t *testing.T) {
	for _, tc := range []struct {
		low, high float64
		want      string
	}{
		{0, 1, "0 0.01 0.05 0.1 0.2 0.3 0.5 0.7 1"},
		{0, 50, "0 1 3 5 10 20 30 50"},
		{-0.25, 1, "-0.2 -0.1 -0.01 0 0.01 0.1 0.2 0.3 0.5 0.7 1"},
	} {
		var labels []string
		last := math.Inf(-1)
		low, high := Root.along(tc.low), Root.along(tc.high)
		for _, m := range rootMarks(low, high, 0.065) {
			labels = append(labels, m.Label)
			if (m.Value-last)/(high-low) < 0.065 {
				t.Errorf("%v to %v: %s is close to the mark before", tc.low, tc.high, m.Label)
			}
			last = m.Value
		}
		if got := strings.Join(labels, " "); got != tc.want {
			t.Errorf("%v to %v: %s, want %s", tc.low, tc.high, got, tc.want)
		}
	}
}
