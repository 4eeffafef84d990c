package certify

import "math"

// The definitions of docs/certificates.md, word for word: every sum is made cell by cell,
// every window and every pair of windows is tried.

// bruteRects are all windows of w x w cells.
func bruteRects(g Grid, w int) (all [][4]int) {
	h := min(w, g.Rows)
	w = min(w, g.Cols)
	for i := 0; i+h <= g.Rows; i++ {
		for j := 0; j+w <= g.Cols; j++ {
			all = append(all, [4]int{i, j, i + h, j + w})
		}
	}
	return all
}

func in(r [4]int, i, j int) bool { return i >= r[0] && i < r[2] && j >= r[1] && j < r[3] }

// bruteSums are the sums over the cells outside all holes.
func bruteSums(g Grid, of func(float64) float64, holes ...[4]int) []float64 {
	sums := make([]float64, g.Classes)
	for i := range g.Rows {
		for j := range g.Cols {
			masked := false
			for _, h := range holes {
				masked = masked || in(h, i, j)
			}
			for c := 0; c < g.Classes && !masked; c++ {
				sums[c] += of(float64(g.Logits[(i*g.Cols+j)*g.Classes+c]))
			}
		}
	}
	return sums
}

func argmax(values []float64) int {
	best := 0
	for c, v := range values {
		if v > values[best] {
			best = c
		}
	}
	return best
}

// gap is by how much class y exceeds all others.
func gap(values []float64, y int) float64 {
	least := math.Inf(1)
	for c, v := range values {
		if c != y {
			least = min(least, values[y]-v)
		}
	}
	return least
}

// A bruteOutcome has the margins of all windows too, for the answer.
type bruteOutcome struct {
	Outcome
	margins []float64
}

// tiny is what a margin must exceed here. Values of the tests are such that no difference
// but 0 is as small.
const tiny = 1e-7

func brute(m Method, tau float64, g Grid, w int) bruteOutcome {
	rects := bruteRects(g, w)
	var o bruteOutcome
	same := func(u float64) float64 { return u }
	switch m {
	case Double:
		ones := map[int]int{}
		var answers []int
		for _, r := range rects {
			a := argmax(bruteSums(g, same, r))
			ones[a]++
			answers = append(answers, a)
		}
		for c := range g.Classes {
			if ones[c] > ones[o.Answer] {
				o.Answer = c
			}
		}
		pairs := make([][][]float64, len(rects))
		for i, r := range rects {
			for _, s := range rects {
				pairs[i] = append(pairs[i], bruteSums(g, same, r, s))
			}
		}
		majority := o.Answer
	search:
		for i, a := range answers {
			if a == majority {
				continue
			}
			for _, sums := range pairs[i] {
				if argmax(sums) != a {
					continue search
				}
			}
			o.Answer = a
			break
		}
		for i := range rects {
			least := math.Inf(1)
			for _, sums := range pairs[i] {
				least = min(least, gap(sums, o.Answer))
			}
			o.margins = append(o.margins, least)
		}
	case PatchGuard:
		evidence := func(u float64) float64 { return max(u, 0) }
		s := bruteSums(g, evidence)
		scores := make([]float64, g.Classes)
		for c := range scores {
			scores[c] = math.Inf(1)
		}
		for _, r := range rects {
			for c, v := range bruteSums(g, evidence, r) {
				scores[c] = min(scores[c], v)
			}
		}
		o.Answer = argmax(scores)
		for _, r := range rects {
			left := bruteSums(g, evidence, r)
			for _, other := range rects {
				left[o.Answer] = min(left[o.Answer], bruteSums(g, evidence, r, other)[o.Answer])
			}
			o.margins = append(o.margins, gap(left, o.Answer))
		}
		if argmax(s) != o.Answer {
			o.Certified = false
			return o
		}
	case Clipped:
		clip := func(u float64) float64 { return math.Tanh(0.05*u - 1) }
		o.Answer = argmax(bruteSums(g, clip))
		for _, r := range rects {
			o.margins = append(o.margins, gap(bruteSums(g, clip, r), o.Answer)-2*float64((r[2]-r[0])*(r[3]-r[1])))
		}
	case Detect:
		o.Answer = argmax(bruteSums(g, same))
		n := float64(g.Rows * g.Cols)
		for _, r := range rects {
			sums := bruteSums(g, same, r)
			probability := func(c int) float64 {
				all := 0.0
				for _, v := range sums {
					all += math.Exp((v - sums[c]) / n)
				}
				return 1 / all
			}
			a := argmax(sums)
			o.Alert = o.Alert || a != o.Answer && probability(a) >= tau
			margin := gap(sums, o.Answer)
			if tau > 0 {
				margin = min(margin, n*math.Log(probability(o.Answer)/tau))
			}
			o.margins = append(o.margins, margin)
		}
	}
	o.Certified = !o.Alert
	for _, margin := range o.margins {
		o.Certified = o.Certified && margin > tiny
	}
	return o
}
