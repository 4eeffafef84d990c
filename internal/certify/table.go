package certify

// A rect is some cells of a grid.
type rect struct{ row, col, rows, cols int }

// meet returns the cells that both have; none have no rows or no columns.
func (r rect) meet(o rect) rect {
	row, col := max(r.row, o.row), max(r.col, o.col)
	return rect{row, col, max(0, min(r.row+r.rows, o.row+o.rows)-row), max(0, min(r.col+r.cols, o.col+o.cols)-col)}
}

// windows are all blocks of rows x cols cells of a grid, one cell apart: down x across
// of them, numbered by rows.
type windows struct{ rows, cols, down, across int }

// windows returns those of w x w cells. Where the grid has fewer, so have they.
func (g *Grid) windows(w int) windows {
	v := windows{rows: min(w, g.Rows), cols: min(w, g.Cols)}
	v.down, v.across = g.Rows-v.rows+1, g.Cols-v.cols+1
	return v
}

func (v windows) count() int { return v.down * v.across }

// at is window number i.
func (v windows) at(i int) rect { return rect{i / v.across, i % v.across, v.rows, v.cols} }

// A table is a summed-area table: entry (i, j) is the sum of the cells above row i and
// left of column j.
type table struct {
	across int // entries a row: one more than the grid has columns
	sums   []float64
}

// newTable makes the table of the values of rows x cols cells.
func newTable(rows, cols int, values []float64) table {
	t := table{cols + 1, make([]float64, (rows+1)*(cols+1))}
	for i := range rows {
		above, below := t.sums[i*t.across:][:t.across], t.sums[(i+1)*t.across:][:t.across]
		sum := 0.0
		for j, v := range values[i*cols:][:cols] {
			sum += v
			below[j+1] = above[j+1] + sum
		}
	}
	return t
}

// sum is that of the cells of r.
func (t *table) sum(r rect) float64 {
	top, bottom := r.row*t.across+r.col, (r.row+r.rows)*t.across+r.col
	return t.sums[bottom+r.cols] - t.sums[bottom] - (t.sums[top+r.cols] - t.sums[top])
}

// windows returns the sum of each window, and the largest.
func (t *table) windows(v windows) (all []float64, largest float64) {
	all = make([]float64, 0, v.count())
	for i := range v.down {
		top, bottom := t.sums[i*t.across:][:t.across], t.sums[(i+v.rows)*t.across:][:t.across]
		for j := range v.across {
			all = append(all, bottom[j+v.cols]-bottom[j]-(top[j+v.cols]-top[j]))
		}
	}
	largest = all[0]
	for _, s := range all {
		largest = max(largest, s)
	}
	return all, largest
}
