package engine

// A segment is a run of operations that a worker takes through one strip of
// rows before it takes the next strip, so that what lies between the
// operations stays in the worker's cache. Between segments all workers meet.
type segment struct {
	first, last int // live operations, by position, both included
	strips      int
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

// part returns the share of strip i of n in the given number of rows.
func part(rows, i, n int) span { return span{i * rows / n, (i + 1) * rows / n} }

// recomputation bounds, as a share of the whole network's multiply-adds, what
// one segment may compute twice where strips overlap.
const recomputation = 0.01

// lookahead is how many operations that do not fit are tried together with
// those behind them: the input of a stage may be read by a downsampling that
// comes some operations later.
const lookahead = 6

// divide cuts the live operations into segments, each as long as it can be.
func (p *planner) divide() {
	for first := 0; first < len(p.live); {
		best := p.segment(first, first)
		if best == nil {
			panic("engine: an operation cannot run by itself")
		}
		for last := first + 1; last < len(p.live) && last <= best.last+lookahead; last++ {
			if s := p.segment(first, last); s != nil {
				best = s
			}
		}
		p.segments = append(p.segments, *best)
		first = best.last + 1
	}
}

// segment returns operations first to last as a segment, nil if they cannot be
// one.
func (p *planner) segment(first, last int) *segment {
	for i := first; i < last; i++ {
		if _, ok := p.op(i).layer.(mean); ok {
			return nil // is finished between segments
		}
	}
	s := &segment{first: first, last: last}
	s.strips = p.strips(s)
	if !p.partition(s) || first < last && p.extra(s) > recomputation*p.total {
		return nil
	}
	return s
}

// partition finds the rows that every operation of s computes in every strip.
// Operations whose result is common to all strips share its rows out; others
// compute what is asked of them, twice where strips overlap. It reports false
// if a strip would read rows of common memory that another writes.
func (p *planner) partition(s *segment) bool {
	s.rows = make([][]span, s.last-s.first+1)
	for i := range s.rows {
		s.rows[i] = make([]span, s.strips)
	}
	written := map[int]int{} // storage to the rows it is shared out by
	for i := s.first; i <= s.last; i++ {
		if o := p.op(i); p.common(s, o.out) {
			written[p.places[o.out].storage] = p.height(o)
		}
	}
	need := make([]span, len(p.net.nodes))
	for strip := range s.strips {
		clear(need)
		for i := s.last; i >= s.first; i-- {
			o := p.op(i)
			rows := need[o.out]
			if h, ok := written[p.places[o.out].storage]; ok {
				own := part(p.height(o), strip, s.strips)
				if h != p.height(o) || rows.b > 0 && (rows.a < own.a || rows.b > own.b) {
					return false
				}
				rows = own
			}
			s.rows[i-s.first][strip] = rows
			if rows.a >= rows.b {
				continue
			}
			for _, r := range o.reads() {
				in := rows
				if _, ok := o.layer.(mean); !ok && r == o.in {
					in.a, in.b = o.layer.shape().inputs(rows.a, rows.b, p.need[r].h)
				}
				if h, ok := written[p.places[r].storage]; ok {
					if own := part(h, strip, s.strips); in.a < own.a || in.b > own.b {
						return false
					}
				}
				p.ask(need, r, in)
			}
		}
	}
	return true
}

// ask notes that rows of c are needed.
func (p *planner) ask(need []span, c Node, rows span) {
	need[c] = need[c].union(rows)
	for _, part := range p.net.nodes[c].parts {
		p.ask(need, part, rows)
	}
}

// common reports whether the storage of a node that s writes is read or
// written outside of it.
func (p *planner) common(s *segment, c Node) bool {
	u := p.use[p.places[c].storage]
	return u.from < s.first || u.to > s.last
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

// extra returns the multiply-adds that s spends on rows computed before.
func (p *planner) extra(s *segment) float64 {
	total := 0.0
	for i, strips := range s.rows {
		o := p.op(s.first + i)
		rows := -p.height(o)
		for _, r := range strips {
			rows += r.b - r.a
		}
		total += float64(rows) * float64(p.width(o)) * float64(o.layer.multiplications())
	}
	return total
}
