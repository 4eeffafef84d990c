package heatmap

import (
	"image"
	"image/color"
	"math"
	"testing"

	"bagnet/internal/grid"
)

func TestScale(t *testing.T) {
	g := Map{Grid: grid.Grid{Rows: 2, Cols: 3}, Values: []float32{10, 11, 12, 13, -14, 15}}
	for p, want := range map[float64]float64{0: 10, 50: 12.5, 100: 15} {
		if s := g.Scale(p); s != want {
			t.Errorf("Scale(%v) = %v, want %v", p, s, want)
		}
	}
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		values []float32
		want   float64
	}{
		{make([]float32, 6), 1}, {nil, 1}, {[]float32{nan, nan}, 1}, {[]float32{inf, -inf}, 1},
		{[]float32{-3, nan, inf}, 3}, {[]float32{math.MaxFloat32, math.MaxFloat32}, math.MaxFloat32},
	} {
		if s := (Map{Values: c.values}).Scale(99); s != c.want {
			t.Errorf("scale of %v is %v, want %v", c.values, s, c.want)
		}
	}
}

// A single hot value colours the pixels nearest to the centre of its patch, all of
// them and no others, wherever it is.
func TestRenderPutsColoursOnPatchCentres(t *testing.T) {
	const w, h = 41, 38
	for _, stride := range []int{1, 2, 3, 8} {
		for _, origin := range []int{16, 0, 4, 1} {
			g := Map{Grid: grid.Grid{Rows: (h-1-2*origin)/stride + 1, Cols: (w-1-2*origin)/stride + 1, Origin: origin, Stride: stride}}
			if g.Rows < 1 || g.Cols < 1 {
				t.Fatalf("no patch from %v", origin)
			}
			g.Values = make([]float32, g.Rows*g.Cols)
			cols, rows := make([]int, w), make([]int, h) // of the centre that each pixel is nearest to
			for x := range cols {
				cols[x] = owner(x, origin, stride, g.Cols, w)
			}
			for y := range rows {
				rows[y] = owner(y, origin, stride, g.Rows, h)
			}
			for hot := range g.Values {
				g.Values[hot] = 5
				img := g.Render(w, h, RdBuR, 5)
				g.Values[hot] = 0
				centre := image.Pt(origin, origin).Add(image.Pt(hot%g.Cols, hot/g.Cols).Mul(stride))
				for y := range h {
					for x := range w {
						want := color.NRGBA{}
						if cols[x] >= 0 && rows[y] >= 0 {
							want = RdBuR.At(0)
						}
						if cols[x] == hot%g.Cols && rows[y] == hot/g.Cols {
							want = RdBuR.At(1)
						}
						if got := img.NRGBAAt(x, y); got != want {
							t.Fatalf("stride %d, origin %v, hot value %d at %v: pixel (%d, %d) is %v, want %v", stride, origin, hot, centre, x, y, got, want)
						}
					}
				}
			}
		}
	}
}

// owner returns which of n centres pixel x is nearest to, of two equally near ones
// the second; -1 if that is one that is missing but would fit into the image.
func owner(x, origin, stride, n, pixels int) int {
	best, found := 0, false
	for i := -pixels; i <= pixels+n; i++ {
		centre := origin + i*stride
		if (i < 0 || i >= n) && (centre < 0 || centre >= pixels) {
			continue
		}
		if !found || math.Abs(float64(x-centre)) <= math.Abs(float64(x-origin-best*stride)) {
			best, found = i, true
		}
	}
	if best < 0 || best >= n {
		return -1
	}
	return best
}

// TestRenderOfWideGrids has a DenseNet's map, whose poolings leave out what remains at the
// border: its outermost cells reach there, in a panel that is reduced, too.
func TestRenderOfWideGrids(t *testing.T) {
	const w, h = 120, 95 // centres on 14, 46, 78 of cells of 32 pixels
	g := Map{Grid: grid.Grid{Rows: 2, Cols: 3, Origin: 14, Stride: 32, Patch: 32, Sees: 263}, Values: []float32{1, 2, 3, 4, 5, 6}}
	img := g.Render(w, h, RdBuR, 6)
	for at, want := range map[image.Point]float64{{}: 1, {29, 29}: 1, {30, 29}: 2, {29, 30}: 4, {119, 0}: 3, {0, 94}: 4, {119, 94}: 6, {61, 94}: 5, {62, 94}: 6} {
		if got := img.NRGBAAt(at.X, at.Y); got != RdBuR.At(want/6) {
			t.Errorf("%v is %v, want the colour of %v", at, got, want)
		}
	}
	g.Sees = 32
	if img := g.Render(w, h, RdBuR, 6); img.NRGBAAt(119, 94).A != 0 {
		t.Error("a map of patches that see no more reaches on")
	}
	g.Sees = 263
	p := Picture{Image: image.NewNRGBA(image.Rect(0, 0, 4001, 90)), Map: g}.reduced()
	if r := p.Map; !r.Wide() || r.Stride != 16 || r.Origin != 7 {
		t.Errorf("reduced to %+v", r.Grid)
	}
}

func TestRenderLeavesOutWhatIsUnknown(t *testing.T) {
	g := Map{Grid: grid.Grid{Rows: 1, Cols: 2, Origin: 1, Stride: 2}, Values: []float32{float32(math.NaN()), float32(math.Inf(-1))}}
	img := g.Render(5, 3, RdBuR, 1)
	if got := img.NRGBAAt(1, 1); got != (color.NRGBA{}) {
		t.Errorf("NaN is drawn as %v", got)
	}
	if got := img.NRGBAAt(3, 1); got != RdBuR.At(-1) {
		t.Errorf("-Inf is drawn as %v", got)
	}
	for _, origin := range []int{90, -90} {
		outside := Map{Grid: grid.Grid{Rows: 1, Cols: 1, Origin: origin, Stride: 8}, Values: []float32{1}}
		if img := outside.Render(5, 3, RdBuR, 1); img.NRGBAAt(4, 0) != (color.NRGBA{}) || img.NRGBAAt(0, 2) != (color.NRGBA{}) {
			t.Errorf("a patch far outside, at %d, is drawn", origin)
		}
	}
}
