package shuffle

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"bagnet"

	"bagnet/internal/experiment"
)

// constant is a network that says the same of everything, and what it was shown
// last.
type constant struct {
	experiment.Runner
	shown *[]float32
}

func (c constant) Classify(_ context.Context, img *bagnet.Image) (bagnet.Answer, error) {
	*c.shown = img.Tensor().Float32s()
	return bagnet.Answer{Logits: []float32{1, 2}, Outputs: []float32{1, 2}}, nil
}

// sampleOf is an image whose first channel numbers the pixels, and its chance.
func sampleOf(side int, seed uint64) *experiment.Sample {
	img := experiment.NewImage(side, side)
	for i := range side * side {
		img.Values[3*i] = float32(i + 1)
	}
	return &experiment.Sample{Image: img, RNG: rand.New(rand.NewPCG(seed, 1))}
}

// TestTilesHaveTheirOwnChance shuffles for several sizes of tile, of which each
// gets the order that it gets without the others, and no two repeats the same.
func TestTilesHaveTheirOwnChance(t *testing.T) {
	var shown []float32
	net := &experiment.Network{Runner: constant{shown: &shown}}
	order := func(seed uint64, repeats int, tiles ...int) []float32 {
		t.Helper()
		x := Experiment{Settings{Tiles: tiles, Repeats: repeats}}
		if _, err := x.Measure(t.Context(), net, sampleOf(24, seed)); err != nil {
			t.Fatal(err)
		}
		var first []float32 // pixel of each tile of the last size
		last := tiles[len(tiles)-1]
		for y := 0; y < 24; y += last {
			for x := 0; x < 24; x += last {
				first = append(first, shown[3*(24*y+x)])
			}
		}
		return first
	}
	same := func(a, b []float32) (n int) {
		for i := range a {
			if a[i] == b[i] {
				n++
			}
		}
		return n
	}
	for seed := range uint64(10) {
		if alone, after := order(seed, 1, 4), order(seed, 1, 12, 6, 4); same(alone, after) != len(alone) {
			t.Errorf("image %d: tiles of 4 pixels lie as in %v, after others as in %v", seed, alone, after)
		}
		if a, b := order(seed, 1, 4), order(seed+100, 1, 4); same(a, b) > len(a)/2 {
			t.Errorf("images %d and %d are shuffled alike", seed, seed+100)
		}
		if a, b := order(seed, 1, 4), order(seed, 2, 4); same(a, b) > len(a)/2 {
			t.Errorf("image %d: two repeats are shuffled alike", seed)
		}
	}
}

// TestSizesHaveTheirOwnChance says where the tile in the last place of 9 comes from, and
// that of 36, for many images. Of independent orders the correlation is 0, with a
// standard error of 1/sqrt(300) = 0.058; from one stream it is near 1.
func TestSizesHaveTheirOwnChance(t *testing.T) {
	var shown []float32
	net := &experiment.Network{Runner: constant{shown: &shown}}
	from := func(seed uint64, tile int) float64 {
		t.Helper()
		if _, err := (Experiment{Settings{Tiles: []int{tile}, Repeats: 1}}).Measure(t.Context(), net, sampleOf(24, seed)); err != nil {
			t.Fatal(err)
		}
		pixel := int(shown[3*(24*(24-tile)+24-tile)]) - 1 // top left one of the last tile
		return float64(pixel/24/tile*(24/tile) + pixel%24/tile)
	}
	var x, y []float64
	for seed := range uint64(300) {
		x, y = append(x, from(seed, 8)), append(y, from(seed, 4))
	}
	if r := experiment.Pearson(x, y); math.Abs(r) > 0.3 {
		t.Errorf("the orders of 9 and 36 tiles correlate by %.2f", r)
	}
}

// TestBasisTellsRunsApart changes one setting after the other: no run may go on with
// the records of another one's.
func TestBasisTellsRunsApart(t *testing.T) {
	seen := map[string]int{}
	for i, s := range []Settings{
		{Tiles: []int{16, 32}, Repeats: 3, Patches: 1},
		{Tiles: []int{16}, Repeats: 3, Patches: 1},
		{Tiles: []int{16, 32}, Repeats: 4, Patches: 1},
		{Tiles: []int{16, 32}, Repeats: 3},
		{Tiles: []int{16, 32}, Repeats: 3, Patches: 1, Features: true},
	} {
		basis, err := json.Marshal(Experiment{s}.Basis())
		if err != nil {
			t.Fatal(err)
		}
		if j, there := seen[string(basis)]; there {
			t.Errorf("settings %d and %d are both %s", j, i, basis)
		}
		seen[string(basis)] = i
	}
	// Ids of runs come of this text: records of earlier versions stay good.
	if _, there := seen[`{"Tiles":[16,32],"Repeats":3,"Patches":1,"Features":false}`]; !there {
		t.Errorf("%v", seen)
	}
}

// TestSizes has images that the tiles cut without a rest, and others.
func TestSizes(t *testing.T) {
	for _, tc := range []struct {
		tiles []int
		h, w  int
		want  []int
		err   string
	}{
		{nil, 24, 48, []int{8, 12}, ""},
		{[]int{3, 24}, 24, 48, []int{3, 24}, ""},
		{[]int{3, 16}, 24, 48, nil, "tiles of 16 pixels do not cut an image of 48x24 without a rest: those of 2,3,4,6,8,12 do"},
		{[]int{16}, 48, 24, nil, "tiles of 16 pixels do not cut an image of 24x48"},
	} {
		got, err := Settings{Tiles: tc.tiles}.Sizes(tc.h, tc.w)
		if tc.err != "" {
			if err == nil || !strings.HasPrefix(err.Error(), tc.err) {
				t.Errorf("%+v: error %v", tc, err)
			}
			continue
		}
		if err != nil || len(got) != len(tc.want) {
			t.Fatalf("%+v: %v, %v", tc, got, err)
		}
		for i, side := range tc.want {
			if got[i] != side {
				t.Errorf("%+v: %v", tc, got)
			}
		}
	}
}

// TestPictures has the very images that a network is shown, each with the side of its tiles.
func TestPictures(t *testing.T) {
	img := experiment.NewImage(8, 8)
	for i := range img.Values {
		img.Values[i] = float32(i)
	}
	x := Settings{Tiles: []int{2, 4}, Repeats: 2}
	seen, tiles := map[string]bool{}, ""
	net := &recorder{}
	if _, err := (Experiment{x}).Measure(t.Context(), &experiment.Network{Runner: net}, &experiment.Sample{Image: img, RNG: experiment.Chance(5, 3)}); err != nil {
		t.Fatal(err)
	}
	pictures, err := x.Pictures(img, experiment.Chance(5, 3))
	if err != nil {
		t.Fatal(err)
	}
	i := 1 // after the intact one
	for tile, picture := range pictures {
		tiles += fmt.Sprint(tile)
		seen[fmt.Sprint(picture.Values)] = true
		if i >= len(net.shown) || !slices.Equal(picture.Values, net.shown[i]) {
			t.Errorf("picture %d is not what was shown", i)
		}
		i++
	}
	if i != len(net.shown) || tiles != "2244" || len(seen) != 4 {
		t.Errorf("%d pictures of %d, tiles %s, %d different", i-1, len(net.shown)-1, tiles, len(seen))
	}
	if _, err := (Settings{Tiles: []int{3}}).Pictures(img, experiment.Chance(5, 3)); err == nil {
		t.Error("tiles that do not fit were cut")
	}
}

// A recorder notes what it is shown.
type recorder struct {
	experiment.Runner
	shown [][]float32
}

func (r *recorder) Classify(_ context.Context, img *bagnet.Image) (bagnet.Answer, error) {
	r.shown = append(r.shown, img.Tensor().Float32s())
	return bagnet.Answer{Logits: []float32{1, 0}, Outputs: []float32{1, 0}}, nil
}
