package certify

import (
	"cmp"
	"slices"
)

// double is double masking, PatchCURE's SecurePooling: an image's answer without one
// window is believed if no second window that is left out as well changes it.
type double struct {
	*sums
	leads   map[int]*lead
	corners [][]float64 // by the side of the window, then class
}

// lead is that of a class.
func (d *double) lead(class int) *lead {
	if d.leads == nil {
		d.leads = map[int]*lead{}
	}
	if d.leads[class] == nil {
		d.leads[class] = newLead(d.sums, class)
	}
	return d.leads[class]
}

// plain is the answer without a defence.
func (d *double) plain() int { return d.order[0] }

// only is the answer without the first window.
func (d *double) only(v windows) int {
	corner := d.corner(max(v.rows, v.cols))
	best := 0
	for c := 1; c < d.Classes; c++ {
		if difference := d.totals[best] - corner[best] - (d.totals[c] - corner[c]); !d.ahead(difference, best, c, v.at(0)) {
			best = c
		}
	}
	return best
}

// corner returns the sums of all classes over the cells of the first window of w cells a
// side. Those of all sizes are made in one pass over the grid: ring r are the cells that
// the window of r+1 cells has beyond that of r.
func (d *double) corner(w int) []float64 {
	if d.corners == nil {
		d.corners = make([][]float64, max(d.Rows, d.Cols)+1)
		for i := range d.corners {
			d.corners[i] = make([]float64, d.Classes)
		}
		for i := range d.Rows {
			for j := range d.Cols {
				d.kind.add(d.corners[max(i, j)+1], d.cell(i*d.Cols+j))
			}
		}
		for i := 1; i < len(d.corners); i++ {
			for c, sum := range d.corners[i-1] {
				d.corners[i][c] += sum
			}
		}
	}
	return d.corners[w]
}

// best is the answer outside the holes, among a lead's class and rivals.
func (d *double) best(l *lead, rivals []*rival, holes ...rect) int {
	best, behind := l.class, 0.0
	for _, r := range rivals {
		difference := r.outside(holes...)
		if d.ahead(behind-difference, r.class, best, holes...) {
			best, behind = r.class, difference
		}
	}
	return best
}

// outside is the lead over the rival outside one or two windows, up to the slack.
func (r *rival) outside(holes ...rect) float64 {
	sum := r.total
	for _, h := range holes {
		sum -= r.all.sum(h)
	}
	if len(holes) == 2 {
		sum += r.all.sum(holes[0].meet(holes[1]))
	}
	return sum
}

// masked returns the answer without each window.
func (d *double) masked(v windows) []int {
	l := d.lead(d.plain())
	rivals := l.among(v, 1)
	answers := make([]int, v.count())
	for m := range answers {
		answers[m] = d.best(l, rivals, v.at(m))
	}
	return answers
}

// answer is what all one-mask answers say; else the first of those that disagree with the
// most frequent one, by the windows' order, with which all two-mask answers of its window
// agree; else the most frequent one, the lowest of several.
func (d *double) answer(v windows) (class int, alert bool) {
	answers := d.masked(v)
	counts := map[int]int{}
	for _, a := range answers {
		counts[a]++
	}
	most := answers[0]
	for c, n := range counts {
		if n > counts[most] || n == counts[most] && c < most {
			most = c
		}
	}
	if len(counts) == 1 {
		return most, false
	}
	l := d.lead(d.plain())
	rivals := l.among(v, 2)
	for m, a := range answers {
		if a != most && d.agreed(l, rivals, v, m, a) {
			return a, false
		}
	}
	return most, false
}

// agreed reports whether all answers without window m and another are class a.
func (d *double) agreed(l *lead, rivals []*rival, v windows, m, a int) bool {
	first := v.at(m)
	for i := range v.count() {
		if d.best(l, rivals, first, v.at(i)) != a {
			return false
		}
	}
	return true
}

// least looks for the pair of windows outside which the class leads another by least. A
// pair's margin is that of both its windows.
func (d *double) least(v windows, y int, below float64, any bool) (margin float64, window int) {
	l := d.lead(y)
	least, most := pair{margin: below, window: -1}, l.most(v)
	for _, c := range d.order {
		if c == y || l.total(c)-2*float64(most[c]) > least.margin {
			continue
		}
		if l.rival(c).least(v, &least, any); any && least.window >= 0 {
			break
		}
	}
	return least.margin, least.window
}

// A pair of windows has the margin of the first of them.
type pair struct {
	margin float64
	window int // -1 for none yet
}

// offer takes a pair that is nearer, or the first of equals.
func (p *pair) offer(margin float64, window int) {
	if margin < p.margin || margin == p.margin && (p.window < 0 || window < p.window) {
		p.margin, p.window = margin, window
	}
}

// least offers the pairs outside which the lead is at most that of the nearest so far.
// What a second window takes beyond the first is at most its positive part, so both are
// tried by falling sums, and the rest is left out once it cannot be near enough.
func (r *rival) least(v windows, nearest *pair, any bool) {
	all, taken := r.all.windows(v)
	gains, gained := r.gains().windows(v)
	if r.total-taken-gained > nearest.margin {
		return
	}
	firsts, seconds := falling(all), falling(gains)
	for _, m := range firsts {
		left, first := r.total-all[m], v.at(m)
		if left-gained > nearest.margin {
			return
		}
		for _, n := range seconds {
			if left-gains[n] > nearest.margin {
				break
			}
			nearest.offer(left-all[n]+r.all.sum(first.meet(v.at(n))), min(m, n))
			if any && nearest.window >= 0 {
				return
			}
		}
	}
}

// falling returns the numbers of windows by falling sums, equal ones in their order.
func falling(sums []float64) []int {
	order := make([]int, len(sums))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(sums[b], sums[a]), a-b) })
	return order
}
