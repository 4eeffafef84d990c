package evidence

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"image/draw"
	"math"
	"slices"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/grid"
	"bagnet/internal/heatmap"
	"bagnet/internal/output"
)

// aCell is a map of 2 x 2 values of the class, by a network.
func aCell(model string, c class.Class, values ...float32) *Cell {
	img := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	draw.Draw(img, img.Rect, image.White, image.Point{}, draw.Src)
	m := &Map{Path: "dir/a.png", Class: c, Logit: 2, Probability: 0.25}
	return &Cell{Shown: m, model: model, class: c.Label, scale: &m.Scale, of: heatmap.Picture{
		Image: img, Map: heatmap.Map{Grid: grid.Grid{Rows: 2, Cols: 2, Origin: 4, Stride: 8, Patch: 8}, Values: values},
		Alpha: 0.5, Unit: "logit", Caption: heatmap.Caption{Logit: 2, Probability: 0.25, Truth: "tench, Tinca tinca"},
	}}
}

// aFigure has two images; one more failed.
func aFigure(columns string, cells ...*Cell) *Figure {
	f := &Figure{Look: Drawer{Software: "software", Style: "heatmap", Colormap: "RdBu_r", Percentile: 100}, Columns: columns, Titles: Names, Asked: columns != Likeliest, models: []string{"m", "n"}}
	half := len(cells) / 2
	f.put(5, &figured{path: "dir/b.png", image: cells[half].of.Image, cells: cells[half:]})
	f.put(2, &figured{path: "dir/a.png", image: cells[0].of.Image, cells: cells[:half]})
	f.Fail(3, "dir/bad.png", errors.New("no image"))
	return f
}

// TestFigureScale has one scale for all maps, of all their values, but for each method one of
// its own; or the scale that was given.
func TestFigureScale(t *testing.T) {
	cells := func() []*Cell {
		return []*Cell{aCell("m", tench, 1, -2, 0, 0), aCell("n", tench, 10, 0, 0, 0), aCell("m", tench, 3, 0, 0, 0), aCell("n", tench, -30, 0, 0, 40)}
	}
	for _, c := range []struct {
		columns    string
		given      float64
		percentile float64
		want       []float64 // of the cells
	}{
		{Classes, 0, 100, []float64{40, 40, 40, 40}},
		{Classes, 0, 80, []float64{3, 3, 3, 3}}, // of 0 (10 times), 1, 2, 3, 10, 30, 40: 12 of 15 are before it
		{Networks, 0, 100, []float64{40, 40, 40, 40}},
		{Methods, 0, 100, []float64{3, 40, 3, 40}},
		{Likeliest, 7, 100, []float64{7, 7, 7, 7}},
	} {
		f := aFigure(c.columns, cells()...)
		f.Look.Scale, f.Look.Percentile = c.given, c.percentile
		drawn, err := f.figure(f.rows())
		if err != nil {
			t.Fatal(err)
		}
		var drawnAt, said []float64
		for _, row := range drawn.Images {
			for _, m := range row.Maps {
				drawnAt = append(drawnAt, m.Scale)
			}
		}
		f.Say(func(cell *Cell) error { said = append(said, cell.Shown.(*Map).Scale); return nil }, func(string, error) error { return nil })
		if !slices.Equal(drawnAt, c.want) || !slices.Equal(said, c.want) {
			t.Errorf("%q: drawn at %v, said %v, want %v", c.columns, drawnAt, said, c.want)
		}
		head, unit := 0.0, "logit" // 0 is the maps' own
		if c.columns == Methods {
			head, unit = 1, "of scale"
		}
		if drawn.Scale != head || drawn.Unit != unit {
			t.Errorf("%q: a bar to %v %s", c.columns, drawn.Scale, drawn.Unit)
		}
	}
}

// TestFigureScaleOfTheDecision leaves out what patches that reach beyond the image say.
func TestFigureScaleOfTheDecision(t *testing.T) {
	c := aCell("m", tench, 9, 9, 9, 9)
	c.of.Map = heatmap.Map{Grid: grid.Grid{Rows: 3, Cols: 3, Origin: 0, Stride: 8, Patch: 8, First: 1, Step: 2, NativeRows: 1, NativeCols: 1},
		Values: []float32{9, 9, 9, 9, 5, 9, 9, 9, 9}}
	for border, want := range map[heatmap.Border]float64{heatmap.PaleBorder: 5, heatmap.ShowBorder: 9} {
		c.of.Border = border
		f := aFigure(Classes, c, c)
		if scales, _ := f.scales(f.rows()); scales[0] != want {
			t.Errorf("%s: %v, want %v", border, scales[0], want)
		}
	}
}

// TestFigureUnsigned uses the colours from 0 on if no map has values below it, and all colours
// for all maps otherwise.
func TestFigureUnsigned(t *testing.T) {
	for _, c := range []struct{ first, second, want bool }{{true, true, true}, {true, false, false}, {false, true, false}, {false, false, false}} {
		cells := []*Cell{aCell("m", tench, 1, 2, 3, 4), aCell("m", tench, 1, 2, 3, 4)}
		cells[0].of.Unsigned, cells[1].of.Unsigned = c.first, c.second
		f := aFigure(Methods, cells...)
		f.Look.Colormap = "viridis"
		drawn, err := f.figure(f.rows())
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range drawn.Images {
			if row.Maps[0].Unsigned != c.want || len(row.Maps[0].Colors) == 0 {
				t.Errorf("%+v: %v", c, row.Maps[0].Unsigned)
			}
		}
	}
	f := aFigure(Classes, aCell("m", tench, 1, 2, 3, 4), aCell("m", tench, 1, 2, 3, 4))
	f.Look.Colormap = "rainbow"
	if _, err := f.Draw(); err == nil {
		t.Error("colours that there are not")
	}
}

// TestFigureWords says of columns and images what they are, each thing once.
func TestFigureWords(t *testing.T) {
	type words struct {
		head            heatmap.Head
		letter          string
		name, imageSays string
		under, mapSays  string
	}
	const brief = "logit 2.00 · 25.0 %"
	for _, c := range []struct {
		columns, titles string
		asked           bool
		want            words
	}{
		{Classes, Names, true, words{heatmap.Head{Title: "tench"}, "", "a.png", "tench", "", brief}},
		{Classes, Letters, true, words{heatmap.Head{Title: "tench"}, "a", "", "tench", "", brief}},
		{Classes, None, true, words{}},
		{Networks, Names, true, words{heatmap.Head{Title: "m", Note: "tench"}, "", "a.png", "tench", "", brief}},
		{Networks, Names, false, words{heatmap.Head{Title: "m"}, "", "a.png", "tench", "tench", brief}},
		{Methods, Names, true, words{heatmap.Head{Title: "a method", Note: "scale 4 logit"}, "", "a.png", "tench: " + brief, "", ""}},
		{Methods, None, true, words{}},
		{Likeliest, Letters, false, words{heatmap.Head{}, "a", "", "tench", "tench", brief}},
	} {
		cells := []*Cell{aCell("m", tench, 1, 2, 3, 4), aCell("m", tench, 1, 2, 3, 4)}
		for _, cell := range cells {
			cell.Column = map[string]string{Networks: "m", Methods: "a method"}[c.columns]
		}
		f := aFigure(c.columns, cells...)
		f.Titles, f.Asked = c.titles, c.asked
		drawn, err := f.figure(f.rows())
		if err != nil {
			t.Fatal(err)
		}
		row := drawn.Images[0]
		got := words{drawn.Heads[0], row.Letter, row.Name, row.Facts, row.Maps[0].Title, row.Maps[0].Facts}
		if got != c.want {
			t.Errorf("%q, %s: %+v, want %+v", c.columns, c.titles, got, c.want)
		}
	}
	for i, want := range map[int]string{0: "a", 25: "z", 26: "aa", 27: "ab", 52: "ba", 701: "zz", 702: "aaa"} {
		if got := letter(i); got != want {
			t.Errorf("image %d is %s, want %s", i, got, want)
		}
	}
}

// TestFigureSays tells of maps and failures in the order of the images, and of columns where
// there are several.
func TestFigureSays(t *testing.T) {
	cells := []*Cell{aCell("m", tench, 1, 2, 3, 4), aCell("m", tench, 1, 2, 3, 4)}
	cells[1].Column = "a network"
	cells[0].Written("o")
	cells[1].Written("o")
	f := aFigure(Networks, cells...)
	if !f.Failed(3) || f.Failed(2) || f.Failed(4) || f.Source() != "dir/a.png, dir/b.png" {
		t.Errorf("%+v", f)
	}
	var said []string
	cell := func(c *Cell) error { said = append(said, c.Row()+c.Text()); return nil }
	failure := func(path string, err error) error { said = append(said, path+": "+err.Error()); return nil }
	if err := f.Say(cell, failure); err != nil {
		t.Error(err)
	}
	text := "dir/a.png\n  tench: logit 2, probability 25.00%; mean of the native grid 0, residual 0\n  0 x 0 patches, colours to 0: o\n"
	want := []string{"dir/a.png\ttench\t2\t0.250000\to\n" + text, "dir/bad.png: no image", "dir/a.png\ttench\t2\t0.250000\to\ta network\n" + text + "  a network\n"}
	if !slices.Equal(said, want) {
		t.Errorf("%q, want %q", said, want)
	}
	ends := errors.New("standard output is gone")
	for range 2 {
		if err := f.Say(func(*Cell) error { return ends }, failure); !errors.Is(err, ends) {
			t.Error(err)
		}
	}
	if err := f.Say(cell, func(string, error) error { return ends }); !errors.Is(err, ends) {
		t.Error(err)
	}
	if got, err := json.Marshal(cells[1]); err != nil || !bytes.HasPrefix(got, []byte(`{"path":"dir/a.png","class":`)) {
		t.Errorf("%s, %v", got, err)
	}
}

// TestFigureFile says in the file what it shows; without images there is none.
func TestFigureFile(t *testing.T) {
	f := aFigure(Classes, aCell("m", tench, 1, 2, 3, 4), aCell("m", ball, 1, 2, 3, 4), aCell("m", tench, 1, 2, 3, 4), aCell("m", ball, 1, 2, 3, 4))
	file, err := f.Draw()
	if err != nil {
		t.Fatal(err)
	}
	texts, err := heatmap.ReadTexts(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	want := []heatmap.Text{
		{Key: "Software", Value: "software"}, {Key: output.TextSource, Value: "dir/a.png, dir/b.png"}, {Key: "bagnet:model", Value: "m, n"},
		{Key: "bagnet:columns", Value: "tench, ball"}, {Key: "bagnet:scale", Value: "4"}, {Key: "bagnet:colormap", Value: "RdBu_r"},
	}
	if !slices.Equal(texts, want) {
		t.Errorf("%q, want %q", texts, want)
	}
	f.Look.Format.Width = 170 // mm: 68.8 ems of 7 points
	if drawn, err := f.figure(f.rows()); err != nil || math.Abs(drawn.Ems-68.84) > 0.01 {
		t.Errorf("%v ems (%v)", drawn.Ems, err)
	}
	f.Look.Style = "cubist"
	if _, err := f.Draw(); err == nil {
		t.Error("a style that there is not")
	}
	if file, err := new(Figure).Draw(); file != nil || err != nil {
		t.Errorf("nothing to draw gives %d bytes, %v", len(file), err)
	}
}
