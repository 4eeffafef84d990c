package certify

import (
	"cmp"
	"math"
	"slices"
)

// What is summed of a cell's logit u.
type kind int

const (
	identity kind = iota // u
	positive             // max(u, 0)
	squashed             // tanh(0.05u - 1), as in clipped BagNets
)

func (k kind) of(u float32) float64 {
	switch k {
	case positive:
		return float64(max(u, 0))
	case squashed:
		return 1 - 2/(math.Exp(0.1*float64(u)-2)+1) // faster than math.Tanh, and as good beside 1
	}
	return float64(u)
}

// sums are those of a grid's cells, by class.
type sums struct {
	Grid
	kind    kind
	totals  []float64 // over all cells
	order   []int     // classes by falling totals, equal ones by index
	bound   float64   // see slack
	byClass map[int]table
}

func newSums(g Grid, k kind) *sums {
	s := &sums{Grid: g, kind: k, totals: make([]float64, g.Classes), order: make([]int, g.Classes), byClass: map[int]table{}}
	row := make([]float64, g.Classes)
	for i := range g.Rows {
		clear(row)
		for j := range g.Cols {
			k.add(row, g.cell(i*g.Cols+j))
		}
		for c, v := range row {
			s.totals[c] += v
		}
	}
	for c := range s.order {
		s.order[c] = c
	}
	slices.SortFunc(s.order, func(a, b int) int { return cmp.Or(cmp.Compare(s.totals[b], s.totals[a]), a-b) })
	s.bound = s.slackOf(s.largest())
	return s
}

// add adds what is summed of the logits of one cell to the sums of a row.
func (k kind) add(row []float64, logits []float32) {
	switch k {
	case identity:
		for c, u := range logits {
			row[c] += float64(u)
		}
	default:
		for c, u := range logits {
			row[c] += k.of(u)
		}
	}
}

// cell returns the logits of a cell.
func (g *Grid) cell(i int) []float32 { return g.Logits[i*g.Classes:][:g.Classes] }

// largest returns a bound of the values' magnitudes.
func (s *sums) largest() float64 {
	if s.kind == squashed {
		return 1
	}
	var bits uint32
	for _, u := range s.Logits {
		bits = max(bits, math.Float32bits(u)&^(1<<31)) // ordered as magnitudes are
	}
	return float64(math.Float32frombits(bits))
}

// slackOf bounds the rounding of a difference of two classes' sums. Let A be the number
// of cells times the largest magnitude, so that no sum of cells exceeds it, and u = 2^-53.
// An entry of a table is made by at most rows+cols additions of numbers up to A, or 2A
// where the table is one of differences: it is off by 2(rows+cols)uA at most, and so is a
// total. The sum outside two windows takes twelve entries, a total, and 15 operations on
// numbers of up to 8A: less than 26(rows+cols)uA + 120uA. The slack is
// 32(rows+cols+8)uA.
func (s *sums) slackOf(largest float64) float64 {
	return math.Ldexp(float64(s.Rows+s.Cols+8)*float64(s.Rows*s.Cols)*largest, -48)
}

// slack is what a margin must exceed to be one: see slackOf.
func (s *sums) slack() float64 { return s.bound }

// outside returns the sum of a class's cells outside some rectangles. It defines the
// answers: cells are added row by row, so their sum depends on nothing else.
func (s *sums) outside(class int, holes ...rect) float64 {
	total := 0.0
	for i := range s.Rows {
		row := 0.0
		for j := 0; j < s.Cols; {
			next := j
			for _, h := range holes {
				if i >= h.row && i < h.row+h.rows && j >= h.col && j < h.col+h.cols {
					next = max(next, h.col+h.cols)
				}
			}
			if next > j {
				j = next
				continue
			}
			row += s.kind.of(s.Logits[(i*s.Cols+j)*s.Classes+class])
			j++
		}
		total += row
	}
	return total
}

// ahead reports whether the sum of class a's cells outside the holes exceeds b's; of equal
// sums the lower class's does. difference is theirs, a's minus b's, up to twice the slack.
func (s *sums) ahead(difference float64, a, b int, holes ...rect) bool {
	if math.Abs(difference) <= 2*s.bound {
		difference = s.outside(a, holes...) - s.outside(b, holes...)
	}
	return difference > 0 || difference == 0 && a < b
}

// values are those of a class's cells.
func (s *sums) values(class int) []float64 {
	values := make([]float64, s.Rows*s.Cols)
	for i := range values {
		values[i] = s.kind.of(s.Logits[i*s.Classes+class])
	}
	return values
}

// table is that of a class.
func (s *sums) table(class int) table {
	t, there := s.byClass[class]
	if !there {
		t = newTable(s.Rows, s.Cols, s.values(class))
		s.byClass[class] = t
	}
	return t
}
