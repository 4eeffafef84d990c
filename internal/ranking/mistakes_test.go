package ranking

import (
	"fmt"
	"image"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet/internal/grid"
)

// TestMistakes goes through random images, of classes known or not, taken for any: with
// Mistakes, the patches of a class are those that they are without it of the images that are
// of the class, of none, or of another but taken for it.
func TestMistakes(t *testing.T) {
	rng := rand.New(rand.NewPCG(8, 8))
	classes := []int{3, 0, 1}
	begin := func(mistakes bool) *Collection {
		c := &Collection{N: 1000, Selection: Selection{PerImage: 1000, Overlap: 1}, Mistakes: mistakes, Record: true}
		c.Begin(classes)
		return c
	}
	all, some, again := begin(false), begin(true), begin(true)
	for i := range 60 {
		m := Map{Grid: grid.Grid{Rows: 2, Cols: 2, Origin: 1, Stride: 1, Patch: 3}, Classes: 3, Height: 4, Width: 4}
		for range 2 * 2 * 3 {
			m.Values = append(m.Values, rng.Float32())
		}
		path, truth, predicted := fmt.Sprint("image ", i), rng.IntN(5)-1, rng.IntN(4)
		picture := image.NewNRGBA(image.Rect(0, 0, 4, 4))
		found, err := all.Add(path, m, picture, truth, predicted)
		if err != nil {
			t.Fatal(err)
		}
		if err := again.AddFound(path, found); err != nil { // a part made without it, merged with it
			t.Fatal(err)
		}
		if _, err := some.Add(path, m, picture, truth, predicted); err != nil {
			t.Fatal(err)
		}
	}
	left := 0
	for i, class := range classes {
		for g := range Groups {
			var want, got, merged []string
			for _, p := range all.Lists[i][g].Patches() {
				if p.Truth == class || p.Truth < 0 || p.Predicted == class {
					want = append(want, fmt.Sprint(p.Path, p.Cell))
				} else {
					left++
				}
			}
			for _, p := range some.Lists[i][g].Patches() {
				got = append(got, fmt.Sprint(p.Path, p.Cell))
			}
			for _, p := range again.Lists[i][g].Patches() {
				merged = append(merged, fmt.Sprint(p.Path, p.Cell))
			}
			if !slices.Equal(got, want) || !slices.Equal(merged, want) || len(want) == 0 {
				t.Errorf("class %d, group %d: %d and %d patches, want %d", class, g, len(got), len(merged), len(want))
			}
		}
	}
	if left == 0 || all.Images != some.Images {
		t.Errorf("%d patches left out, of %d and %d images", left, all.Images, some.Images)
	}
}
