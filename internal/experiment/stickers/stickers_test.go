package stickers

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/images"
	"bagnet/internal/pipeline"
	"bagnet/internal/testkit"
	"bagnet/models"
)

// open opens an embedded model, with a crop.
func open(t *testing.T, name string, crop int) (*bagnet.Model, *experiment.Network) {
	t.Helper()
	data, _ := models.Embedded(name)
	m, err := bagnet.Read(bytes.NewReader(data), int64(len(data)), &bagnet.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	p := m.Preprocessing()
	p.Crop = crop
	if m, err = m.WithPreprocessing(p); err != nil {
		t.Fatal(err)
	}
	net := &experiment.Network{Runner: m, Name: name, Family: m.Info().Family, Patch: m.Info().Patch}
	for _, c := range m.Classes() {
		net.Classes = append(net.Classes, class.Class(c))
	}
	net.Preprocessing = images.Preprocessing{Crop: crop, Mean: p.Mean, Std: p.Std}
	return m, net
}

// pictures are the golf ball, prepared, once for each label; the second one cannot be read.
func pictures(t *testing.T, m *bagnet.Model, n int) []pipeline.Picture {
	t.Helper()
	decoded, err := bagnet.Decode(bytes.NewReader(testkit.GolfBall(t)), nil)
	if err != nil {
		t.Fatal(err)
	}
	img, err := m.Prepare(decoded)
	if err != nil {
		t.Fatal(err)
	}
	var all []pipeline.Picture
	for i := range n {
		p := pipeline.Picture{Image: dataset.Image{Path: string(rune('a' + i))}, Pixels: img}
		if i == 1 {
			p.Err = errors.New("gone")
		}
		all = append(all, p)
	}
	return all
}

// TestFind finds the strongest patch as a heat map's Top does, with what surrounds it.
func TestFind(t *testing.T) {
	m, net := open(t, "bagnet17-imagenette", 97)
	all := pictures(t, m, 5)
	labels := []int{8, 8, 3, class.None, 8}
	s, err := Find(t.Context(), m, net.Classes, slices.Values(all), labels, 1, 40)
	if err != nil {
		t.Fatal(err)
	}
	for c, of := range s.Of {
		if want := map[int]int{8: 1, 3: 1}[c]; len(of) != want {
			t.Fatalf("class %d: %d stickers, want %d", c, len(of), want)
		}
	}
	for _, c := range []int{8, 3} {
		p, err := m.Patches(t.Context(), all[0].Pixels, &bagnet.PatchOptions{Classes: []bagnet.Class{bagnet.Class(net.Classes[c])}})
		if err != nil {
			t.Fatal(err)
		}
		want := p.Heatmaps()[0].Top(1, 0)[0].Rect
		sticker := s.Of[c][0]
		if got := sticker.Picture.Rect.Size(); got != image.Pt(40, 40) || sticker.Patch.Size() != image.Pt(17, 17) || !sticker.Patch.In(sticker.Picture.Rect) {
			t.Fatalf("class %d: %v with the patch at %v", c, got, sticker.Patch)
		}
		whole := all[0].Pixels.Picture()
		for y := range 17 {
			for x := range 17 {
				if sticker.Picture.NRGBAAt(sticker.Patch.Min.X+x, sticker.Patch.Min.Y+y) != whole.NRGBAAt(want.Min.X+x, want.Min.Y+y) {
					t.Fatalf("class %d: the patch is not the one at %v", c, want)
				}
			}
		}
	}
	other, err := Find(t.Context(), m, net.Classes, slices.Values(all[:1]), []int{8}, 1, 40)
	if err != nil || other.Digest() == s.Digest() {
		t.Errorf("%v, other stickers have the same digest", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := Find(ended, m, net.Classes, slices.Values(all), labels, 1, 40); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

// TestAround has squares that would reach beyond the image, and larger ones than it is.
func TestAround(t *testing.T) {
	size := image.Pt(30, 20)
	for _, c := range []struct {
		r    image.Rectangle
		side int
		want image.Rectangle
	}{
		{image.Rect(10, 5, 19, 14), 5, image.Rect(12, 7, 17, 12)},
		{image.Rect(10, 5, 19, 14), 11, image.Rect(9, 4, 20, 15)},
		{image.Rect(0, 11, 9, 20), 15, image.Rect(0, 5, 15, 20)},
		{image.Rect(21, 0, 30, 9), 15, image.Rect(15, 0, 30, 15)},
		{image.Rect(10, 5, 19, 14), 25, image.Rect(2, 0, 27, 20)},
		{image.Rect(10, 5, 19, 14), 99, image.Rect(0, 0, 30, 20)},
	} {
		if got := around(c.r, c.side, size); got != c.want {
			t.Errorf("%d pixels around %v: %v, want %v", c.side, c.r, got, c.want)
		}
	}
}

// TestCheck refuses networks that number their classes otherwise.
func TestCheck(t *testing.T) {
	names := func(labels ...string) (all []class.Class) {
		for i, l := range labels {
			all = append(all, class.Class{Index: i, Label: l})
		}
		return all
	}
	s := &Stickers{Classes: names("a", "b", "c")}
	for i, c := range [][]class.Class{names("a", "b", "c"), names("a", "c", "b"), names("a", "b"), names("a", "b", "d"), names("a", "b", "c", "d")} {
		err := s.Check("net", c)
		if (err == nil) != (i == 0) {
			t.Errorf("%v: %v", c, err)
		}
		if err != nil {
			testkit.CheckMessage(t, err)
		}
	}
}

// colour are stickers of one colour each.
func colour(sides ...int) []Sticker {
	var all []Sticker
	for _, side := range sides {
		img := image.NewNRGBA(image.Rect(0, 0, side, side))
		for i := range img.Pix {
			img.Pix[i] = 255
		}
		img.SetNRGBA(side/2, side/2, color.NRGBA{0, 0, 0, 255})
		all = append(all, Sticker{img, image.Rect(side/2-1, side/2-1, side/2+2, side/2+2)})
	}
	return all
}

// TestPaste looks for the pixels of stickers: so many squares, none over another, and
// everything else as it was.
func TestPaste(t *testing.T) {
	net := &experiment.Network{Preprocessing: images.Preprocessing{Mean: [3]float64{0.5, 0.25, 0}, Std: [3]float64{0.5, 0.25, 2}}}
	m := &measurement{Experiment: Experiment{Found: &Stickers{Of: [][]Sticker{nil, colour(9, 11)}}}, net: net, target: 1}
	r := rand.New(rand.NewPCG(1, 1))
	img := experiment.NewImage(30, 40)
	for i := range img.Values {
		img.Values[i] = 9
	}
	corners := map[bool]int{}
	for range 300 {
		out, ok := m.paste(img, 7, 3, r)
		if !ok {
			t.Fatal("no room for three stickers")
		}
		white, black := 0, 0
		for i := 0; i < len(out.Values); i += 3 {
			switch [3]float32(out.Values[i : i+3]) {
			case [3]float32{1, 3, 0.5}:
				white++
			case [3]float32{-1, -1, 0}:
				black++
			case [3]float32{9, 9, 9}:
			default:
				t.Fatalf("pixel %v", out.Values[i:i+3])
			}
		}
		if white != 3*48 || black != 3 {
			t.Fatalf("%d white and %d black pixels", white, black)
		}
		corners[out.Values[0] != 9]++
		corners[out.Values[len(out.Values)-3] != 9]++
	}
	if corners[true] == 0 {
		t.Error("no sticker in a corner")
	}
	if img.Values[0] != 9 {
		t.Error("the image itself has changed")
	}
	for _, c := range [][2]int{{31, 1}, {7, 100}, {10, 1}} { // larger than the image, too many, larger than one of the stickers
		ok := true
		for range 20 {
			_, fits := m.paste(img, c[0], c[1], r)
			ok = ok && fits
		}
		if ok {
			t.Errorf("room for %d stickers of %d pixels", c[1], c[0])
		}
	}
}

// TestMeasure pastes stickers into the golf ball: places that are whole strides apart say
// the same of a BagNet's grid, but not others, and no certified answer changes.
func TestMeasure(t *testing.T) {
	m, net := open(t, "bagnet9-imagenette", 97)
	all := pictures(t, m, 1)
	found := &Stickers{Classes: net.Classes, Of: make([][]Sticker, 10)}
	for _, c := range []int{2, 8} {
		s, err := Find(t.Context(), m, net.Classes, slices.Values(all), []int{c}, 1, 24)
		if err != nil {
			t.Fatal(err)
		}
		found.Of[c] = s.Of[c]
	}
	x := Experiment{Settings{Sizes: []int{12, 24, 96}, Numbers: []int{1, 3}, Repeats: 4, Places: 3, Target: Any}, found}
	it := &experiment.Sample{Image: experiment.ImageOf(all[0].Pixels), Class: 8, RNG: rand.New(rand.NewPCG(2, 2))}
	r, err := x.Measure(t.Context(), net, it)
	if err != nil {
		t.Fatal(err)
	}
	if r.Target != 2 || r.Class != 8 || len(r.Pasted) != 6 || len(r.Defence) != 2 || len(r.Places) != 2 {
		t.Fatalf("%+v", r)
	}
	for i, p := range r.Pasted {
		tries := 4
		if p.Size == 96 {
			tries = 0 // there are no stickers as large
		}
		if p.Size != []int{12, 24, 96}[i/2] || p.Number != []int{1, 3}[i%2] || p.Tries != tries || p.Became+p.Other > tries {
			t.Errorf("%+v", p)
		}
	}
	for i, d := range r.Defence {
		if d.Size != []int{12, 24}[i] || d.Tries != 4 || d.Certified && d.Changed > 0 || d.Changed < d.Became {
			t.Errorf("%+v", d)
		}
	}
	if !r.Defence[0].Certified {
		t.Error("the golf ball is not certified against 12 pixels")
	}
	for _, p := range r.Places {
		if float64(p.Congruent) > 1e-6 || float64(p.Anywhere) < 1e-3 || math.IsNaN(float64(p.Effect)) {
			t.Errorf("%+v", p)
		}
	}
	for _, own := range []Experiment{{Settings{Target: 8, Sizes: x.Sizes, Numbers: x.Numbers, Repeats: 1}, found}, {Settings{Target: Any}, &Stickers{Of: [][]Sticker{8: colour(9)}}}} {
		if r, err = own.Measure(t.Context(), net, it); err != nil || !r.Own || len(r.Pasted) != 0 {
			t.Errorf("an image of the stickers' class: %+v, %v", r, err)
		}
	}
}

// TestCounting has answers that were the stickers' class before: they became nothing.
func TestCounting(t *testing.T) {
	var p Pasted
	for _, c := range [][3]int{{1, 1, 0}, {1, 1, 1}, {0, 1, 0}, {2, 1, 0}, {2, 1, 1}} { // class, target, plain
		p.add(c[0], c[1], c[2])
	}
	if p != (Pasted{Tries: 5, Became: 1, Other: 2}) {
		t.Errorf("%+v", p)
	}
	d := Defence{Answer: 3}
	for _, answer := range []int{3, 1, 2} {
		d.add(answer, 1)
	}
	if d != (Defence{Answer: 3, Tries: 3, Became: 1, Changed: 2}) {
		t.Errorf("%+v", d)
	}
	d = Defence{Answer: 1}
	if d.add(1, 1); d.Became != 0 || d.Changed != 0 {
		t.Errorf("%+v", d)
	}
}

// TestTarget draws other classes that there are stickers of, each of them at some time.
func TestTarget(t *testing.T) {
	x := Experiment{Settings{Target: Any}, &Stickers{Of: [][]Sticker{colour(9), nil, colour(9), colour(9)}}}
	r := rand.New(rand.NewPCG(3, 3))
	drawn := map[int]int{}
	for range 200 {
		drawn[x.target(2, r)]++
	}
	if len(drawn) != 2 || drawn[0] < 60 || drawn[3] < 60 {
		t.Errorf("%v", drawn)
	}
	if x.Target = 1; x.target(2, r) != 1 {
		t.Error("the target that was asked for is not taken")
	}
}
