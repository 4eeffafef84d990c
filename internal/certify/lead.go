package certify

import "math"

// A lead is by how much one class's logits exceed every other's, cell by cell.
type lead struct {
	*sums
	class  int
	blocks []float32 // [down, across, classes] sums of the positive parts over blocks of cells
	down   int
	across int
	rivals map[int]*rival
}

// blockSide is how many cells a side a block has.
const blockSide = 4

// A rival is another class.
type rival struct {
	class int
	total float64 // of the lead over it
	all   table   // of the lead
	gains table   // of its positive parts
}

func newLead(s *sums, class int) *lead {
	l := &lead{sums: s, class: class, rivals: map[int]*rival{}}
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

// most bounds how much of the lead over a class any window has: the largest sum of the
// blocks that a window may touch. A sum of blocks in float32 is off by less than the
// part that is added.
func (l *lead) most(class int, v windows) float64 {
	span := func(cells, blocks int) int { return min((cells+blockSide-2)/blockSide+1, blocks) }
	rows, cols := span(v.rows, l.down), span(v.cols, l.across)
	largest := float32(0)
	for i := range l.down - rows + 1 {
		for j := range l.across - cols + 1 {
			sum := float32(0)
			for y := i; y < i+rows; y++ {
				for x := j; x < j+cols; x++ {
					sum += l.blocks[(y*l.across+x)*l.Classes+class]
				}
			}
			largest = max(largest, sum)
		}
	}
	cells := float64(blockSide * blockSide * rows * cols)
	return float64(largest)*(1+cells*0x1p-22) + math.SmallestNonzeroFloat32*cells
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
	r := &rival{class: class, total: l.total(class), all: newTable(l.Rows, l.Cols, values)}
	for i, v := range values {
		values[i] = max(v, 0)
	}
	r.gains = newTable(l.Rows, l.Cols, values)
	l.rivals[class] = r
	return r
}

// among returns the other classes that may be ahead outside so many windows, by falling
// totals: all others are behind by more than the slack, whichever the windows are.
func (l *lead) among(v windows, masks int) []*rival {
	var all []*rival
	for _, c := range l.order {
		if c != l.class && l.total(c)-float64(masks)*l.most(c, v) <= l.bound {
			all = append(all, l.rival(c))
		}
	}
	return all
}
