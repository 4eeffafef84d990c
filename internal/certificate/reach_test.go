package certificate

import (
	"image"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"gorgonia.org/tensor"

	"bagnet"
	"bagnet/internal/certify"
	"bagnet/internal/testkit"
)

// cells are the patch logits of an image of random pixels, of which those of the sticker
// are others.
func cells(t *testing.T, m *bagnet.Model, size image.Point, sticker image.Rectangle, seed uint64) *bagnet.Patches {
	t.Helper()
	r := rand.New(rand.NewPCG(5, 5))
	pixels := make([]float32, 3*size.X*size.Y)
	for i := range pixels {
		pixels[i] = float32(r.NormFloat64())
	}
	r = rand.New(rand.NewPCG(6, seed))
	for y := sticker.Min.Y; y < sticker.Max.Y; y++ {
		for x := sticker.Min.X; x < sticker.Max.X; x++ {
			for c := range 3 {
				pixels[3*(y*size.X+x)+c] = float32(40 * r.NormFloat64())
			}
		}
	}
	img, err := bagnet.FromTensor(tensor.New(tensor.WithShape(size.Y, size.X, 3), tensor.WithBacking(pixels)))
	if err != nil {
		t.Fatal(err)
	}
	p, err := m.Patches(t.Context(), img, &bagnet.PatchOptions{Classes: m.Classes()})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestReach changes pixels in real networks, padded ones too, and looks which cells change:
// none but those whose square the sticker meets, no more of them a side than Window says,
// and so many in one place at least. A cell sees the corners of its square.
func TestReach(t *testing.T) {
	for _, name := range []string{"v1-q9", "v1-q17", "v1-q33", "v1-q45", "v1-strides-2211", "v2-q17", "v2-q33", "v2-later-1222"} {
		m, err := bagnet.Open(filepath.Join(testkit.Root(t), "internal", "model", "testdata", name+".safetensors"), &bagnet.Options{Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		q := m.Info().Patch
		size := image.Pt(q+75, q+58)
		before := cells(t, m, size, image.Rectangle{}, 0)
		g := certify.Geometry{Patch: before.Patch, Stride: before.Stride}
		for _, p := range []int{1, 2, 7, 8, 9, 23} {
			r := rand.New(rand.NewPCG(7, uint64(p)))
			most := image.Point{}
			for try := range 24 {
				at := image.Pt(r.IntN(size.X-p+1), r.IntN(size.Y-p+1))
				if try < 2*g.Stride { // every place on the grid
					at = image.Pt(size.X/2-p/2+try/2, size.Y/2-p/2+try/2)
				}
				sticker := image.Rectangle{Min: at, Max: at.Add(image.Pt(p, p))}
				touched := changed(t, before, cells(t, m, size, sticker, uint64(try)), sticker)
				most.X, most.Y = max(most.X, touched.Dx()), max(most.Y, touched.Dy())
			}
			w := g.Window(p)
			full := image.Pt(min(w, before.Cols), min(w, before.Rows))
			if most.X > w || most.Y > w {
				t.Errorf("%s: a sticker of %d pixels changes %v cells, more than %d a side", name, p, most, w)
			}
			if most != full && g.Stride == 8 {
				t.Errorf("%s: a sticker of %d pixels changes %v cells at most: windows of %d are larger than they need be", name, p, most, w)
			}
		}
	}
}

// changed returns the rectangle of cells that changed, all of which meet the sticker.
func changed(t *testing.T, before, after *bagnet.Patches, sticker image.Rectangle) image.Rectangle {
	t.Helper()
	var all image.Rectangle
	a, b, n := before.Values.Float32s(), after.Values.Float32s(), len(before.Classes)
	for i := range before.Rows {
		for j := range before.Cols {
			same := true
			for c := range n {
				same = same && a[(i*before.Cols+j)*n+c] == b[(i*before.Cols+j)*n+c]
			}
			if same {
				continue
			}
			if all = all.Union(image.Rect(j, i, j+1, i+1)); !before.Rect(i, j).Overlaps(sticker) {
				t.Errorf("cell %d, %d changes, which sees %v, not %v", i, j, before.Rect(i, j), sticker)
			}
		}
	}
	return all
}

// TestLargest has the sticker that Largest gives fit into the window, and a larger one not.
func TestLargest(t *testing.T) {
	for _, g := range []certify.Geometry{{Patch: 33, Stride: 8}, {Patch: 17, Stride: 8}, {Patch: 9, Stride: 8}, {Patch: 45, Stride: 4}, {Patch: 9, Stride: 1}} {
		for w := range 40 {
			p := g.Largest(w)
			if p > 0 && g.Window(p) != w || g.Window(p+1) != max(w, g.Window(1)-1)+1 {
				t.Errorf("%+v: %d pixels for windows of %d, but they need %d, and a pixel more %d", g, p, w, g.Window(p), g.Window(p+1))
			}
		}
	}
	if w := (certify.Geometry{Patch: 33, Stride: 8}).Window(32); w != 8 { // PatchGuard's, of 224 pixels
		t.Errorf("windows of %d", w)
	}
}

// TestSticker has published sizes: 2 % of 224 x 224 pixels are 32 a side.
func TestSticker(t *testing.T) {
	for _, c := range []struct {
		name       string
		w, h, side int
		wrong      bool
	}{
		{name: "1%", w: 224, h: 224, side: 23}, {name: "2%", w: 224, h: 224, side: 32}, {name: "3%", w: 224, h: 224, side: 39},
		{name: "1%", w: 160, h: 160, side: 16}, {name: "2%", w: 160, h: 160, side: 23}, {name: "3%", w: 160, h: 160, side: 28},
		{name: "0.5%", w: 200, h: 100, side: 10}, {name: "100%", w: 30, h: 30, side: 30}, {name: "7", w: 30, h: 30, side: 7}, {name: "900", w: 30, h: 30, side: 900},
		{name: "0", wrong: true}, {name: "-3", wrong: true}, {name: "", wrong: true}, {name: "%", wrong: true}, {name: "0%", wrong: true},
		{name: "NaN%", wrong: true}, {name: "100.1%", wrong: true}, {name: "1.5", wrong: true}, {name: "1000001", wrong: true}, {name: "2 %", wrong: true},
	} {
		s, err := ParseSticker(c.name)
		if (err != nil) != c.wrong {
			t.Errorf("%q: %v", c.name, err)
			continue
		}
		if err != nil {
			testkit.CheckMessage(t, err)
			continue
		}
		if side := s.Side(c.w, c.h); side != c.side {
			t.Errorf("%s of %d x %d: %d pixels, want %d", c.name, c.w, c.h, side, c.side)
		}
	}
}
