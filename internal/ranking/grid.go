// Package ranking finds the patches with the most evidence: in one image and
// over any number of them, in memory that does not grow with their number.
package ranking

import (
	"cmp"
	"math"
	"slices"

	"bagnet/internal/grid"
)

// A Map is what the patches of one image say about some classes.
type Map struct {
	grid.Grid
	Values        []float32 // [Rows, Cols, Classes]
	Classes       int
	Height, Width int // of the image, pixels
}

// A Cell is a patch of an image.
type Cell struct {
	X, Y     int // its top left pixel
	Evidence float32
}

// before orders cells: more evidence first, then from top to bottom, then from
// left to right.
func (a Cell) before(b Cell) int {
	return cmp.Or(cmp.Compare(b.Evidence, a.Evidence), cmp.Compare(a.Y, b.Y), cmp.Compare(a.X, b.X))
}

// A Selection says which patches of an image count.
type Selection struct {
	PerImage int     // at most so many
	Overlap  float64 // share of a patch's area that a stronger patch may cover, 0 to 1
	// AtLeast leaves out weaker patches. They never keep others from being
	// selected, so it changes nothing else.
	AtLeast float32
}

// Strongest returns the patches with the most evidence for a class, strongest
// first, among those that lie wholly inside the image. One that a stronger one
// overlaps too much is passed over. Cells that stand for what is around them
// (grid.Grid.Wide) all count: those that reach beyond the image are moved inside.
func (g Map) Strongest(class int, s Selection) []Cell {
	i0, i1 := g.Inside(g.Rows, g.Height)
	j0, j1 := g.Inside(g.Cols, g.Width)
	var found []Cell
	for i := i0; i < i1; i++ {
		for j := j0; j < j1; j++ {
			v := g.Values[(i*g.Cols+j)*g.Classes+class]
			if v < s.AtLeast {
				continue
			}
			at := g.Rect(i, j).Min
			c := Cell{at.X, at.Y, v}
			if s.PerImage == 1 && len(found) == 1 {
				if c.before(found[0]) < 0 {
					found[0] = c
				}
				continue
			}
			found = append(found, c)
		}
	}
	if len(found) > 1 {
		slices.SortFunc(found, Cell.before)
		found = g.apart(found, s)
	}
	for i := range found {
		found[i] = g.moved(found[i])
	}
	return found
}

// moved returns c, moved inside the image if it reaches beyond.
func (g Map) moved(c Cell) Cell {
	c.X = max(0, min(c.X, g.Width-g.Patch))
	c.Y = max(0, min(c.Y, g.Height-g.Patch))
	return c
}

// Most returns the most evidence that any patch that Strongest may return gives
// for each class, minus infinity where there is no such patch. It takes much
// less time than Strongest for each of many classes.
func (g Map) Most() []float32 {
	most := make([]float32, g.Classes)
	for c := range most {
		most[c] = float32(math.Inf(-1))
	}
	i0, i1 := g.Inside(g.Rows, g.Height)
	j0, j1 := g.Inside(g.Cols, g.Width)
	for i := i0; i < i1; i++ {
		for j := j0; j < j1; j++ {
			for c, v := range g.Values[(i*g.Cols+j)*g.Classes:][:g.Classes] {
				most[c] = max(most[c], v)
			}
		}
	}
	return most
}

// apart keeps of sorted cells those that no kept one overlaps too much.
func (g Map) apart(sorted []Cell, s Selection) []Cell {
	limit := s.Overlap * float64(g.Patch*g.Patch)
	kept := make([]Cell, 0, min(s.PerImage, len(sorted)))
	for _, c := range sorted {
		if len(kept) == s.PerImage {
			break
		}
		if !slices.ContainsFunc(kept, func(k Cell) bool { return float64(g.shared(c, k)) > limit }) {
			kept = append(kept, c)
		}
	}
	return kept
}

// shared returns how many pixels two patches have in common.
func (g Map) shared(a, b Cell) int {
	return max(0, g.Patch-abs(a.X-b.X)) * max(0, g.Patch-abs(a.Y-b.Y))
}

// abs returns |n|.
func abs(n int) int { return max(n, -n) }
