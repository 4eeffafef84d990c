package certify

import "math"

// patchGuard is robust masking without a threshold: each class loses the window that
// speaks most for it, and what speaks against a class does not count.
type patchGuard struct{ *sums }

func (p *patchGuard) only(windows) int { return p.order[0] }

// answer is the class with the most evidence outside its strongest window.
func (p *patchGuard) answer(v windows) (class int, alert bool) {
	// As many windows cover the grid, so the strongest has this share at least.
	share := 1 / float64(((p.Rows+v.rows-1)/v.rows)*((p.Cols+v.cols-1)/v.cols))
	var scores []float64 // of the classes in order
	best := math.Inf(-1)
	for _, c := range p.order {
		if p.totals[c]*(1-share) < best-p.bound {
			break // and so are all that follow
		}
		_, most := p.windowsOf(c, v)
		scores = append(scores, p.totals[c]-most)
		best = max(best, p.totals[c]-most)
	}
	class = -1
	var score float64
	near := 0
	for _, s := range scores {
		if s >= best-p.bound {
			near++
		}
	}
	for i, s := range scores {
		if s < best-p.bound {
			continue
		}
		c := p.order[i]
		if near > 1 {
			s = p.weakened(c, v)
		}
		if class < 0 || s > score || s == score && c < class {
			class, score = c, s
		}
	}
	return class, false
}

// weakened is the evidence for a class outside its strongest window, exactly as answers
// are defined.
func (p *patchGuard) weakened(class int, v windows) float64 {
	least := math.Inf(1)
	for m := range v.count() {
		least = min(least, p.outside(class, v.at(m)))
	}
	return least
}

// least looks for the window outside which, and outside the strongest window that is left
// then, the class has least more evidence than another has outside the first.
func (p *patchGuard) least(v windows, y int, below float64, any bool) (margin float64, window int) {
	own, most := p.windowsOf(y, v)
	rivals := make([]float64, len(own)) // the most evidence outside each window for another class
	for m := range rivals {
		rivals[m] = math.Inf(-1)
	}
	behind := math.Inf(-1) // the least of rivals
	for _, c := range p.order {
		if c == y {
			continue
		}
		if p.totals[c] <= behind || p.totals[y]-2*most-p.totals[c] > below {
			break // it changes no margin, or none that counts; nor do later ones
		}
		its, _ := p.windowsOf(c, v)
		behind = math.Inf(1)
		for m := range rivals {
			rivals[m] = max(rivals[m], p.totals[c]-its[m])
			behind = min(behind, rivals[m])
		}
	}
	least := pair{margin: below, window: -1}
	t, order := p.table(y), falling(own)
	for m, rival := range rivals {
		left := p.totals[y] - own[m] - rival
		if left-most > least.margin {
			continue
		}
		least.offer(left-strongest(&t, own, order, v, m), m)
		if any && least.window >= 0 {
			break
		}
	}
	return least.margin, least.window
}

// strongest is the largest sum of a window without the cells of window m. sums are those
// of all windows, of a table of nothing below 0, and order has them falling.
func strongest(t *table, sums []float64, order []int, v windows, m int) float64 {
	hole, most := v.at(m), 0.0
	for _, n := range order {
		if sums[n] <= most {
			break
		}
		most = max(most, sums[n]-t.sum(hole.meet(v.at(n))))
	}
	return most
}
