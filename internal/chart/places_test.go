package chart

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// identity is a linear scale.
func identity(v float64) float64 { return v }

// blue is the first series' colour, in an SVG.
const blue = "#0072B2"

// near says whether two values are the same but for what an SVG rounds.
func near(a, b, within float64) bool { return math.Abs(a-b) <= within }

// TestPointsAreAtTheirValues reads the values of points back from an SVG, by the marks of the
// axes, on each scale.
func TestPointsAreAtTheirValues(t *testing.T) {
	root := func(v float64) float64 { return math.Sqrt(v) }
	square := func(v float64) float64 { return v * v }
	exp := func(v float64) float64 { return math.Pow(10, v) }
	for name, tc := range map[string]struct {
		x, y                       Scale
		alongX, backX, alongY, bkY func(float64) float64
	}{
		"linear": {Linear, Linear, identity, identity, identity, identity},
		"log":    {Log, Linear, math.Log10, exp, identity, identity},
		"root y": {Linear, Root, identity, identity, root, square},
		"root x": {Root, Root, root, square, root, square},
	} {
		points := []Point{{X: 8, Y: 0.013}, {X: 24, Y: 0.2}, {X: 160, Y: 0.91}}
		f := Figure{XScale: tc.x, YScale: tc.y, From: 0, To: 1, Series: []Series{{Name: "a", Points: points}, {Name: "b", Points: points[:1]}}}
		p := readPage(t, mustDraw(t, f, "svg"))
		x, y := p.axes(t)
		dots := p.dots(blue)
		if len(dots) != 4 { // one is in the legend
			t.Fatalf("%s: %d dots", name, len(dots))
		}
		for i, want := range points {
			gotX, gotY := x.read(dots[i][0], tc.alongX, tc.backX), y.read(dots[i][1], tc.alongY, tc.bkY)
			if !near(gotX, want.X, 0.2) || !near(gotY, want.Y, 0.002) {
				t.Errorf("%s: the point %v is drawn at %.4g, %.4g", name, want, gotX, gotY)
			}
		}
	}
}

// TestErrorBarsBothWays reads the ends of bars back.
func TestErrorBarsBothWays(t *testing.T) {
	f := Figure{From: 0, To: 1, Series: []Series{{Name: "a", Style: Dots, Points: []Point{{X: 0.25, Y: 0.5, Error: 0.125, XError: 0.0625}, {X: 0.75, Y: 0.5}}}}}
	p := readPage(t, mustDraw(t, f, "svg"))
	x, y := p.axes(t)
	var level, upright []path
	for _, line := range p.paths {
		if !strings.Contains(line.style, "stroke:"+blue) || len(line.points) != 2 {
			continue
		}
		if a, b := line.points[0], line.points[1]; near(a[1], b[1], 0.01) && math.Abs(a[0]-b[0]) > 10 {
			level = append(level, line)
		} else if near(a[0], b[0], 0.01) && math.Abs(a[1]-b[1]) > 10 {
			upright = append(upright, line)
		}
	}
	if len(level) != 1 || len(upright) != 1 {
		t.Fatalf("%d level bars and %d upright ones", len(level), len(upright))
	}
	for i, want := range []float64{0.1875, 0.3125} {
		if got := x.read(level[0].points[i][0], identity, identity); !near(got, want, 0.001) {
			t.Errorf("the level bar ends at %v, want %v", got, want)
		}
	}
	for i, want := range []float64{0.375, 0.625} {
		if got := y.read(upright[0].points[i][1], identity, identity); !near(got, want, 0.001) {
			t.Errorf("the upright bar ends at %v, want %v", got, want)
		}
	}
}

// TestRootBars has bars that end below zero and one around a point there.
func TestRootBars(t *testing.T) {
	if b := Root.bar(0.04, -0.5, 0.09); !near(b.Low, 0.2, 1e-12) || !near(b.High, 0.1, 1e-12) {
		t.Errorf("bar from below zero to 0.09 around 0.04: %+v", b)
	}
	if b := Root.bar(-0.04, -0.09, 0.01); !near(b.Low, 0.1, 1e-12) || !near(b.High, 0.3, 1e-12) {
		t.Errorf("bar from -0.09 to 0.01 around -0.04: %+v", b)
	}
	if b := Log.bar(1, -3, 100); b.Low != 0 || b.High != 2 {
		t.Errorf("bar to zero on a logarithmic axis: %+v", b)
	}
	for _, v := range []float64{-0.3, 0, 0.07, 40} {
		if got := Root.back(Root.along(v)); !near(got, v, 1e-12) {
			t.Errorf("%v and back is %v", v, got)
		}
	}
}

// TestEqualAxes has axes as long as each other that show the same values, with a line where they
// are equal, in figures of any shape.
func TestEqualAxes(t *testing.T) {
	for _, size := range []Size{{}, {200, 80}, {80, 160}, {85, 60}} {
		f := Figure{Equal: true, X: "top-1 accuracy of a network of a long name", Y: "top-1 accuracy of others", From: 0.9, To: 1, Size: size, Series: []Series{
			{Name: "a", Style: Dots, Points: []Point{{X: 0.65, Y: 0.7, Error: 0.02, XError: 0.15}, {X: 0.95, Y: 0.8}}},
			{Name: "b", Style: Dots, Points: []Point{{X: 0.7, Y: 0.6}}},
		}}
		l, err := f.planned()
		if err != nil {
			t.Fatal(err)
		}
		if l.plot.X.Min != l.plot.Y.Min || l.plot.X.Max != l.plot.Y.Max || !near(l.plot.X.Min, 0.5, 1e-12) || l.plot.X.Max != 1 {
			t.Errorf("%v: x from %v to %v, y from %v to %v", size, l.plot.X.Min, l.plot.X.Max, l.plot.Y.Min, l.plot.Y.Max)
		}
		if w, h := l.data.Max.X-l.data.Min.X, l.data.Max.Y-l.data.Min.Y; math.Abs(float64(w-h)) > 0.01 {
			t.Errorf("%v: axes of %v and %v", size, w, h)
		}
		p := readPage(t, mustDraw(t, f, "svg"))
		x, y := p.axes(t)
		if !slices.Equal(x.value, y.value) {
			t.Errorf("%v: marks %v and %v", size, x.value, y.value)
		}
		p.find(t, "equal")
		diagonal := slices.IndexFunc(p.paths, func(q path) bool { return strings.Contains(q.style, "stroke:#6E6E6E") && len(q.points) == 2 })
		if diagonal < 0 {
			t.Fatalf("%v: there is no diagonal", size)
		}
		for _, end := range p.paths[diagonal].points {
			if a, b := x.read(end[0], identity, identity), y.read(end[1], identity, identity); !near(a, b, 0.002) {
				t.Errorf("%v: the diagonal ends at %v, %v", size, a, b)
			}
		}
	}
}

// TestTitleIsOverTheAxes has it over the middle of what lies between the axes, where it fits.
func TestTitleIsOverTheAxes(t *testing.T) {
	for title, moved := range map[string]bool{"Short": false, strings.Repeat("quite long ", 9) + "one": true} {
		f := Figure{Title: title, X: "x", Y: "y", From: 0, To: 1, Series: []Series{{Name: "a", Points: []Point{{X: 0, Y: 1}, {X: 1, Y: 1}}}, {Name: "b", Points: []Point{{X: 0, Y: 0}}}}}
		p, style := readPage(t, mustDraw(t, f, "svg")), newTypeface(f.size()).style(1.25)
		l, err := f.planned()
		if err != nil {
			t.Fatal(err)
		}
		at := p.find(t, strings.TrimSpace(title))
		half := float64(style.Width(strings.TrimSpace(title))) / 2
		middle := float64(l.data.Min.X+l.data.Max.X) / 2
		if (math.Abs(at.x+half-middle) > 0.1) != moved || at.x < 0 || at.x+2*half > p.width {
			t.Errorf("%q begins at %v, is %v wide: want its middle at %v", title, at.x, 2*half, middle)
		}
	}
}

// TestCanvasIsUsed has the axes take most of the figure, with a legend of six or of twelve, in
// figures of several shapes: none of its thirds is empty.
func TestCanvasIsUsed(t *testing.T) {
	for _, n := range []int{1, 6, 12} {
		for _, size := range []Size{{}, {85, 60}, {120, 80}, {250, 80}, {80, 120}} {
			f := Figure{Title: "Title", X: "x", Y: "y", From: 0, To: 1, Size: size}
			for i := range n {
				f.Series = append(f.Series, Series{Name: "network17-imagenette" + strings.Repeat("x", i%3), Kind: []string{"one", "two"}[i%2], Points: []Point{{X: 0, Y: 0}, {X: 1, Y: 1}}})
			}
			l, err := f.planned()
			if err != nil {
				t.Fatalf("%d series in %v: %v", n, size, err)
			}
			width, height := (l.data.Max.X-l.data.Min.X)/l.whole.Max.X, (l.data.Max.Y-l.data.Min.Y)/l.whole.Max.Y
			if width < 0.67 || height < 0.45 {
				t.Errorf("%d series in %v: the axes take %.2f of the width, %.2f of the height", n, size, width, height)
			}
			if l.legend.empty() {
				continue
			}
			wide, high := l.legend.size(l.columns)
			box := vg.Rectangle{Min: vg.Point{X: l.corner.X, Y: l.corner.Y - high}, Max: vg.Point{X: l.corner.X + wide, Y: l.corner.Y}}
			if (&placer{within: l.whole.Rectangle, boxes: []vg.Rectangle{l.data.Rectangle}}).cost(box) != 0 {
				t.Errorf("%d series in %v: the legend %v is over the axes %v or beyond the figure", n, size, box, l.data.Rectangle)
			}
		}
	}
}

// TestSizes has figures as large as asked for, whose letters are not below 7 points.
func TestSizes(t *testing.T) {
	f := example()
	f.Size = Size{90, 60}
	svg := mustDraw(t, f, "svg")
	p := readPage(t, svg)
	if !near(p.width, 90/25.4*72, 0.01) || !near(p.height, 60/25.4*72, 0.01) {
		t.Errorf("%v x %v points", p.width, p.height)
	}
	if size := decode(t, mustDraw(t, f, "png")).Bounds().Size(); math.Abs(float64(size.X)-90/25.4*150) > 1 || math.Abs(float64(size.Y)-60/25.4*150) > 1 {
		t.Errorf("%v pixels", size)
	}
	if em := newTypeface(f.size()).em; em != 7 {
		t.Errorf("letters of %v points", em)
	}
	if em := newTypeface(Figure{Size: Size{900, 600}}.size()).em; em != 11 {
		t.Errorf("letters of %v points in a large figure", em)
	}
	for size, ok := range map[Size]bool{{}: true, {60, 45}: true, {59, 45}: false, {60, 44}: false, {1000, 1000}: true, {1001, 90}: false, {90, 1001}: false, {math.NaN(), 90}: false, {-90, -90}: false} {
		if err := size.Check(); (err == nil) != ok {
			t.Errorf("%v: %v", size, err)
		}
	}
}

// TestManySeries makes a figure higher, unless its size was asked for.
func TestManySeries(t *testing.T) {
	f := Figure{}
	for i := range 90 {
		f.Series = append(f.Series, Series{Name: strings.Repeat("a", 30) + string(rune('0'+i)), Points: []Point{{X: 0, Y: 1}, {X: 1, Y: 1}}})
	}
	if l, err := f.planned(); err != nil || l.whole.Max.Y <= 110*vg.Millimeter {
		t.Errorf("%v", err)
	}
	f.Size = Size{90, 60}
	if _, err := f.Draw("svg"); err == nil || !strings.Contains(err.Error(), "it must be larger") {
		t.Errorf("%v", err)
	}
}

// TestNamesAtPoints has each name beside its point, over no other and over no point.
func TestNamesAtPoints(t *testing.T) {
	f := Figure{XScale: Log, From: 0, To: 1}
	names := []string{"bagnet9", "bagnet17", "bagnet33", "resnet18", "densenet121", "the same"}
	for i, x := range []float64{48, 51, 54, 51, 120, 51} {
		f.Series = append(f.Series, Series{Style: Dots, Points: []Point{{X: x, Y: 0.8 + 0.01*float64(min(i, 6-i)), Name: names[i]}}})
	}
	f.Series = append(f.Series, Series{Name: "chance", Style: Reference, Points: []Point{{Y: 0.1}}})
	l, err := f.planned()
	if err != nil {
		t.Fatal(err)
	}
	p := readPage(t, mustDraw(t, f, "svg"))
	if !l.legend.empty() {
		t.Error("there is a legend")
	}
	style := l.style(0.95)
	all := &placer{within: l.data.Rectangle}
	radius := l.radius()
	for i := range names {
		at := l.at(l.series[i].XYs[0].X, l.series[i].XYs[0].Y)
		all.boxes = append(all.boxes, vg.Rectangle{Min: vg.Point{X: at.X - radius, Y: at.Y - radius}, Max: vg.Point{X: at.X + radius, Y: at.Y + radius}})
	}
	for i, name := range append(names, "chance") {
		text := p.find(t, name)
		box := vg.Rectangle{Min: vg.Point{X: vg.Length(text.x), Y: vg.Length(text.y)}, Max: vg.Point{X: vg.Length(text.x) + style.Width(name), Y: vg.Length(text.y) + 0.6*l.em}}
		if all.cost(box) != 0 {
			t.Errorf("%q stands over something, or beyond the axes: %v", name, box)
		}
		all.boxes = append(all.boxes, box)
		if i < len(names) {
			at := l.at(l.series[i].XYs[0].X, l.series[i].XYs[0].Y)
			if away := max(box.Min.X-at.X, at.X-box.Max.X, box.Min.Y-at.Y, at.Y-box.Max.Y); away > 4*l.em {
				t.Errorf("%q stands %v away from its point", name, away)
			}
		}
	}
}

// TestNameOfOnePoint stands at its right, close by.
func TestNameOfOnePoint(t *testing.T) {
	f := Figure{To: 1, Series: []Series{{Style: Dots, Points: []Point{{X: 0, Y: 0.5}, {X: 1, Y: 0.5, Name: "here"}, {X: 2, Y: 0.5}}}}}
	l, err := f.planned()
	if err != nil {
		t.Fatal(err)
	}
	at, text := l.at(1, 0.5), readPage(t, mustDraw(t, f, "svg")).find(t, "here")
	if right := vg.Length(text.x) - at.X; right < l.radius() || right > l.em || math.Abs(text.y-float64(at.Y)) > float64(l.em)/2 {
		t.Errorf("it begins at %v, %v, its point is at %v", text.x, text.y, at)
	}
}

// TestCrosses compares with what lies on a fine line of points.
func TestCrosses(t *testing.T) {
	box := vg.Rectangle{Min: vg.Point{X: 2, Y: 3}, Max: vg.Point{X: 5, Y: 4}}
	ends := []vg.Point{{X: 0, Y: 0}, {X: 3, Y: 3.5}, {X: 6, Y: 5.5}, {X: 2.5, Y: 6}, {X: 7, Y: 3.25}, {X: 0, Y: 3.5}, {X: 4, Y: 0}, {X: 9, Y: 0}}
	for _, a := range ends {
		for _, b := range ends {
			want := false
			for i := range 10001 {
				f := vg.Length(i) / 10000
				x, y := a.X+f*(b.X-a.X), a.Y+f*(b.Y-a.Y)
				want = want || x >= box.Min.X && x <= box.Max.X && y >= box.Min.Y && y <= box.Max.Y
			}
			if got := crosses([2]vg.Point{a, b}, box); got != want {
				t.Errorf("%v to %v: %v", a, b, got)
			}
		}
	}
}

// TestNumbersApart has no number of an axis over another, whatever the figure's size.
func TestNumbersApart(t *testing.T) {
	upright := map[Scale]Scale{Root: Root}
	for _, size := range []Size{{60, 45}, {85, 60}, {}, {300, 60}} {
		for _, scale := range []Scale{Linear, Root, Log} {
			for _, equal := range []bool{false, true} {
				f := Figure{XScale: scale, YScale: upright[scale], Equal: equal && scale == Linear, Size: size, Series: []Series{{Name: "a", Style: Dots, Points: []Point{{X: 0.55, Y: 0.6}, {X: 0.975, Y: 1}}}}}
				l, err := f.planned()
				if err != nil {
					t.Fatal(err)
				}
				p, style := readPage(t, mustDraw(t, f, "svg")), l.style(1)
				all := &placer{within: l.whole.Rectangle}
				for _, text := range p.texts {
					if _, err := strconv.ParseFloat(text.text, 64); err != nil {
						continue
					}
					at := vg.Point{X: vg.Length(text.x), Y: vg.Length(text.y)}
					box := vg.Rectangle{Min: at, Max: at.Add(vg.Point{X: style.Width(text.text), Y: 0.7 * l.em})}
					if all.cost(box) != 0 {
						t.Errorf("%v, scale %d: %q is over another number", size, scale, text.text)
					}
					all.boxes = append(all.boxes, box)
				}
				if len(all.boxes) < 4 {
					t.Errorf("%v, scale %d: %d numbers", size, scale, len(all.boxes))
				}
			}
		}
	}
}

// TestPlacer would rather have text over lines than over points or text, and over these than beyond
// the axes.
func TestPlacer(t *testing.T) {
	box := func(x vg.Length) vg.Rectangle {
		return vg.Rectangle{Min: vg.Point{X: x, Y: 0}, Max: vg.Point{X: x + 8, Y: 8}}
	}
	p := &placer{within: vg.Rectangle{Max: vg.Point{X: 50, Y: 10}}, boxes: []vg.Rectangle{box(0)}}
	for i := range 4 {
		p.lines = append(p.lines, [2]vg.Point{{X: 20, Y: vg.Length(i)}, {X: 30, Y: vg.Length(i)}})
	}
	for i, tc := range [][]vg.Rectangle{{box(45), box(0)}, {box(0), box(21)}, {box(21), box(40)}} {
		if p.best(tc) != 1 {
			t.Errorf("%d: costs %v and %v", i, p.cost(tc[0]), p.cost(tc[1]))
		}
	}
}
