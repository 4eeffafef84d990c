package ranking

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet/internal/grid"
)

// randomGrid makes evidence with many ties.
func randomGrid(r *rand.Rand, q, stride, origin int) Map {
	g := Map{Grid: grid.Grid{Origin: origin, Stride: stride, Patch: q}, Classes: 1 + r.IntN(3), Height: q + r.IntN(30), Width: q + r.IntN(30)}
	g.Rows, g.Cols = (g.Height+stride-1)/stride, (g.Width+stride-1)/stride
	g.Values = make([]float32, g.Rows*g.Cols*g.Classes)
	for i := range g.Values {
		g.Values[i] = float32(r.IntN(7) - 3)
	}
	return g
}

// slowStrongest is the definition: look for the strongest patch inside the
// image that none of those found before overlaps too much, until there is none.
func slowStrongest(g Map, class int, s Selection) []Cell {
	var found []Cell
	for len(found) < s.PerImage {
		best := Cell{Evidence: float32(math.Inf(-1))}
		for i := range g.Rows {
			for j := range g.Cols {
				y, x := g.Origin+i*g.Stride-g.Patch/2, g.Origin+j*g.Stride-g.Patch/2
				if y < 0 || x < 0 || y+g.Patch > g.Height || x+g.Patch > g.Width {
					continue
				}
				v := g.Values[(i*g.Cols+j)*g.Classes+class]
				ok := v > best.Evidence && !slices.Contains(found, Cell{x, y, v})
				for _, f := range found {
					common := 0
					for py := y; py < y+g.Patch; py++ {
						for px := x; px < x+g.Patch; px++ {
							if py >= f.Y && py < f.Y+g.Patch && px >= f.X && px < f.X+g.Patch {
								common++
							}
						}
					}
					ok = ok && float64(common) <= s.Overlap*float64(g.Patch*g.Patch)
				}
				if ok {
					best = Cell{x, y, v}
				}
			}
		}
		if math.IsInf(float64(best.Evidence), -1) {
			break
		}
		found = append(found, best)
	}
	return slices.DeleteFunc(found, func(c Cell) bool { return c.Evidence < s.AtLeast })
}

func TestStrongestIsBruteForce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		q := []int{1, 3, 9}[r.IntN(3)]
		g := randomGrid(r, q, []int{1, 2, 4, 8}[r.IntN(4)], []int{0, q / 2}[r.IntN(2)])
		s := Selection{PerImage: []int{1, 2, 5, 1000}[r.IntN(4)], Overlap: []float64{0, 0.3, 0.5, 1}[r.IntN(4)], AtLeast: float32(r.IntN(9) - 5)}
		if s.PerImage == 1000 && s.Overlap > 0.5 {
			s.PerImage = 20 // the definition is slow
		}
		most := g.Most()
		for class := range g.Classes {
			strongest := slowStrongest(g, class, Selection{PerImage: 1, AtLeast: float32(math.Inf(-1))})
			if len(strongest) == 0 {
				strongest = []Cell{{Evidence: float32(math.Inf(-1))}}
			}
			if most[class] != strongest[0].Evidence {
				t.Fatalf("most evidence %v, want %v", most[class], strongest[0].Evidence)
			}
			if got, want := g.Strongest(class, s), slowStrongest(g, class, s); !slices.Equal(got, want) {
				t.Fatalf("%+v of %d x %d every %d from %d, patches of %d in %d x %d:\n%v\nwant\n%v", s, g.Rows, g.Cols, g.Stride, g.Origin, q, g.Height, g.Width, got, want)
			}
		}
	}
}

// TestWideCells has cells side by side that all count, whatever reaches beyond the image: no
// two of them share pixels until they are moved inside.
func TestWideCells(t *testing.T) {
	g := Map{Grid: grid.Grid{Rows: 3, Cols: 2, Origin: 0, Stride: 4, Patch: 4, Sees: 40}, Classes: 1, Height: 9, Width: 6, Values: []float32{1, 2, 3, 9, 5, 6}}
	want := []Cell{{2, 2, 9}, {2, 5, 6}, {0, 5, 5}, {0, 2, 3}, {2, 0, 2}, {0, 0, 1}}
	if got := g.Strongest(0, Selection{PerImage: 9, AtLeast: -1}); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := g.Strongest(0, Selection{PerImage: 1, AtLeast: -1}); !slices.Equal(got, want[:1]) {
		t.Errorf("the strongest is %v, want %v", got, want[:1])
	}
	g.Values[0] = 11
	if got := g.Strongest(0, Selection{PerImage: 1, AtLeast: -1}); !slices.Equal(got, []Cell{{0, 0, 11}}) || g.Most()[0] != 11 {
		t.Errorf("the strongest is %v, or has %v", got, g.Most())
	}
	g.Sees = 4 // as a BagNet's would be
	if got := g.Strongest(0, Selection{PerImage: 9, AtLeast: -1}); !slices.Equal(got, []Cell{{2, 2, 9}}) {
		t.Errorf("%v is inside", got)
	}
	g.Sees, g.Height = 40, 3
	if got := g.Strongest(0, Selection{PerImage: 9, AtLeast: -1}); len(got) != 0 || !math.IsInf(float64(g.Most()[0]), -1) {
		t.Errorf("%v is inside an image of 3 pixels", got)
	}
}

// TestListIsASort offers patches in two orders, some of them twice.
func TestListIsASort(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var all []*Patch
		for i := range r.IntN(40) {
			p := &Patch{Path: fmt.Sprint(r.IntN(4)), Cell: Cell{X: i, Y: r.IntN(2), Evidence: float32(r.IntN(5))}}
			all = append(all, p)
		}
		want := slices.SortedFunc(slices.Values(all), func(a, b *Patch) int {
			switch {
			case a.Evidence != b.Evidence:
				return int(b.Evidence - a.Evidence)
			case a.Path != b.Path:
				return int(a.Path[0]) - int(b.Path[0])
			case a.Y != b.Y:
				return a.Y - b.Y
			}
			return a.X - b.X
		})
		n := 1 + r.IntN(12)
		want = want[:min(n, len(want))]
		offers := slices.Concat(all, all[:len(all)/2])
		for range 2 {
			r.Shuffle(len(offers), func(i, j int) { offers[i], offers[j] = offers[j], offers[i] })
			l := NewList(n)
			for _, p := range offers {
				floor := l.AtLeast()
				again := *p // another one with the same content
				if l.Offer(&again) && p.Evidence < floor {
					t.Fatalf("took evidence %v below %v", p.Evidence, floor)
				}
			}
			if len(l.Patches()) != len(want) {
				t.Fatalf("%d patches, want %d", len(l.Patches()), len(want))
			}
			for i, p := range l.Patches() {
				if *p != *want[i] {
					t.Fatalf("place %d of %d: %+v, want %+v", i, n, *p, *want[i])
				}
			}
		}
	}
}
