package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"strings"
	"testing"
)

// confusionOf makes a matrix of n classes: most images are right, some are taken for
// neighbours, and every 17th class from the fourth on has none.
func confusionOf(n int) Confusion {
	names := []string{"tench", "English springer", "gas pump, gasoline pump, petrol pump, island dispenser", "ラベル", "", "golf ball"}
	c := Confusion{Title: fmt.Sprintf("Confusions among %d", n), Facts: "bagnet33-example  ·  validation images"}
	for i := range n {
		row := make([]int, n)
		if i%17 != 3 {
			row[i] = 40 + i%7
			row[(i+1)%n] += 3 * (i % 3)
			row[(i*i+2)%n]++
		}
		c.Labels = append(c.Labels, names[i%len(names)])
		c.Counts = append(c.Counts, row)
	}
	return c
}

func TestConfusionGoldens(t *testing.T) {
	for _, n := range []int{2, 12, 130} {
		got, err := confusionOf(n).Draw()
		if err != nil {
			t.Fatal(err)
		}
		compareGolden(t, fmt.Sprintf("confusion-%d", n), got)
	}
}

// Every cell has the colour of its share, near its upper left corner, where there
// is no text; rows without images have grey ink only.
func TestConfusionCells(t *testing.T) {
	for n, cell := range map[int]int{1: 61, 2: 61, 10: 61, 40: 34, 60: 23, 100: 14, 101: 14, 500: 3} {
		c := confusionOf(n)
		img, err := c.Draw()
		if err != nil {
			t.Fatal(err)
		}
		l := c.layout()
		if l.cell != cell || l.matrix.Dx() != n*cell || l.matrix.Dy() != n*cell {
			t.Errorf("%d classes: cells of %d pixels, a matrix of %v", n, l.cell, l.matrix)
		}
		for i, row := range c.Counts {
			sum := 0
			for _, count := range row {
				sum += count
			}
			for j, count := range row {
				inset := min(1, cell/2)
				at := l.matrix.Min.Add(image.Pt(j*cell+inset, i*cell+inset))
				got := img.NRGBAAt(at.X, at.Y)
				if sum == 0 {
					if got.R != got.G || got.G != got.B || got.R < 0xc0 {
						t.Fatalf("%d classes: cell %d, %d without images is %v", n, i, j, got)
					}
					continue
				}
				height := math.Sqrt(float64(count) / float64(sum))
				if n > 40 && count > 0 {
					height = 0.5 + height/2
				}
				if want := parsePoints(blues).At(2*height - 1); !near(got, want, 1) {
					t.Fatalf("%d classes: cell %d, %d is %v, want %v", n, i, j, got, want)
				}
			}
		}
	}
}

// Cells are as large as the picture can be.
func TestConfusionCellSizes(t *testing.T) {
	for n, want := range map[int]int{1: 61, 100: 14, 453: 4, 454: 3, 1033: 3, 1034: 2, 1550: 2, 1551: 1, 21841: 1} {
		if got := (Confusion{Labels: make([]string, n), Counts: make([][]int, n)}).layout().cell; got != want {
			t.Errorf("%d classes: cells of %d pixels, want %d", n, got, want)
		}
	}
}

// Nothing lies over anything else, or beyond the picture.
func TestConfusionLayout(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 25, 40, 41, 60, 100, 101, 150, 1000, 2500} {
		for _, label := range []string{"", "x", strings.Repeat("quite long ", 40), strings.Repeat("ラ", 90), "\xff\x00\n\u202e"} {
			c := Confusion{Title: label, Facts: label, Labels: make([]string, n), Counts: make([][]int, n)}
			row := make([]int, n)
			for i := range n {
				c.Labels[i], c.Counts[i] = label, row
			}
			l := c.layout()
			bar := image.Rect(l.bar.Min.X, l.bar.Min.Y, l.bar.Max.X+l.ticksWidth(), l.bar.Max.Y)
			boxes := append([]image.Rectangle{l.matrix, bar}, textBoxes(placedText{l.heading, image.Pt(l.px(1.5), l.px(1.2))})...)
			for _, p := range l.titles {
				boxes = append(boxes, textBoxes(p)...)
			}
			boxes = append(boxes, markBoxes(l)...)
			checkApart(t, fmt.Sprintf("%d classes named %.9q", n, label), image.Rectangle{Max: l.size}, boxes)
			if l.size.X > 3900 || l.size.Y > 3900 {
				t.Errorf("%d classes: %v", n, l.size)
			}
		}
	}
}

// markBoxes are where names and numbers stand, each a little narrower than its cell.
func markBoxes(l confusionLayout) (boxes []image.Rectangle) {
	high, m := l.label.capHeight(), l.matrix.Min
	for _, mark := range l.names {
		width, x, y := l.label.width(mark.text), m.X+mark.at, m.Y+mark.at
		boxes = append(boxes, image.Rect(m.X-l.apart-width, y-high/2, m.X-l.apart, y+high/2), image.Rect(x-high/2, m.Y-l.apart-width, x+high/2, m.Y-l.apart))
	}
	high = l.number.capHeight()
	apart := l.beyond + l.px(apartEm)
	for _, mark := range l.numbers {
		width, x, y := l.number.width(mark.text), m.X+mark.at, m.Y+mark.at
		boxes = append(boxes, image.Rect(m.X-apart-width, y-high/2, m.X-apart, y+high/2), image.Rect(x-width/2, m.Y-apart-high, x+width/2, m.Y-apart))
	}
	return boxes
}

// A page to be enlarged has the names and the counts of all classes, and numbers beside them.
func TestConfusionZoomable(t *testing.T) {
	c := confusionOf(130)
	c.Zoomable = true
	l := c.layout()
	if len(l.names) != 130 || len(l.numbers) != 7 || l.count == nil || l.cell < zoomedCell || l.label.size > float64(l.cell) {
		t.Errorf("%d names of %v, %d numbers, counts in %v, cells of %d", len(l.names), l.label.size, len(l.numbers), l.count, l.cell)
	}
	boxes := append(markBoxes(l), l.matrix)
	for _, p := range l.titles {
		boxes = append(boxes, textBoxes(p)...)
	}
	checkApart(t, "zoomable", image.Rectangle{Max: l.size}, boxes)
	few := confusionOf(12)
	want := few.layout()
	few.Zoomable = true
	if got := few.layout(); got.cell != want.cell || got.size != want.size || len(got.numbers) != 0 {
		t.Errorf("12 classes: cells of %d in %v, want %d in %v", got.cell, got.size, want.cell, want.size)
	}
}

// A single image of a class's fifty is seen among a thousand classes: on white its contrast is 2
// or more (WCAG 2.1), the picture at its own size and reduced to a pixel a class.
func TestSingleCountIsSeen(t *testing.T) {
	const n, at = 1000, 700
	c := Confusion{Labels: make([]string, n), Counts: make([][]int, n)}
	for i := range n {
		c.Counts[i] = make([]int, n)
		c.Counts[i][i] = 49
	}
	c.Counts[300][at] = 1
	img, err := c.Draw()
	if err != nil {
		t.Fatal(err)
	}
	m, seen := c.layout().matrix, 0
	for x := m.Min.X + 3*500; x < m.Max.X; x += 3 {
		sum := 0.0 // of the pixels that become one
		for y := range 9 {
			sum += wcagLuminance(img.At(x+y%3, m.Min.Y+3*300+y/3)) / 9
		}
		contrast := (wcagLuminance(color.White) + 0.05) / (sum + 0.05)
		if class := (x - m.Min.X) / 3; (contrast >= 2) != (class == at) {
			t.Errorf("class %d: contrast %.2f", class, contrast)
		} else if class == at {
			seen++
		}
	}
	if seen != 1 {
		t.Errorf("%d cells were looked at", seen)
	}
}

// The bar has the colours of the shares at its ticks.
func TestConfusionBar(t *testing.T) {
	c := confusionOf(60)
	img, err := c.Draw()
	if err != nil {
		t.Fatal(err)
	}
	l := c.layout()
	for _, share := range []float64{0.01, 0.1, 0.25, 0.5} {
		y := l.bar.Max.Y - int(math.Sqrt(share)*float64(l.bar.Dy()))
		got, want := img.NRGBAAt(l.bar.Min.X+2, y), l.color(int(share*100), 100)
		if !near(got, want, 3) {
			t.Errorf("share %v is %v at the bar, %v in cells", share, got, want)
		}
	}
	if few := confusionOf(12).layout(); l.shareText(0) != "> 0 %" || few.shareText(0) != "0 %" {
		t.Error("the foot of the bar is none, or is not")
	}
}

// Counts are written if the longest of them fits, whatever it is.
func TestConfusionCounts(t *testing.T) {
	for _, c := range []struct {
		classes, most int
		written       bool
	}{{1, 1, true}, {10, 0, true}, {10, 50000, true}, {10, math.MaxInt, false}, {40, 1300, true}, {40, 1e6, false}, {60, 50, false}, {1000, 1, false}} {
		m := confusionOf(c.classes)
		for _, row := range m.Counts {
			clear(row)
		}
		m.Counts[0][0] = c.most
		l := m.layout()
		if (l.count != nil) != c.written {
			t.Errorf("%+v: type %v", c, l.count)
		}
		if l.count != nil && l.count.width(fmt.Sprint(c.most)) >= l.cell {
			t.Errorf("%+v: wider than the cell's %d pixels", c, l.cell)
		}
	}
}

// wcagLuminance is that of WCAG 2.1, 0 to 1.
func wcagLuminance(c color.Color) float64 {
	r, g, b, _ := c.RGBA()
	linear := func(v uint32) float64 {
		if x := float64(v) / 0xffff; x > 0.04045 {
			return math.Pow((x+0.055)/1.055, 2.4)
		}
		return float64(v) / 0xffff / 12.92
	}
	return 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
}

// Black or white ink has a contrast of 4 at least (WCAG 2.1) on every colour.
func TestInkIsRead(t *testing.T) {
	for i := range 1001 {
		c := shareColors.At(float64(i)/500 - 1)
		a, b := wcagLuminance(c), wcagLuminance(inkOn(c))
		if contrast := (max(a, b) + 0.05) / (min(a, b) + 0.05); contrast < 4 {
			t.Errorf("share %v: contrast %.2f of %v on %v", float64(i)/1000, contrast, inkOn(c), c)
		}
	}
}

func TestConfusionKey(t *testing.T) {
	for n, want := range map[int]string{
		2: "numbers: images, none if blank", 4: "numbers: images, none if blank  ·  hatched: no images of the class",
		80: "80 classes  ·  white: none  ·  hatched: no images of the class", 400: "400 classes, numbered from 0  ·  white: none  ·  grey: no images of the class",
	} {
		l := confusionOf(n).layout()
		if got := l.key(); got != want {
			t.Errorf("%d classes: %q, want %q", n, got, want)
		}
	}
}

func TestRoundStep(t *testing.T) {
	for n, want := range map[int]int{1: 1, 12: 1, 13: 2, 24: 2, 25: 5, 101: 10, 121: 20, 1000: 100, 1201: 200, 21841: 2000} {
		if got := roundStep(n); got != want {
			t.Errorf("%d classes: step %d, want %d", n, got, want)
		}
	}
}

// Text drawn upwards is what drawn along a line is, turned.
func TestDrawUp(t *testing.T) {
	l := newLettering(regular(), 19, black)
	text := "jÄgq ÿ Wave"
	along, up := image.NewRGBA(image.Rect(0, 0, 200, 200)), image.NewRGBA(image.Rect(0, 0, 200, 200))
	draw.Draw(along, along.Rect, image.White, image.Point{}, draw.Src)
	draw.Draw(up, up.Rect, image.White, image.Point{}, draw.Src)
	l.drawAt(raster{along, 1}, 30, 90, text)
	l.drawUp(raster{up, 1}, 90, 170, text)
	ink := 0
	for y := range 200 {
		for x := range 200 {
			a, b := along.RGBAAt(x, y), up.RGBAAt(y, 199-x)
			if !near(color.NRGBA(a), color.NRGBA(b), 3) {
				t.Fatalf("pixel (%d, %d) is %v along, %v up", x, y, a, b)
			}
			if a.R < 100 {
				ink++
			}
		}
	}
	if ink < 200 {
		t.Errorf("%d dark pixels", ink)
	}
}

func TestConfusionRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Confusion)
		want   string
	}{
		"no classes":   {func(c *Confusion) { *c = Confusion{} }, "there are no classes"},
		"no rows":      {func(c *Confusion) { c.Counts = nil }, "0 rows for 3 classes"},
		"a row more":   {func(c *Confusion) { c.Counts = append(c.Counts, c.Counts[0]) }, "4 rows for 3 classes"},
		"short row":    {func(c *Confusion) { c.Counts[1] = c.Counts[1][1:] }, "row 1 has 2 columns for 3 classes"},
		"nil row":      {func(c *Confusion) { c.Counts[2] = nil }, "row 2 has 0 columns for 3 classes"},
		"less than 0":  {func(c *Confusion) { c.Counts[1][2] = -1 }, "row 1, column 2: -1 images"},
		"20000 labels": {func(c *Confusion) { c.Labels = make([]string, 20000) }, "3 rows for 20000 classes"},
	} {
		m := confusionOf(3)
		c.change(&m)
		if _, err := m.Draw(); err == nil || err.Error() != "drawing confusion matrix: "+c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestConfusionOfHugeCounts(t *testing.T) {
	c := Confusion{Labels: []string{"a", "b"}, Counts: [][]int{{math.MaxInt, math.MaxInt}, {0, 1}}}
	img, err := c.Draw()
	if err != nil {
		t.Fatal(err)
	}
	at := c.layout().matrix.Min.Add(image.Pt(1, 1))
	if got, want := img.NRGBAAt(at.X, at.Y), shareColors.At(math.Sqrt(0.5)); !near(got, want, 1) {
		t.Errorf("half of very many is %v, want %v", got, want)
	}
}
