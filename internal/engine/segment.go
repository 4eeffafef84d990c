package engine

import (
	"math"
	"slices"
)

// A segment is a run of operations that a worker takes through one strip of
// rows before it takes the next strip, so that what lies between the
// operations stays in the worker's cache. Between segments all workers meet.
type segment struct {
	first, last int // live operations, by position, both included
	strips      int
	byPanels    bool     // strips are of output channels: of one convolution with few rows
	unit        int      // rows that strips begin at multiples of
	extra       float64  // multiply-adds estimated to be done twice
	rows        [][]span // [operation of the segment][strip]: what it computes
}

// A span is the rows from a up to b.
type span struct{ a, b int }

func (s span) union(t span) span {
	if s.b == 0 {
		return t
	}
	return span{min(s.a, t.a), max(s.b, t.b)}
}

// A share is part i of n.
type share struct{ i, n int }

// part returns the share of strip i of n in the given number of rows.
func part(rows, i, n int) span { return span{i * rows / n, (i + 1) * rows / n} }

// part is the same for a strip of s, which begins where its unit says.
func (s *segment) part(rows, i int) span {
	p := part(ceilDiv(rows, s.unit), i, s.strips)
	return span{min(rows, p.a*s.unit), min(rows, p.b*s.unit)}
}

// longest bounds the operations of a segment, and so the time to find them.
const longest = 24

// divide cuts the live operations into the segments that together cost least.
func (p *planner) divide() {
	n := len(p.live)
	least := make([]float64, n+1) // of the operations from i on
	next := make([]segment, n)
	for first := n - 1; first >= 0; first-- {
		least[first] = math.Inf(1)
		for last := first; last < min(n, first+longest) && (last == first || !p.ends(last-1)); last++ {
			s := segment{first: first, last: last, unit: p.unit(first, last)}
			cost := p.estimate(&s) + least[last+1]
			if cost >= least[first] || !p.partition(&s) {
				continue
			}
			if cost += multiplication * (p.extra(&s) - s.extra); cost < least[first] {
				least[first], next[first] = cost, s
			}
		}
	}
	for first := 0; first < n; {
		p.segments = append(p.segments, next[first])
		first = next[first].last + 1
	}
}

// unit returns how many rows of the operations are computed together.
func (p *planner) unit(first, last int) int {
	for i := first; i <= last; i++ {
		if _, ok := p.op(i).layer.(winograd); ok {
			return squareSide
		}
	}
	return 1
}

// ends reports whether operation i must be the last of its segment: a mean is
// finished when all strips are, and what is done for all images at once begins another.
func (p *planner) ends(i int) bool {
	return isMean(p.op(i)) || i == p.together-1
}

func isMean(o *op) bool {
	_, ok := o.layer.(mean)
	return ok
}

// partition finds the rows that every operation of s computes in every strip.
// Operations whose result is common to all strips share its rows out; others
// compute what is asked of them, twice where strips overlap. It reports false
// if a strip would read rows of common memory that another writes.
func (p *planner) partition(s *segment) bool {
	s.rows = make([][]span, s.last-s.first+1)
	all := make([]span, len(s.rows)*s.strips)
	for i := range s.rows {
		s.rows[i] = all[i*s.strips : (i+1)*s.strips]
	}
	if s.first == s.last { // its channels are its own, whatever it reads
		for i := range s.rows[0] {
			if s.rows[0][i] = s.part(p.height(p.op(s.first)), i); s.byPanels {
				s.rows[0][i] = span{0, p.height(p.op(s.first))}
			}
		}
		return true
	}
	shared := p.shared(s)
	need := make([]span, len(p.net.nodes))
	for strip := range s.strips {
		clear(need)
		for i := s.last; i >= s.first; i-- {
			o := p.op(i)
			rows := need[o.out]
			if h := shared[p.places[o.out].storage]; h > 0 {
				own := s.part(p.height(o), strip)
				if h != p.height(o) || rows.b > 0 && (rows.a < own.a || rows.b > own.b) {
					return false
				}
				rows = own
			}
			s.rows[i-s.first][strip] = rows
			if rows.a >= rows.b {
				continue
			}
			in := rows
			if !isMean(o) {
				in.a, in.b = o.layer.inputs(rows.a, rows.b, p.need[o.in].h)
			}
			if !p.ask(need, shared, o.in, in, s, strip) ||
				slices.ContainsFunc(o.with, func(c Node) bool { return !p.ask(need, shared, c, in, s, strip) }) ||
				o.residual != none && !p.ask(need, shared, o.residual, rows, s, strip) {
				return false
			}
		}
	}
	return true
}

// shared returns, for each storage that s writes and that is read or written
// outside of it too, the number of rows that the strips share out; 0 for others.
func (p *planner) shared(s *segment) []int {
	rows := make([]int, len(p.storages))
	for i := s.first; i <= s.last; i++ {
		o := p.op(i)
		at := p.places[o.out].storage
		if u := p.use[at]; u.from < s.first || u.to > s.last {
			rows[at] = p.height(o)
		}
	}
	return rows
}

// ask notes that a strip needs rows of c. It reports false if these are shared
// and not the strip's own.
func (p *planner) ask(need []span, shared []int, c Node, rows span, s *segment, strip int) bool {
	if h := shared[p.places[c].storage]; h > 0 {
		if own := s.part(h, strip); rows.a < own.a || rows.b > own.b {
			return false
		}
	}
	need[c] = need[c].union(rows)
	for _, joined := range p.net.nodes[c].parts {
		if !p.ask(need, shared, joined, rows, s, strip) {
			return false
		}
	}
	return true
}

// height returns how many rows of work o has: those of its result, but a mean's
// are its input's.
func (p *planner) height(o *op) int {
	if _, ok := o.layer.(mean); ok {
		return p.need[o.in].h
	}
	return p.need[o.out].h
}

// width is the same for columns.
func (p *planner) width(o *op) int {
	if _, ok := o.layer.(mean); ok {
		return p.need[o.in].w
	}
	return p.need[o.out].w
}

// work returns the multiply-adds of the given rows of o.
func (p *planner) work(o *op, rows int) float64 {
	return float64(rows) * float64(p.width(o)) * float64(o.layer.multiplications())
}

// computed returns how many rows of o are computed where some are wanted.
func computed(o *op, rows span) int {
	if _, ok := o.layer.(winograd); ok && rows.a < rows.b {
		return (ceilDiv(rows.b, squareSide) - rows.a/squareSide) * squareSide
	}
	return max(0, rows.b-rows.a)
}

// extra returns the multiply-adds that s does beyond those needed, once its
// rows are known.
func (p *planner) extra(s *segment) float64 {
	if s.byPanels {
		return 0
	}
	total := 0.0
	for i, strips := range s.rows {
		o := p.op(s.first + i)
		rows := -computed(o, span{0, p.height(o)})
		for _, r := range strips {
			rows += computed(o, r)
		}
		total += p.work(o, rows)
	}
	return total * p.atOnce(s)
}
