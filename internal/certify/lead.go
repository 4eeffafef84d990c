package certify

import "math"

// A lead is by how much one class's logits exceed every other's, cell by cell.
type lead struct {
	*sums
	class  int
	levels []blocks // each of blocks of twice the side of the one before
	mosts  map[windows][]float32
	rivals map[int]*rival
}

// blocks are sums of the positive parts of a lead over blocks of side x side cells.
type blocks struct {
	side, down, across int
	sums               []float32 // [down, across, classes]
}

// blockSide is how many cells a side the smallest blocks have.
const blockSide = 4

// A rival is another class.
type rival struct {
	class    int
	total    float64   // of the lead over it
	all      table     // of the lead
	positive table     // see gains
	lead     []float64 // cell by cell, until gains has used it
}

func newLead(s *sums, class int) *lead {
	b := newBlocks(blockSide, s.Rows, s.Cols, s.Classes)
	for i := range s.Rows {
		for j := range s.Cols {
			cell := s.cell(i*s.Cols + j)
			block := b.at(i/b.side, j/b.side, s.Classes)
			own := cell[class]
			for c, u := range cell {
				bits := math.Float32bits(own - u)
				block[c] += math.Float32frombits(bits &^ uint32(int32(bits)>>31)) // 0 for negative ones, without a branch
			}
		}
	}
	return &lead{sums: s, class: class, levels: []blocks{b}, mosts: map[windows][]float32{}, rivals: map[int]*rival{}}
}

func newBlocks(side, rows, cols, classes int) blocks {
	b := blocks{side: side, down: (rows + side - 1) / side, across: (cols + side - 1) / side}
	b.sums = make([]float32, b.down*b.across*classes)
	return b
}

// at returns the sums of a block.
func (b *blocks) at(i, j, classes int) []float32 { return b.sums[(i*b.across+j)*classes:][:classes] }

// level returns the largest blocks of which a window has two a side, or the smallest.
func (l *lead) level(v windows) *blocks {
	level := 0
	for side := 2 * blockSide; 2*side <= min(v.rows, v.cols); side *= 2 {
		if level++; level < len(l.levels) {
			continue
		}
		small, b := &l.levels[level-1], newBlocks(side, l.Rows, l.Cols, l.Classes)
		for i := range small.down {
			for j := range small.across {
				block := b.at(i/2, j/2, l.Classes)
				for c, sum := range small.at(i, j, l.Classes) {
					block[c] += sum
				}
			}
		}
		l.levels = append(l.levels, b)
	}
	return &l.levels[level]
}

// total is the sum of the lead over a class.
func (l *lead) total(class int) float64 { return l.totals[l.class] - l.totals[class] }

// most bounds how much of the lead over each class any window has: the largest sum of the
// blocks that a window may touch. It allows for the rounding of float32.
func (l *lead) most(v windows) []float32 {
	if l.mosts[v] != nil {
		return l.mosts[v]
	}
	b := l.level(v)
	span := func(cells, all int) int { return min((cells+b.side-2)/b.side+1, all) }
	rows, cols := span(v.rows, b.down), span(v.cols, b.across)
	strips := blocks{down: b.down, across: b.across - cols + 1} // of cols blocks side by side
	strips.sums = make([]float32, strips.down*strips.across*l.Classes)
	for i := range strips.down {
		for j := range strips.across {
			strip := strips.at(i, j, l.Classes)
			for x := j; x < j+cols; x++ {
				for c, sum := range b.at(i, x, l.Classes) {
					strip[c] += sum
				}
			}
		}
	}
	largest, whole := make([]float32, l.Classes), make([]float32, l.Classes)
	for i := range b.down - rows + 1 {
		for j := range strips.across {
			clear(whole)
			for y := i; y < i+rows; y++ {
				for c, sum := range strips.at(y, j, l.Classes) {
					whole[c] += sum
				}
			}
			for c, sum := range whole {
				if sum > largest[c] {
					largest[c] = sum
				}
			}
		}
	}
	cells := float32(b.side * b.side * rows * cols)
	for c := range largest {
		largest[c] = largest[c]*(1+cells*0x1p-22) + math.SmallestNonzeroFloat32*cells
	}
	l.mosts[v] = largest
	return largest
}

// rival returns the tables of the lead over a class.
func (l *lead) rival(class int) *rival {
	if r := l.rivals[class]; r != nil {
		return r
	}
	values := make([]float64, l.Rows*l.Cols)
	for i := range values {
		cell := l.cell(i)
		values[i] = float64(cell[l.class]) - float64(cell[class])
	}
	r := &rival{class: class, total: l.total(class), all: newTable(l.Rows, l.Cols, values), lead: values}
	l.rivals[class] = r
	return r
}

// gains returns the table of the positive parts of the lead.
func (r *rival) gains() *table {
	if r.positive.sums == nil {
		cols := r.all.across - 1
		for i, v := range r.lead {
			r.lead[i] = max(v, 0)
		}
		r.positive, r.lead = newTable(len(r.lead)/cols, cols, r.lead), nil
	}
	return &r.positive
}

// among returns the other classes that may be ahead outside so many windows, by falling
// totals: all others are behind by more than the slack, whichever the windows are.
func (l *lead) among(v windows, masks int) []*rival {
	var all []*rival
	most := l.most(v)
	for _, c := range l.order {
		if c != l.class && l.total(c)-float64(masks)*float64(most[c]) <= l.bound {
			all = append(all, l.rival(c))
		}
	}
	return all
}
