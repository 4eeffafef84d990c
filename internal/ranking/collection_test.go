package ranking

import (
	"cmp"
	"fmt"
	"image"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet/internal/grid"
)

func TestScaledIsWithin(t *testing.T) {
	for _, from := range []int{9, 33, 160, 4001, 20000} {
		for _, to := range []int{1, 3, 160, 264} {
			for a := 0; a < from; a += 1 + from/50 {
				for _, n := range []int{1, 9, 33} {
					if b := a + n; b <= from {
						if x, y := scaled(a, b, from, to); x < 0 || y <= x || y > to || b == from && y != to {
							t.Fatalf("[%d,%d) of %d is [%d,%d) of %d", a, b, from, x, y, to)
						}
					}
				}
			}
		}
	}
	if x, y := scaled(40, 73, 160, 80); x != 20 || y != 37 {
		t.Errorf("[40,73) of 160 is [%d,%d) of 80", x, y)
	}
}

func TestGroupOf(t *testing.T) {
	for _, c := range [][3]int{{-1, 0, Unknown}, {-1, 5, Unknown}, {5, 5, Correct}, {0, 5, Distractor}, {0, 0, Correct}} {
		if g := GroupOf(c[0], c[1]); g != c[2] {
			t.Errorf("class %d in an image of %d: group %d, want %d", c[1], c[0], g, c[2])
		}
	}
}

// TestCollection ranks the patches of random images, for classes in an order of their
// own, and compares with all of the patches sorted.
func TestCollection(t *testing.T) {
	const side, patch, n, perImage = 8, 3, 4, 2
	r := rand.New(rand.NewPCG(5, 6))
	classes := []int{7, 2}
	for _, shown := range []int{0, 1, 2} {
		c := Collection{N: n, Selection: Selection{PerImage: perImage, Overlap: 1}, Pictures: shown > 0, Context: shown > 1}
		c.Begin(classes)
		want := map[[2]int][]string{} // by class and group
		evidence := map[string]float32{}
		ofEach := map[int]int{}
		for i := range 12 {
			g := Map{Grid: grid.Grid{Rows: 6, Cols: 6, Origin: 1, Stride: 1, Patch: patch}, Classes: 2, Height: side, Width: side}
			for range 6 * 6 * 2 {
				g.Values = append(g.Values, r.Float32())
			}
			picture := image.NewNRGBA(image.Rect(0, 0, side, side))
			for k := range picture.Pix {
				picture.Pix[k] = uint8(r.IntN(256))
			}
			truth := []int{-1, 7, 2, 3}[i%4]
			ofEach[truth]++
			path := fmt.Sprint("image ", i)
			c.Add(path, g, picture, truth, i)
			for k, class := range classes {
				group := Distractor
				if truth == -1 {
					group = Unknown
				} else if truth == class {
					group = Correct
				}
				var all []string
				for p := range 36 {
					name := fmt.Sprintf("%s class %d at %d,%d", path, class, p%6, p/6)
					evidence[name] = g.Values[2*p+k]
					all = append(all, name)
				}
				slices.SortFunc(all, func(a, b string) int { return cmp.Compare(evidence[b], evidence[a]) })
				want[[2]int{k, group}] = append(want[[2]int{k, group}], all[:perImage]...)
			}
		}
		if c.Images != 12 || !maps.Equal(c.OfEach, ofEach) {
			t.Errorf("%d images, %v", c.Images, c.OfEach)
		}
		for k, class := range classes {
			for group := range Groups {
				sorted := want[[2]int{k, group}]
				slices.SortFunc(sorted, func(a, b string) int { return cmp.Compare(evidence[b], evidence[a]) })
				sorted = sorted[:min(n, len(sorted))]
				var got []string
				for _, p := range c.Lists[k][group].Patches() {
					got = append(got, fmt.Sprintf("%s class %d at %d,%d", p.Path, class, p.X, p.Y))
					if p.Path != fmt.Sprint("image ", p.Predicted) || p.Truth != []int{-1, 7, 2, 3}[p.Predicted%4] {
						t.Errorf("%+v", p)
					}
					if (p.Image != nil) != (shown > 0) || (p.Context != nil) != (shown > 1) {
						t.Errorf("pictures %v, %v", p.Image, p.Context)
					}
					if p.Image != nil && p.Image.Rect.Size() != image.Pt(patch, patch) {
						t.Errorf("%v", p.Image.Rect)
					}
					if p.Context != nil && p.Outline != image.Rect(p.X, p.Y, p.X+patch, p.Y+patch) { // nothing is reduced
						t.Errorf("%v at %d,%d", p.Outline, p.X, p.Y)
					}
				}
				if !slices.Equal(got, sorted) {
					t.Errorf("class %d, group %s:\n%q, want\n%q", class, GroupNames[group], got, sorted)
				}
			}
		}
	}
}
