package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand"
	"strings"
	"testing"
)

// patchOf cuts the q x q pixels from (x, y) on out of an image.
func patchOf(img *image.NRGBA, x, y, q int) SheetPatch {
	r := image.Rect(x, y, x+q, y+q)
	return SheetPatch{Image: img.SubImage(r).(*image.NRGBA), Context: img, Outline: r}
}

func exampleSheet() ContactSheet {
	images := []*image.NRGBA{drawn(120, 120), drawn(160, 90), drawn(90, 160), drawn(40, 40)}
	labels := []string{"golf ball", "gas pump, gasoline pump, petrol pump, island dispenser", "高尔夫球", ""}
	var patches []SheetPatch
	for i, img := range images {
		p := patchOf(img, i*img.Rect.Dx()/7, i*img.Rect.Dy()/6, 9)
		p.Evidence, p.Label = 21.3456-9*float64(i), labels[i]
		patches = append(patches, p)
	}
	patches[3].Context = nil
	return ContactSheet{
		Title: "golf ball", Facts: "bagnet9-example  ·  patches of 9 × 9 pixels  ·  strongest of 4 images, one an image",
		Groups: []PatchGroup{
			{"correct", "from images of golf balls", patches}, {"distractors", "from images of other classes", patches[1:3]}, {Title: "others"},
		},
	}
}

func TestContactGoldens(t *testing.T) {
	one := ContactSheet{Title: "tench", Groups: []PatchGroup{{Patches: []SheetPatch{{Image: drawn(33, 33), Evidence: -3}}}}}
	for name, s := range map[string]ContactSheet{"contact": exampleSheet(), "contact-one": one} {
		got, err := s.Draw()
		if err != nil {
			t.Fatal(err)
		}
		compareGolden(t, name, got)
	}
}

// noise makes an image of random pixels that does not begin at (0, 0).
func noise(rng *rand.Rand, w, h int) *image.NRGBA {
	img := image.NewNRGBA(image.Rect(-5, 7, w-5, h+7))
	rng.Read(img.Pix)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	return img
}

func TestPatchesAreEnlargedExactly(t *testing.T) {
	rng := rand.New(rand.NewSource(1))
	for q, zoom := range map[int]int{1: 130, 9: 14, 17: 8, 33: 4, 65: 2, 200: 1} {
		img := noise(rng, q+3, q+2)
		p := patchOf(img, -4, 8, q)
		s := ContactSheet{Groups: []PatchGroup{{Patches: []SheetPatch{p, p, p}}}}
		got, err := s.Draw()
		if err != nil {
			t.Fatal(err)
		}
		cells := s.layout().cells
		if len(cells) != 3 {
			t.Fatalf("q %d: %d cells", q, len(cells))
		}
		for _, c := range cells {
			if c.patch.Size() != image.Pt(q*zoom, q*zoom) {
				t.Fatalf("q %d: drawn on %v", q, c.patch)
			}
			for y := range q * zoom {
				for x := range q * zoom {
					if got, want := got.NRGBAAt(c.patch.Min.X+x, c.patch.Min.Y+y), img.NRGBAAt(x/zoom-4, y/zoom+8); got != want {
						t.Fatalf("q %d: pixel (%d, %d) is %v, want %v", q, x, y, got, want)
					}
				}
			}
		}
	}
}

// The outline is a white line and a dark one around the patch, on any background,
// and what is within is the patch: here black on white, or white on black.
func TestOutlineSurroundsThePatch(t *testing.T) {
	rng := rand.New(rand.NewSource(2))
	for _, inverted := range []bool{false, true} {
		within, without := color.NRGBA{0, 0, 0, 255}, color.NRGBA{255, 255, 255, 255}
		if inverted {
			within, without = without, within
		}
		for _, size := range []image.Point{{224, 224}, {500, 333}, {100, 600}, {60, 40}} {
			for _, corner := range []image.Point{{}, size.Sub(image.Pt(33, 33)), {rng.Intn(size.X - 32), rng.Intn(size.Y - 32)}} {
				origin := image.Pt(70, -30)
				img := image.NewNRGBA(image.Rectangle{Max: size}.Add(origin))
				draw.Draw(img, img.Rect, image.NewUniform(without), image.Point{}, draw.Src)
				p := patchOf(img, origin.X+corner.X, origin.Y+corner.Y, 33)
				draw.Draw(img, p.Outline, image.NewUniform(within), image.Point{}, draw.Src)
				s := ContactSheet{Groups: []PatchGroup{{Patches: []SheetPatch{p}}}}
				got, err := s.Draw()
				if err != nil {
					t.Fatal(err)
				}
				l := s.layout()
				o, white := l.cells[0].outline, l.px(0.11)
				scale := 132 / float64(max(size.X, size.Y))
				for _, side := range [][2]int{
					{o.Min.X - l.cells[0].context.Min.X, corner.X}, {o.Min.Y - l.cells[0].context.Min.Y, corner.Y},
					{o.Max.X - l.cells[0].context.Min.X, corner.X + 33}, {o.Max.Y - l.cells[0].context.Min.Y, corner.Y + 33},
				} {
					if got, want := float64(side[0]), float64(side[1])*scale; math.Abs(got-want) > 1 {
						t.Errorf("%v, patch at %v: a side of the outline at %v, want %v", size, corner, got, want)
					}
				}
				for _, line := range []struct {
					at   int
					want color.NRGBA
				}{{1, color.NRGBA{255, 255, 255, 255}}, {white, color.NRGBA{255, 255, 255, 255}}, {white + 1, color.NRGBA{0x1a, 0x1a, 0x1a, 255}}} {
					for at := range border(o.Inset(-line.at)) {
						if got.NRGBAAt(at.X, at.Y) != line.want {
							t.Fatalf("%v, patch at %v: %d pixels from the outline %v is %v", size, corner, line.at, at, got.NRGBAAt(at.X, at.Y))
						}
					}
				}
				inner := o.Inset(2) // the resampling's overshoot and its edges are about a pixel wide
				for y := inner.Min.Y; y < inner.Max.Y; y++ {
					for x := inner.Min.X; x < inner.Max.X; x++ {
						if !near(got.NRGBAAt(x, y), within, 20) {
							t.Fatalf("%v, patch at %v: %v within the outline %v", size, corner, got.NRGBAAt(x, y), o)
						}
					}
				}
			}
		}
	}
}

// border returns the outermost pixels of r.
func border(r image.Rectangle) map[image.Point]bool {
	pixels := map[image.Point]bool{}
	for x := r.Min.X; x < r.Max.X; x++ {
		pixels[image.Pt(x, r.Min.Y)], pixels[image.Pt(x, r.Max.Y-1)] = true, true
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		pixels[image.Pt(r.Min.X, y)], pixels[image.Pt(r.Max.X-1, y)] = true, true
	}
	return pixels
}

// Nothing on a sheet lies over anything else, or beyond the picture.
func TestContactLayout(t *testing.T) {
	contexts := []*image.NRGBA{drawn(224, 224), nil, drawn(2, 900), drawn(900, 2), drawn(600, 400), drawn(1, 1)}
	labels := []string{"", "tench", strings.Repeat("long ", 99), strings.Repeat("x", 500), "\x00\xff\n", "ラベル"}
	for _, q := range []int{9, 17, 33} {
		for _, counts := range [][]int{{1}, {0, 0}, {2, 1}, {8, 8}, {9, 3}, {100, 17, 0}} {
			s := ContactSheet{Title: labels[3], Facts: labels[2]}
			for _, n := range counts {
				g := PatchGroup{Title: labels[n%6], Note: labels[2]}
				for i := range n {
					p := SheetPatch{Image: image.NewNRGBA(image.Rect(0, 0, q, q)), Evidence: math.MaxFloat64, Label: labels[i%6], Context: contexts[i/2%6]}
					draw.Draw(p.Image, p.Image.Rect, image.Black, image.Point{}, draw.Src)
					if p.Context != nil {
						p.Outline = image.Rectangle{p.Context.Rect.Max.Sub(image.Pt(1, 1)), p.Context.Rect.Max}
					}
					g.Patches = append(g.Patches, p)
				}
				s.Groups = append(s.Groups, g)
			}
			got, err := s.Draw()
			if err != nil {
				t.Fatal(err)
			}
			l := s.layout()
			boxes := l.rules
			for _, c := range l.cells {
				boxes = append(boxes, c.patch)
				if c.Context != nil {
					boxes = append(boxes, c.context)
					if c.outline.Empty() || !c.outline.In(c.context) {
						t.Errorf("outline %v in context %v", c.outline, c.context)
					}
				}
			}
			for _, p := range l.texts {
				boxes = append(boxes, textBoxes(p)...)
			}
			checkApart(t, fmt.Sprintf("%v patches", counts), image.Rectangle{Max: l.size}, boxes)
			if got.Rect.Size() != l.size || got.Rect.Dx() > 1300 {
				t.Errorf("%v patches: %v, planned were %v", counts, got.Rect, l.size)
			}
			perRow := map[int]int{}
			for _, c := range l.cells {
				perRow[c.patch.Min.Y]++
			}
			for _, n := range perRow {
				if n > 8 {
					t.Errorf("%v patches: %d in a row", counts, n)
				}
			}
		}
	}
}

// textBoxes returns the room of each line of text.
func textBoxes(p placedText) []image.Rectangle {
	var boxes []image.Rectangle
	for _, line := range p.paragraph {
		boxes = append(boxes, image.Rect(p.at.X, p.at.Y, p.at.X+line.width(line.text), p.at.Y+line.line))
		p.at.Y += line.line
	}
	return boxes
}

func checkApart(t *testing.T, what string, whole image.Rectangle, boxes []image.Rectangle) {
	t.Helper()
	for i, a := range boxes {
		if !a.In(whole) {
			t.Errorf("%s: %v is not within %v", what, a, whole)
		}
		for _, b := range boxes[:i] {
			if a.Overlaps(b) {
				t.Errorf("%s: %v and %v overlap", what, b, a)
			}
		}
	}
}

func TestContactKey(t *testing.T) {
	s := exampleSheet()
	if got, want := s.key(), "numbers: evidence in logits  ·  names: what the image shows  ·  outlined: the patch in its image"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	s.Groups = s.Groups[2:]
	if got := s.key(); got != "" {
		t.Errorf("%q without patches", got)
	}
}

func TestContactRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*ContactSheet, *SheetPatch)
		want   string
	}{
		"no groups":         {func(s *ContactSheet, _ *SheetPatch) { s.Groups = nil }, "no groups"},
		"no image":          {func(_ *ContactSheet, p *SheetPatch) { p.Image = nil }, "patch 2 of group 1: there is no image"},
		"no first image":    {func(s *ContactSheet, _ *SheetPatch) { s.Groups[0].Patches[0].Image = nil }, "patch 1 of group 1: there is no image"},
		"empty image":       {func(_ *ContactSheet, p *SheetPatch) { p.Image = &image.NRGBA{} }, "there is no image"},
		"no square":         {func(_ *ContactSheet, p *SheetPatch) { p.Image = drawn(9, 8) }, "9 x 8 pixels are no square"},
		"another size":      {func(_ *ContactSheet, p *SheetPatch) { p.Image = drawn(17, 17) }, "17 x 17 pixels, but the first patch has 9 x 9"},
		"transparent":       {func(_ *ContactSheet, p *SheetPatch) { p.Image = image.NewNRGBA(image.Rect(0, 0, 9, 9)) }, "not opaque"},
		"NaN":               {func(_ *ContactSheet, p *SheetPatch) { p.Evidence = math.NaN() }, "evidence NaN"},
		"infinite":          {func(_ *ContactSheet, p *SheetPatch) { p.Evidence = math.Inf(-1) }, "evidence -Inf"},
		"empty context":     {func(_ *ContactSheet, p *SheetPatch) { p.Context = &image.NRGBA{} }, "no pixels"},
		"clear context":     {func(_ *ContactSheet, p *SheetPatch) { p.Context = image.NewNRGBA(p.Context.Rect) }, "not opaque"},
		"no outline":        {func(_ *ContactSheet, p *SheetPatch) { p.Outline = image.Rectangle{} }, "outline"},
		"outline elsewhere": {func(_ *ContactSheet, p *SheetPatch) { p.Outline = p.Outline.Add(image.Pt(0, 100)) }, "is not within"},
		"too many patches": {func(s *ContactSheet, p *SheetPatch) {
			for range 20000 {
				s.Groups[0].Patches = append(s.Groups[0].Patches, SheetPatch{Image: p.Image, Context: drawn(1, 1), Outline: image.Rect(0, 0, 1, 1)})
			}
		}, "pixels are too many"},
	} {
		s := exampleSheet()
		c.change(&s, &s.Groups[0].Patches[1])
		if _, err := s.Draw(); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "drawing contact sheet: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
