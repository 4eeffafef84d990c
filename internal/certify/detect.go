package certify

import "math"

// detect is PatchGuard++: the answer is the plain one, withheld if an answer without a
// window is another class with a probability of tau at least.
type detect struct {
	double
	tau float64
}

func (d *detect) only(windows) int { return d.plain() }

func (d *detect) answer(v windows) (class int, alert bool) {
	y := d.plain()
	l := d.lead(y)
	rivals := l.among(v, 1)
	for m := range v.count() {
		hole := v.at(m)
		if a := d.best(l, rivals, hole); a != y && d.trusted(a, hole) {
			return y, true
		}
	}
	return y, false
}

// trusted reports whether a class has a probability of tau at least outside a window.
func (d *detect) trusted(class int, hole rect) bool {
	return d.tau <= 0 || d.odds(class, hole, func(c int) float64 { return d.outside(c, hole) }) >= 0
}

// odds is the logarithm of a class's probability over tau. The masked logits are the mean
// over all cells, of which those of the window are 0; sums has them times the cells.
func (d *detect) odds(class int, hole rect, sums func(class int) float64) float64 {
	own, all := sums(class), 0.0
	for c := range d.Classes {
		all += math.Exp((sums(c) - own) / float64(d.Rows*d.Cols))
	}
	return -math.Log(all) - math.Log(d.tau)
}

// least looks for the window outside which the class is nearest to another, or to tau:
// differences of logits, and the logarithm of the probability over tau, times the cells.
func (d *detect) least(v windows, y int, below float64, any bool) (margin float64, window int) {
	l := d.lead(y)
	cells := float64(d.Rows * d.Cols)
	least, most := pair{margin: below, window: -1}, l.most(v)
	for _, c := range d.order {
		if c == y || l.total(c)-float64(most[c]) > least.margin {
			continue
		}
		r := l.rival(c)
		all, _ := r.all.windows(v)
		for m, own := range all {
			least.offer(r.total-own, m)
		}
		if any && least.window >= 0 {
			return least.margin, least.window
		}
	}
	if d.tau <= 0 {
		return least.margin, least.window
	}
	for m := range v.count() {
		hole := v.at(m)
		odds := cells * d.odds(y, hole, func(c int) float64 {
			t := d.table(c)
			return d.totals[c] - t.sum(hole)
		})
		least.offer(odds-cells*d.rounding(), m)
		if any && least.window >= 0 {
			break
		}
	}
	return least.margin, least.window
}

// rounding bounds by how much two results of odds may differ whose sums do not: they add
// exponentials, each off by a few units in the last place, and take a logarithm.
func (d *detect) rounding() float64 { return math.Ldexp(float64(d.Classes+64), -49) }
