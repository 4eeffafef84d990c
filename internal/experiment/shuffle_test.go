package experiment_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet/internal/experiment"
)

// numbered is an image whose values are 1, 2, 3, ...
func numbered(h, w int) experiment.Image {
	img := experiment.NewImage(h, w)
	for i := range img.Values {
		img.Values[i] = float32(i + 1)
	}
	return img
}

func TestTileSizes(t *testing.T) {
	for _, tc := range []struct {
		h, w, least int
		want        []int
	}{
		{160, 160, 7, []int{8, 10, 16, 20, 32, 40, 80}},
		{224, 224, 7, []int{7, 8, 14, 16, 28, 32, 56, 112}},
		{12, 18, 0, []int{1, 2, 3, 6}},
		{13, 26, 7, nil},
	} {
		if got := experiment.TileSizes(tc.h, tc.w, tc.least); !slices.Equal(got, tc.want) {
			t.Errorf("%d x %d from %d on: %v, want %v", tc.h, tc.w, tc.least, got, tc.want)
		}
	}
}

// TestShuffleTiles finds every tile of the image once, whole, in an order that
// the seed decides.
func TestShuffleTiles(t *testing.T) {
	img := numbered(24, 36)
	tile := func(m experiment.Image, y, x, side int) string {
		return fmt.Sprint(m.Crop(y, x, side, side).Values)
	}
	for _, side := range []int{1, 3, 4, 12} {
		shuffled := experiment.ShuffleTiles(img, side, rand.New(rand.NewPCG(1, 2)))
		var before, after []string
		for y := 0; y < img.H; y += side {
			for x := 0; x < img.W; x += side {
				before, after = append(before, tile(img, y, x, side)), append(after, tile(shuffled, y, x, side))
			}
		}
		if slices.Equal(before, after) {
			t.Errorf("tiles of %d stay where they are", side)
		}
		again := experiment.ShuffleTiles(img, side, rand.New(rand.NewPCG(1, 2)))
		other := experiment.ShuffleTiles(img, side, rand.New(rand.NewPCG(2, 2)))
		if !slices.Equal(again.Values, shuffled.Values) || slices.Equal(other.Values, shuffled.Values) {
			t.Errorf("tiles of %d: the seed does not decide", side)
		}
		slices.Sort(before)
		slices.Sort(after)
		if !slices.Equal(before, after) {
			t.Errorf("tiles of %d: not those of the image", side)
		}
	}
	whole := numbered(24, 24)
	if got := experiment.ShuffleTiles(whole, 24, rand.New(rand.NewPCG(1, 2))); !slices.Equal(got.Values, whole.Values) {
		t.Error("one tile is not the image")
	}
	if !slices.Equal(img.Values, numbered(24, 36).Values) {
		t.Error("the image itself has changed")
	}
}

// TestEveryOrderIsEquallyLikely counts the 24 orders of four tiles.
func TestEveryOrderIsEquallyLikely(t *testing.T) {
	img, rng := numbered(2, 2), rand.New(rand.NewPCG(3, 4))
	counts := map[string]int{}
	const n = 24_000
	for range n {
		counts[fmt.Sprint(experiment.ShuffleTiles(img, 1, rng).Values)]++
	}
	chi2 := 0.0
	for _, c := range counts {
		chi2 += float64((c-n/24)*(c-n/24)) / (n / 24)
	}
	if len(counts) != 24 || chi2 > 49.7 { // p = 0.001 with 23 degrees of freedom
		t.Errorf("%d orders, chi-squared %.1f", len(counts), chi2)
	}
}

func TestShufflePositions(t *testing.T) {
	values := numbered(5, 7).Values
	shuffled := experiment.ShufflePositions(values, 3, rand.New(rand.NewPCG(5, 6)))
	var firsts []float32
	for position := range slices.Chunk(shuffled, 3) {
		if position[1] != position[0]+1 || position[2] != position[0]+2 {
			t.Fatalf("a position was torn: %v", position)
		}
		firsts = append(firsts, position[0])
	}
	if slices.IsSorted(firsts) {
		t.Error("positions stay where they are")
	}
	slices.Sort(shuffled)
	if !slices.Equal(shuffled, values) {
		t.Error("these are not the positions of the map")
	}
}

func TestCompare(t *testing.T) {
	s := experiment.Compare([]float32{1, 2, 4}, []float32{3, 4, 6}, 1)
	if s.Class != 2 || s.Logit != 2 || s.Correlation != 1 {
		t.Errorf("%+v", s)
	}
}
