package certify

import "math"

// A lead is by how much one class's logits exceed every other's, cell by cell.
type lead struct {
	*sums
	class  int
	blocks []float32 // [down, across, classes] sums of the positive parts over blocks of cells
	down   int
	across int
	mosts  map[windows][]float32
	rivals map[int]*rival
}

// blockSide is how many cells a side a block has.
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
	l := &lead{sums: s, class: class, mosts: map[windows][]float32{}, rivals: map[int]*rival{}}
	l.down, l.across = (s.Rows+blockSide-1)/blockSide, (s.Cols+blockSide-1)/blockSide
	l.blocks = make([]float32, l.down*l.across*s.Classes)
	for i := range s.Rows {
		for j := range s.Cols {
			cell := s.cell(i*s.Cols + j)
			block := l.blocks[(i/blockSide*l.across+j/blockSide)*s.Classes:][:len(cell)]
			own := cell[class]
			for c, u := range cell {
				bits := math.Float32bits(own - u)
				block[c] += math.Float32frombits(bits &^ uint32(int32(bits)>>31)) // 0 for negative ones, without a branch
			}
		}
	}
	return l
}

// total is the sum of the lead over a class.
func (l *lead) total(class int) float64 { return l.totals[l.class] - l.totals[class] }

// most bounds how much of the lead over each class any window has: the largest sum of the
// blocks that a window may touch. It allows for the rounding of float32.
func (l *lead) most(v windows) []float32 {
	if l.mosts[v] != nil {
		return l.mosts[v]
	}
	span := func(cells, blocks int) int { return min((cells+blockSide-2)/blockSide+1, blocks) }
	rows, cols := span(v.rows, l.down), span(v.cols, l.across)
	across := l.across - cols + 1
	strips := make([]float32, l.down*across*l.Classes) // sums of cols blocks side by side
	for i := range l.down {
		for j := range across {
			strip := strips[(i*across+j)*l.Classes:][:l.Classes]
			for x := j; x < j+cols; x++ {
				for c, sum := range l.blocks[(i*l.across+x)*l.Classes:][:l.Classes] {
					strip[c] += sum
				}
			}
		}
	}
	largest, whole := make([]float32, l.Classes), make([]float32, l.Classes)
	for i := range l.down - rows + 1 {
		for j := range across {
			clear(whole)
			for y := i; y < i+rows; y++ {
				for c, sum := range strips[(y*across+j)*l.Classes:][:l.Classes] {
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
	cells := float32(blockSide * blockSide * rows * cols)
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
