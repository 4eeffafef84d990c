package ranking

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet/internal/grid"
)

// TestFound ranks the patches of random images in one collection, and in three that have a
// third of the images each and record what they take. What is recorded, as JSON, makes the
// same lists, for fewer patches and some of the classes too.
func TestFound(t *testing.T) {
	const side, patch = 9, 3
	classes := []int{7, 2, 5}
	for seed := range uint64(40) {
		r := rand.New(rand.NewPCG(seed, 3))
		pictures, context := seed%3 > 0, seed%3 > 1
		one := Collection{N: 4, Selection: Selection{PerImage: 1 + int(seed%3), Overlap: 1}, Pictures: pictures, Context: context}
		one.Begin(classes)
		few := Collection{N: 2, Selection: one.Selection, Pictures: pictures}
		few.Begin(classes[1:])
		var shards [3]Collection
		for i := range shards {
			shards[i] = one
			shards[i].Record = true
			shards[i].Begin(classes)
		}
		var lines [3][]byte
		for i := range 15 {
			m := Map{Grid: grid.Grid{Rows: 7, Cols: 7, Origin: 1, Stride: 1, Patch: patch}, Classes: 3, Height: side, Width: side}
			for range 7 * 7 * 3 {
				m.Values = append(m.Values, float32(r.IntN(30))) // many are equal
			}
			picture := image.NewNRGBA(image.Rect(0, 0, side, side))
			for k := range picture.Pix {
				picture.Pix[k] = uint8(r.IntN(256))
				if k%4 == 3 && i%2 == 0 {
					picture.Pix[k] = 255
				}
			}
			path, truth := fmt.Sprint("image ", i%14), []int{-1, 7, 2, 3}[i%4]
			fewer := m // of two classes
			fewer.Classes, fewer.Values = 2, nil
			for i, v := range m.Values {
				if i%3 > 0 {
					fewer.Values = append(fewer.Values, v)
				}
			}
			for c, of := range map[*Collection]int{&one: -1, &few: -1, &shards[i/5]: i / 5} {
				seen := m
				if c == &few {
					seen = fewer
				}
				f, err := c.Add(path, seen, picture, truth, i)
				if err != nil || (f != nil) != (of >= 0) {
					t.Fatal(f, err)
				}
				if of >= 0 {
					line, err := json.Marshal(f)
					if err != nil {
						t.Fatal(err)
					}
					lines[of] = append(append(lines[of], fmt.Sprintf("%q", path)...), append(line, '\n')...)
				}
			}
		}
		for _, want := range []*Collection{&one, &few} {
			got := Collection{N: want.N, Selection: want.Selection, Pictures: want.Pictures, Context: want.Context}
			got.Begin(want.Classes)
			for _, shard := range lines {
				d := json.NewDecoder(bytes.NewReader(shard))
				for d.More() {
					var path string
					var f Found
					if err := d.Decode(&path); err != nil {
						t.Fatal(err)
					}
					if err := d.Decode(&f); err != nil {
						t.Fatal(err)
					}
					if err := got.AddFound(path, &f); err != nil {
						t.Fatal(err)
					}
				}
			}
			if got.Images != want.Images || !maps.Equal(got.OfEach, want.OfEach) {
				t.Errorf("%d images, %v; want %d, %v", got.Images, got.OfEach, want.Images, want.OfEach)
			}
			for i := range want.Lists {
				for g := range want.Lists[i] {
					a, b := got.Lists[i][g].Patches(), want.Lists[i][g].Patches()
					if !slices.EqualFunc(a, b, samePatch) {
						t.Fatalf("seed %d, class %d, group %d:\n%v\nwant\n%v", seed, want.Classes[i], g, a, b)
					}
				}
			}
		}
	}
}

// samePatch compares all that is known of two patches.
func samePatch(a, b *Patch) bool {
	return a.Path == b.Path && a.Cell == b.Cell && a.Truth == b.Truth && a.Predicted == b.Predicted && a.Outline == b.Outline &&
		samePicture(a.Image, b.Image) && samePicture(a.Context, b.Context)
}

func samePicture(a, b *image.NRGBA) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Rect == b.Rect.Sub(b.Rect.Min) && bytes.Equal(a.Pix, b.Pix)
}

// TestFoundDamaged has records that no collection made.
func TestFoundDamaged(t *testing.T) {
	for name, f := range map[string]Found{
		"no picture":  {Patches: []FoundPatch{{Class: 1}}},
		"none there":  {Patches: []FoundPatch{{Class: 1, Picture: -1}}, Pictures: [][]byte{{1}}},
		"not a PNG":   {Patches: []FoundPatch{{Class: 1, Outline: []int{0, 0, 1, 1}}}, Pictures: [][]byte{{1, 2}}, Context: []byte{1}},
		"no context":  {Patches: []FoundPatch{{Class: 1, Outline: []int{0, 0, 1, 1}}}, Pictures: [][]byte{{1, 2}}},
		"no outline":  {Patches: []FoundPatch{{Class: 1}}, Pictures: [][]byte{{1, 2}}, Context: []byte{1}},
		"cut outline": {Patches: []FoundPatch{{Class: 1, Outline: []int{1}}}, Pictures: [][]byte{{1, 2}}, Context: []byte{1}},
	} {
		c := Collection{N: 1, Pictures: true, Context: true}
		c.Begin([]int{1})
		if err := c.AddFound("a", &f); err != errFound {
			t.Errorf("%s: %v", name, err)
		}
	}
}
