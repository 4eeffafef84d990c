package experiment

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet/internal/infill"
)

// TestPeaks finds the highest uncovered pixel anew for each square, by looking at all.
func TestPeaks(t *testing.T) {
	const h, w = 12, 20
	rng := rand.New(rand.NewPCG(3, 3))
	values := make([]float64, h*w)
	for i := range values {
		values[i] = float64(rng.IntN(30)) // with equals
	}
	shares := []float64{0, 0.01, 0.3, 0.75, 1}
	for _, side := range []int{1, 2, 3, 4} {
		got := Peaks(values, h, w, side, shares)
		covered := make([]bool, h*w)
		pixels, k := 0, 0
		for i, share := range shares {
			most := math.Round(share * h * w)
			for {
				missing := most - float64(pixels)
				if missing < float64(side*side)/2 && (share < 1 || missing == 0) {
					break
				}
				best := -1
				for p := range values {
					if !covered[p] && (best < 0 || values[p] > values[best]) {
						best = p
					}
				}
				y, x := min(max(best/w-side/2, 0), h-side), min(max(best%w-side/2, 0), w-side)
				if k >= len(got.Places) || got.Places[k] != (Place{y, x}) {
					t.Fatalf("side %d: square %d of %v, want %d,%d", side, k, got.Places, y, x)
				}
				k++
				for p := range covered {
					if py, px := p/w, p%w; !covered[p] && py >= y && py < y+side && px >= x && px < x+side {
						covered[p] = true
						pixels++
					}
				}
			}
			if got.Counts[i] != k || got.Pixels[i] != pixels {
				t.Errorf("side %d, share %v: %d squares of %d pixels, want %d of %d", side, share, got.Counts[i], got.Pixels[i], k, pixels)
			}
		}
		if got.Side != side || got.Image != h*w || len(got.Places) != k || pixels != h*w {
			t.Errorf("side %d: %d pixels of %+v", side, pixels, got)
		}
	}
}

// TestRanked has the same squares as Peaks where each cell's highest pixel is its centre.
func TestRanked(t *testing.T) {
	c := mustCells(t, 4, 8, 4)
	values := make([]float64, 4*8)
	values[2*8+2], values[2*8+6] = 1, 2
	shares := []float64{0, 0.5, 1}
	ranked, peaks := c.Ranked([]float64{1, 2}, shares), Peaks(values, 4, 8, 4, shares)
	for _, s := range []Squares{ranked, peaks} {
		if s.Side != 4 || s.Image != 32 || !slices.Equal(s.Places, []Place{{0, 4}, {0, 0}}) || !slices.Equal(s.Counts, []int{0, 1, 2}) || !slices.Equal(s.Pixels, []int{0, 16, 32}) {
			t.Errorf("%+v", s)
		}
	}
}

// TestMeansOfCoarseMap gives pixels the values of the squares they are in.
func TestMeansOfCoarseMap(t *testing.T) {
	fine := Cells{Rows: 4, Cols: 6, Side: 1}
	if got := fine.Means([]float32{1, 2, 3, 4, 5, 6}, 2, 3); !slices.Equal(got, []float64{1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 4, 4, 5, 5, 6, 6}) {
		t.Errorf("%v", got)
	}
	pixels := Cells{Rows: 2, Cols: 4, Side: 1}
	if got := pixels.Means([]float32{5, 7}, 1, 2); !slices.Equal(got, []float64{5, 5, 7, 7, 5, 5, 7, 7}) {
		t.Errorf("%v", got)
	}
	if err := pixels.CheckMap(1, 2); err == nil || pixels.CheckMap(2, 4) != nil {
		t.Errorf("a map that lacks values of pixels: %v", err)
	}
}

// TestRoadFill holds the fill against that without noise: what is between is of the
// deviation that was asked for in each channel, the same for a pixel whatever else is
// masked, and the same for the same chance.
func TestRoadFill(t *testing.T) {
	const h, w = 40, 48
	img := random(h, w, 5)
	std := [3]float64{0.25, 0.5, 1}
	filled := func(seed uint64, mask []bool) Image {
		t.Helper()
		m := img.Crop(0, 0, h, w)
		if err := NewRoadFill(h, w, std, rand.New(rand.NewPCG(seed, 1))).Fill(m, mask); err != nil {
			t.Fatal(err)
		}
		return m
	}
	noise := func(seed uint64, mask []bool) []float64 {
		plain := img.Crop(0, 0, h, w)
		if err := infill.Linear(plain.Values, h, w, mask); err != nil {
			t.Fatal(err)
		}
		var noise []float64
		for i, v := range filled(seed, mask).Values {
			noise = append(noise, float64(v)-float64(plain.Values[i]))
		}
		return noise
	}
	mask, other := make([]bool, h*w), make([]bool, h*w)
	for p := range mask {
		mask[p], other[p] = p%w < 36, p/w < 30
	}
	first, second := noise(1, mask), noise(1, other)
	for c, deviation := range std {
		var squares, n float64
		for p := range mask {
			v := first[3*p+c]
			if !mask[p] && v != 0 {
				t.Fatalf("pixel %d, which is not masked, has noise of %v", p, v)
			}
			if mask[p] && other[p] && math.Abs(v-second[3*p+c]) > 1e-6 {
				t.Fatalf("pixel %d has noise of %v, with others masked %v", p, v, second[3*p+c])
			}
			if mask[p] {
				squares, n = squares+v*v, n+1
			}
		}
		// The standard error of a deviation of 1440 values is 2 %.
		if got, want := math.Sqrt(squares/n), 0.01/deviation; math.Abs(got/want-1) > 0.07 {
			t.Errorf("channel %d: deviation %v, want %v", c, got, want)
		}
	}
	if !slices.Equal(filled(1, mask).Values, filled(1, mask).Values) || slices.Equal(filled(1, mask).Values, filled(2, mask).Values) {
		t.Error("the noise is not what its chance says")
	}
	all := slices.Repeat([]bool{true}, h*w)
	if got := noise(1, all); math.Abs(got[7]-first[7]) > 1e-6 {
		t.Errorf("with all masked the noise is %v, want %v", got[7], first[7])
	}
}

// TestEmptyOnce asks for an image that is all masked several times: the network sees it once.
func TestEmptyOnce(t *testing.T) {
	cells := mustCells(t, 4, 4, 2)
	m := NewMasking(&broken{3}, NewImage(4, 4), 0, []float32{1}, MeanFill{})
	squares := Squares{Side: 2, Places: cells.Places(nil), Counts: []int{0, 1, 4}}
	for i, curve := range []func() ([]Response, error){ // 1 and 4 masked; then 3
		func() ([]Response, error) { return m.Deletion(t.Context(), squares) },
		func() ([]Response, error) { return m.Insertion(t.Context(), squares) },
	} {
		if got, err := curve(); err != nil || len(got) != 3 {
			t.Errorf("curve %d: %v, %v", i, got, err)
		}
	}
}
