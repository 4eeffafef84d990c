package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/grid"
)

// aFigure has images of these sizes with so many maps each, a value every 8 pixels from a few
// that many maps share.
func aFigure(sizes []image.Point, maps int) Figure {
	rng := rand.New(rand.NewPCG(1, 2))
	colors, _ := ParseColormap("RdBu_r")
	f := Figure{Style: Heatmap, Heads: make([]Head, maps), Unit: "logit"}
	for j := range f.Heads {
		f.Heads[j].Title = fmt.Sprintf("class %d", j)
	}
	for i, size := range sizes {
		img := image.NewNRGBA(image.Rectangle{Max: size})
		for k := range img.Pix {
			img.Pix[k] = 255 * uint8(k%4/3)
		}
		row := FigureImage{Image: img, Name: fmt.Sprintf("%d.png", i)}
		for range maps {
			g := grid.Grid{Rows: size.Y / 8, Cols: size.X / 8, Origin: 4, Stride: 8, Patch: 8}
			values := make([]float32, g.Rows*g.Cols)
			for k := range values {
				values[k] = float32(rng.IntN(13)-6) / 4
			}
			row.Maps = append(row.Maps, FigureMap{
				Picture: Picture{Image: img, Map: Map{Grid: g, Values: values}, Colors: colors, Scale: 1.25, Alpha: 0.5}, Facts: "logit 1.25",
			})
		}
		f.Images = append(f.Images, row)
	}
	return f
}

// TestFigureColours reads colours back from a figure of four images and three classes: each
// value has one colour, wherever it is, and that is the one beside its place on the bar.
func TestFigureColours(t *testing.T) {
	for _, c := range []struct {
		what  string
		sizes []image.Point
	}{
		{"squares", []image.Point{{64, 64}, {64, 64}, {64, 64}, {64, 64}}},
		{"four shapes", []image.Point{{64, 40}, {48, 64}, {40, 120}, {56, 56}}},
	} {
		f := aFigure(c.sizes, 3)
		l := f.layout(f.colorbar())
		d, err := f.Layout()
		if err != nil {
			t.Fatal(err)
		}
		img, err := d.Image()
		if err != nil {
			t.Fatal(err)
		}
		seen := map[float32]color.NRGBA{}
		for i, row := range f.Images {
			for j, m := range row.Maps {
				at := l.cells[i*4+1+j].at
				size := row.Image.Rect.Size()
				for k, v := range m.Map.Values {
					x := at.Min.X + (k%m.Map.Cols*8+4)*at.Dx()/size.X
					y := at.Min.Y + (k/m.Map.Cols*8+4)*at.Dy()/size.Y
					got := img.NRGBAAt(x, y)
					if want, ok := seen[v]; ok && got != want {
						t.Fatalf("%s: image %d, map %d: %v is %v, elsewhere %v", c.what, i, j, v, got, want)
					}
					seen[v] = got
				}
			}
		}
		var colours []color.NRGBA
		for _, colour := range seen {
			colours = append(colours, colour)
		}
		for i, cell := range l.cells {
			if i%4 == 0 {
				continue // an image
			}
			for y := cell.at.Min.Y; y < cell.at.Max.Y; y += 3 {
				for x := cell.at.Min.X; x < cell.at.Max.X; x++ {
					if got := img.NRGBAAt(x, y); !slices.Contains(colours, got) {
						t.Fatalf("%s: a map has %v, which is no value's colour", c.what, got)
					}
				}
			}
		}
		if len(seen) != 13 {
			t.Fatalf("%s: %d values, want 13", c.what, len(seen))
		}
		body := l.bar.Inset(0)
		body.Min.Y, body.Max.Y = body.Min.Y+body.Dx(), body.Max.Y-body.Dx() // there are values beyond both ends
		for v, got := range seen {
			share := max(-1, min(1, float64(v)/1.25))
			y := min(body.Max.Y-1, body.Min.Y+int((1-share)/2*float64(body.Dy())))
			want := img.NRGBAAt((body.Min.X+body.Max.X)/2, y)
			if v == 0 {
				want = color.NRGBA{0xf7, 0xf7, 0xf7, 255} // there is a line through the bar; this is ColorBrewer's RdBu's middle
			}
			if apart(got, want) > 3 {
				t.Errorf("%s: %v is %v, on the bar %v", c.what, v, got, want)
			}
		}
	}
}

// apart is by how much colours differ, at most, in any channel.
func apart(a, b color.NRGBA) int {
	of := func(x, y uint8) int { return max(int(x)-int(y), int(y)-int(x)) }
	return max(of(a.R, b.R), of(a.G, b.G), of(a.B, b.B))
}

// TestFigureLayout lays out figures of many shapes: nothing overlaps or is cut off, pictures
// keep their shapes, columns have one width, rows one top.
func TestFigureLayout(t *testing.T) {
	square, wide, tall, flat := image.Pt(64, 64), image.Pt(160, 64), image.Pt(64, 120), image.Pt(800, 40)
	for name, c := range map[string]struct {
		sizes   []image.Point
		maps    int
		letters bool
		cells   [][4]int // image, map, row and column of pictures in the whole
	}{
		"one":      {[]image.Point{square}, 1, false, [][4]int{{0, 1, 0, 1}}},
		"letters":  {[]image.Point{square, wide, tall, square}, 3, true, [][4]int{{3, 3, 3, 3}}},
		"two":      {[]image.Point{square, square}, 1, true, [][4]int{{1, 0, 0, 2}, {1, 1, 0, 3}}},
		"pairs":    {[]image.Point{square, square, tall, wide}, 1, false, [][4]int{{1, 0, 0, 2}, {2, 0, 1, 0}, {3, 1, 1, 3}}},
		"seven":    {slices.Repeat([]image.Point{square}, 7), 1, false, [][4]int{{2, 1, 0, 5}, {6, 0, 2, 0}}},
		"many":     {[]image.Point{square, square}, 12, false, [][4]int{{1, 12, 1, 12}}},
		"flat":     {[]image.Point{flat}, 2, false, nil},
		"tiny":     {[]image.Point{{8, 8}, {16, 8}}, 2, true, nil},
		"a column": {[]image.Point{{24, 400}}, 1, false, nil},
	} {
		f := aFigure(c.sizes, c.maps)
		for i := range f.Images {
			f.Images[i].Facts = "what it shows, which is a long story and has to be cut somewhere"
			if c.letters {
				f.Images[i].Letter = string(rune('a' + i))
			}
		}
		bar := f.colorbar()
		l := f.layout(bar)
		boxes := []image.Rectangle{l.bar}
		for _, cell := range l.cells {
			boxes = append(boxes, cell.at)
			own := cell.image.Rect.Size()
			if dx, dy := cell.at.Dx(), cell.at.Dy(); math.Abs(float64(dx*own.Y)-float64(dy*own.X)) > float64(max(own.X, own.Y)) {
				t.Errorf("%s: %v is drawn %d x %d", name, own, dx, dy)
			}
			if 2*own.Y <= 3*own.X && cell.at.Dx() != l.width || 2*cell.at.Dy() > 3*l.width+2 {
				t.Errorf("%s: %v in a column of %d", name, cell.at, l.width)
			}
		}
		for _, text := range l.texts {
			for i, line := range text.paragraph {
				at := text.at.Add(image.Pt(0, i*line.line))
				boxes = append(boxes, image.Rectangle{at.Add(image.Pt(0, line.line/3)), at.Add(image.Pt(line.width(line.text), line.line*5/6))})
			}
		}
		for i, a := range boxes {
			if !a.In(image.Rectangle{Max: l.size}) {
				t.Errorf("%s: %v reaches beyond %v", name, a, l.size)
			}
			for _, b := range boxes[:i] {
				if a.Overlaps(b) {
					t.Errorf("%s: %v overlaps %v", name, a, b)
				}
			}
		}
		if right := l.bar.Max.X + bar.ticksWidth(l.small); right > l.size.X {
			t.Errorf("%s: the bar's numbers reach to %d of %d", name, right, l.size.X)
		}
		columns, rows := map[int]bool{}, map[int]bool{}
		for _, cell := range l.cells {
			columns[cell.at.Min.X], rows[cell.at.Min.Y] = true, true
		}
		xs, ys := sortedKeys(columns), sortedKeys(rows)
		for _, p := range c.cells {
			at := l.cells[p[0]*(1+c.maps)+p[1]].at.Min
			if at != image.Pt(xs[p[3]], ys[p[2]]) {
				t.Errorf("%s: picture %d of image %d is at %v, want row %d, column %d of %v and %v", name, p[1], p[0], at, p[2], p[3], ys, xs)
			}
		}
	}
}

func sortedKeys(of map[int]bool) (keys []int) {
	for k := range of {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// TestFigureType has text of 7.8 points in a figure as wide as a page, 17 cm, or as a column of
// text, 8.3: (17 cm = 482 points) / 62, (8.3 cm = 235 points) / 30.
func TestFigureType(t *testing.T) {
	for _, c := range []struct {
		images, maps int
		em           float64
	}{
		{1, 3, 4 * 64 * 6 / 62.}, // 6 x 256 pixels are the first above 62 x 24
		{4, 1, 4 * 64 * 6 / 62.}, // two pairs beside each other
		{9, 1, 6 * 64 * 4 / 62.}, // three
		{1, 1, 2 * 64 * 6 / 30.}, // 6 x 128 the first above 30 x 24
		{2, 12, 13 * 64 * 2 / 62.},
	} {
		f := aFigure(slices.Repeat([]image.Point{{64, 64}}, c.images), c.maps)
		if l := f.layout(f.colorbar()); math.Abs(l.em-c.em) > 1e-9 {
			t.Errorf("%d images with %d maps: em %v, want %v", c.images, c.maps, l.em, c.em)
		}
	}
	f := aFigure([]image.Point{{3008, 2008}}, 1)
	if l := f.layout(f.colorbar()); l.width != 2000 {
		t.Errorf("a column of %d pixels", l.width)
	}
}

// TestFigureEms lays figures out for a width in print: 17 cm have 68.8 ems of 7 points, 8.5 half of it.
func TestFigureEms(t *testing.T) {
	for _, ems := range []float64{68.8, 34.4} {
		for _, maps := range []int{1, 3} {
			f := aFigure(slices.Repeat([]image.Point{{64, 64}}, 4), maps)
			f.Ems = ems
			l := f.layout(f.colorbar())
			if got := float64(l.size.X) / l.em; math.Abs(got-ems) > 0.02*ems {
				t.Errorf("%d maps: %.2f ems wide, want %v", maps, got, ems)
			}
		}
		p := aPatchFigure(2, 4)
		p.Ems = ems
		if l := p.layout(); math.Abs(float64(l.size.X)/l.em-ems) > 0.02*ems {
			t.Errorf("patches: %.2f ems wide, want %v", float64(l.size.X)/l.em, ems)
		}
	}
	f := aFigure([]image.Point{{64, 64}}, 1)
	f.Ems = 1
	if l := f.layout(f.colorbar()); l.width < 64 {
		t.Errorf("without room, columns have %d pixels", l.width)
	}
}

// TestFigureStyles draws maps over images, under edges, and alone where there are gaps.
func TestFigureStyles(t *testing.T) {
	f := aFigure([]image.Point{{64, 64}}, 1)
	of := &f.Images[0].Maps[0]
	of.Map.Grid = grid.Grid{Rows: 2, Cols: 2, Origin: 16, Stride: 16, Patch: 16}
	of.Map.Values = []float32{5, 5, 5, 5}
	at := func(style Style, share float64) color.NRGBA {
		f.Style = style
		d, err := f.Layout()
		if err != nil {
			t.Fatal(err)
		}
		img, err := d.Image()
		if err != nil {
			t.Fatal(err)
		}
		r := f.layout(f.colorbar()).cells[1].at
		return img.NRGBAAt(r.Min.X+int(share*float64(r.Dx())), r.Min.Y+int(share*float64(r.Dy())))
	}
	strongest := color.NRGBA{0x67, 0x00, 0x1f, 255} // ColorBrewer's RdBu's end
	if got := at(Heatmap, 0.4); got != strongest {
		t.Errorf("the map has %v", got)
	}
	hatched := map[uint8]bool{}
	for share := 0.8; share < 0.99; share += 0.01 {
		got := at(Heatmap, share)
		if got.R != got.G || got.R < 0xc0 {
			t.Errorf("where no patch is, there is %v", got)
		}
		hatched[got.R] = true
	}
	if len(hatched) < 2 {
		t.Errorf("where no patch is, there are no lines: %v", hatched)
	}
	if got := at(Overlay, 0.4); got == strongest || int(got.R) < int(got.G)+20 {
		t.Errorf("over black there is %v", got)
	}
	if got := at(Overlay, 0.97); got != (color.NRGBA{0, 0, 0, 255}) {
		t.Errorf("beside the map there is %v, not the image", got)
	}
	if got := at(Edges, 0.4); got != strongest {
		t.Errorf("under no edges there is %v", got)
	}
}

// TestFigureBorder draws what took no part in the decision pale, behind a line.
func TestFigureBorder(t *testing.T) {
	f := aFigure([]image.Point{{64, 64}}, 1)
	of := &f.Images[0].Maps[0]
	of.Map.Grid = grid.Grid{Rows: 8, Cols: 8, Origin: 4, Stride: 8, Patch: 24, First: 1, Step: 1, NativeRows: 6, NativeCols: 6}
	for i := range of.Map.Values {
		of.Map.Values[i] = 5
	}
	for border, pale := range map[Border]bool{PaleBorder: true, ShowBorder: false} {
		of.Border = border
		d, err := f.Layout()
		if err != nil {
			t.Fatal(err)
		}
		img, err := d.Image()
		if err != nil {
			t.Fatal(err)
		}
		r := f.layout(f.colorbar()).cells[1].at
		eighth := r.Dx() / 8
		within, beyond := img.NRGBAAt(r.Min.X+4*eighth, r.Min.Y+4*eighth), img.NRGBAAt(r.Min.X+eighth/2, r.Min.Y+4*eighth)
		line := img.NRGBAAt(r.Min.X+eighth-1, r.Min.Y+4*eighth)
		if within != (color.NRGBA{0x67, 0x00, 0x1f, 255}) || (beyond != within) != pale || (line == color.NRGBA{0x8c, 0x8c, 0x8c, 255}) != pale {
			t.Errorf("%s: %v within, %v beyond, %v between", border, within, beyond, line)
		}
	}
}

// TestFigureBar ends in arrows if any map reaches beyond it, and takes another scale.
func TestFigureBar(t *testing.T) {
	f := aFigure([]image.Point{{64, 64}, {64, 64}}, 2)
	for i := range f.Images {
		for j := range f.Images[i].Maps {
			clear(f.Images[i].Maps[j].Map.Values)
		}
	}
	if b := f.colorbar(); b.above || b.below || b.scale != 1.25 || b.unit != "logit" || b.under != nil {
		t.Errorf("%+v", b)
	}
	f.Images[1].Maps[0].Map.Values[3] = 2
	if b := f.colorbar(); !b.above || b.below {
		t.Errorf("%+v", b)
	}
	f.Images[0].Maps[1].Map.Values[3] = -2
	f.Scale, f.Style = 1, Overlay
	if b := f.colorbar(); !b.above || !b.below || b.scale != 1 || b.under == nil {
		t.Errorf("%+v", b)
	}
}

func TestFigureRefuses(t *testing.T) {
	for want, spoil := range map[string]func(*Figure){
		"there are no maps":                         func(f *Figure) { f.Images = nil },
		"there are no maps ":                        func(f *Figure) { f.Heads = nil },
		"cannot be panels":                          func(f *Figure) { f.Style = Panel },
		"unknown style":                             func(f *Figure) { f.Style = "cubist" },
		"image 2 has 1 maps for 2 columns":          func(f *Figure) { f.Images[1].Maps = f.Images[1].Maps[:1] },
		"image 1 has no pixels, or is not opaque":   func(f *Figure) { f.Images[0].Image = nil },
		"image 1 has no pixels, or is not opaque ":  func(f *Figure) { f.Images[0].Image.Pix[3] = 0 },
		"map 2 of image 1: scale 0 is not positive": func(f *Figure) { f.Images[0].Maps[1].Scale = 0 },
	} {
		f := aFigure([]image.Point{{64, 64}, {64, 64}}, 2)
		spoil(&f)
		want, _, _ := strings.Cut(strings.TrimSpace(want), " positive")
		if _, err := f.Layout(); err == nil || !strings.HasPrefix(err.Error(), "drawing figure: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
	f := aFigure(slices.Repeat([]image.Point{{64, 64}}, 2), 1)
	f.Images = slices.Repeat(f.Images, 300)
	f.Heads = append(f.Heads, Head{})
	for i := range f.Images {
		f.Images[i].Maps = append(slices.Clone(f.Images[i].Maps), f.Images[i].Maps[0])
	}
	if _, err := f.Layout(); err == nil || !strings.HasSuffix(err.Error(), "are too many: show fewer or smaller images") {
		t.Errorf("600 rows: %v", err)
	}
}

func TestBrief(t *testing.T) {
	for want, c := range map[string]Caption{
		"logit 4.04 · 90.1 %": {Logit: 4.037, Probability: 0.9011},
		"logit −1.00":         {Logit: -1, Probability: math.NaN()},
		"difference 2.50":     {Logit: 2.5, Probability: 0.5, Versus: "tench"},
	} {
		if got := c.Brief(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
