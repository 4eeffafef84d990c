package chart

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A svgPage is what an SVG shows, as a reader of the file finds it. y goes upwards.
type svgPage struct {
	width, height float64
	texts         []placed
	paths         []path
}

// placed is text whose baseline begins at x, y.
type placed struct {
	text    string
	x, y    float64
	upright bool
}

// A path is the points of a line or of an outline.
type path struct {
	style  string
	points [][2]float64
	round  bool // there are arcs in it
}

var numeral = regexp.MustCompile(`[-0-9.e]+`)

// readPage reads an SVG.
func readPage(t *testing.T, svg []byte) svgPage {
	t.Helper()
	var p svgPage
	var text *placed
	turned := 0
	float := func(s string) float64 {
		v, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return p
		}
		if err != nil {
			t.Fatal(err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			attributes := map[string]string{}
			for _, a := range e.Attr {
				attributes[a.Name.Local] = a.Value
			}
			switch e.Name.Local {
			case "svg":
				p.width, p.height = float(strings.TrimSuffix(attributes["width"], "pt")), float(strings.TrimSuffix(attributes["height"], "pt"))
			case "g":
				if turned > 0 || strings.HasPrefix(attributes["transform"], "rotate(90)") {
					turned++
				}
			case "text":
				text = &placed{x: float(attributes["x"]), y: -float(attributes["y"])}
				if turned > 0 {
					text.x, text.y, text.upright = -text.y, text.x, true
				}
			case "path":
				p.paths = append(p.paths, readPath(float, attributes["d"], attributes["style"]))
			}
		case xml.CharData:
			if text != nil {
				text.text += string(e)
			}
		case xml.EndElement:
			if e.Name.Local == "text" {
				p.texts = append(p.texts, *text)
				text = nil
			}
			if e.Name.Local == "g" && turned > 0 {
				turned--
			}
		}
	}
}

// readPath reads the points of a path: those that it goes to.
func readPath(float func(string) float64, d, style string) path {
	p := path{style: style, round: strings.Contains(d, "A")}
	for _, step := range regexp.MustCompile(`[MLA][^MLAZ]*`).FindAllString(d, -1) {
		n := numeral.FindAllString(step[1:], -1)
		p.points = append(p.points, [2]float64{float(n[len(n)-2]), float(n[len(n)-1])})
	}
	return p
}

// axis says what value is where along an axis: from its marks and their labels.
type axis struct{ at, value []float64 }

// axes finds the marks of both axes, each a short black line towards its number.
func (p svgPage) axes(t *testing.T) (x, y axis) {
	t.Helper()
	var xs, ys []float64
	for _, path := range p.paths {
		if !strings.Contains(path.style, "stroke:#000000;stroke-width:0.5") || len(path.points) != 2 {
			continue
		}
		a, b := path.points[0], path.points[1]
		if length := math.Hypot(a[0]-b[0], a[1]-b[1]); length > 8 { // the axis itself
			continue
		}
		if a[0] == b[0] {
			xs = append(xs, a[0])
		} else {
			ys = append(ys, a[1])
		}
	}
	for _, text := range p.texts {
		v, err := strconv.ParseFloat(text.text, 64)
		if err != nil {
			continue
		}
		nearest := func(marks []float64, at, within float64) (float64, bool) {
			i := slices.IndexFunc(marks, func(m float64) bool { return m-at > -1 && m-at < within })
			if i < 0 {
				return 0, false
			}
			return marks[i], true
		}
		if at, ok := nearest(ys, text.y, 5); ok && text.x < p.width/2 { // left of the axis, its baseline a little below
			y.at, y.value = append(y.at, at), append(y.value, v)
		} else if at, ok := nearest(xs, text.x, 15); ok {
			x.at, x.value = append(x.at, at), append(x.value, v)
		}
	}
	if len(x.at) < 2 || len(y.at) < 2 {
		t.Fatalf("axes have marks %v and %v", x, y)
	}
	return x, y
}

// read is the value at a place, by two of the marks; along makes the scale linear.
func (a axis) read(at float64, along, back func(float64) float64) float64 {
	first, last := 0, len(a.at)-1
	f := (at - a.at[first]) / (a.at[last] - a.at[first])
	return back(along(a.value[first]) + f*(along(a.value[last])-along(a.value[first])))
}

// middle is the middle of a path's points.
func (p path) middle() (x, y float64) {
	low, high := slices.Clone(p.points[0][:]), slices.Clone(p.points[0][:])
	for _, at := range p.points {
		for i := range at {
			low[i], high[i] = min(low[i], at[i]), max(high[i], at[i])
		}
	}
	return (low[0] + high[0]) / 2, (low[1] + high[1]) / 2
}

// dots are the middles of round marks of a colour.
func (p svgPage) dots(color string) (all [][2]float64) {
	for _, path := range p.paths {
		if path.round && strings.Contains(path.style, color) {
			x, y := path.middle()
			all = append(all, [2]float64{x, y})
		}
	}
	return all
}

// find is where a text stands.
func (p svgPage) find(t *testing.T, text string) placed {
	t.Helper()
	i := slices.IndexFunc(p.texts, func(q placed) bool { return q.text == text })
	if i < 0 {
		t.Fatalf("no %q in %v", text, p.texts)
	}
	return p.texts[i]
}
