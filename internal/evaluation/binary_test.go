package evaluation

import (
	"math"
	"math/rand/v2"
	"testing"
)

// generated are the numbers that scripts/statistics_goldens.py makes of a seed.
func generated(seed uint32, n int) []int {
	out := make([]int, n)
	for i := range out {
		seed = 1664525*seed + 1013904223
		out[i] = int(seed >> 16)
	}
	return out
}

// pairsInOrder is the share of pairs of a positive and a negative score that are
// in order, counted one by one.
func pairsInOrder(scores []float64, positive []bool) float64 {
	sum, pairs := 0.0, 0.0
	for i, a := range scores {
		for j, b := range scores {
			if !positive[i] || positive[j] {
				continue
			}
			pairs++
			switch {
			case a > b:
				sum++
			case a == b:
				sum += 0.5
			}
		}
	}
	return sum / pairs
}

// AUCs as scikit-learn has them, counted pair by pair, and in any order.
func TestAUC(t *testing.T) {
	for _, c := range []struct {
		seed             uint32
		n, levels, shift int
		want             float64
	}{
		{1, 200, 7, 2, 0.7595932904411765},
		{2, 500, 65536, 5000, 0.5893402777777778},
		{3, 50, 1, 0, 0.5},
		{4, 1000, 100, -3, 0.4690367225529699},
	} {
		scores, positive := make([]float64, c.n), make([]bool, c.n)
		values := generated(c.seed+100, c.n)
		for i, v := range generated(c.seed, c.n) {
			positive[i] = v%3 == 0
			scores[i] = float64(values[i] % c.levels)
			if positive[i] {
				scores[i] += float64(c.shift)
			}
		}
		var first float64
		for trial := range 3 {
			var r Ranking
			for _, i := range rand.New(rand.NewPCG(uint64(trial), 0)).Perm(c.n) {
				r.Add(scores[i], positive[i])
			}
			got := r.AUC()
			if trial == 0 {
				first = got
			}
			if math.Abs(got-c.want) > 1e-12 || math.Abs(got-pairsInOrder(scores, positive)) > 1e-12 || got != first || r.AUC() != got {
				t.Errorf("seed %d: AUC %v, want %v", c.seed, got, c.want)
			}
		}
	}
}

func TestAUCWithoutPairs(t *testing.T) {
	var r Ranking
	r.Add(1, true)
	if auc := r.AUC(); !math.IsNaN(auc) {
		t.Errorf("AUC of one class %v", auc)
	}
	r = Ranking{limit: 2}
	r.Add(2, true)
	r.Add(1, false)
	if auc := r.AUC(); auc != 1 || r.Over() {
		t.Errorf("AUC at the limit %v", auc)
	}
	r.Add(0, false)
	r.Add(0, true)
	if auc := r.AUC(); !math.IsNaN(auc) || !r.Over() || len(r.positive)+len(r.negative) > 0 {
		t.Errorf("AUC beyond the limit %v", auc)
	}
}

// Kappas as scikit-learn has them, and by their definition.
func TestQuadraticKappa(t *testing.T) {
	for _, c := range []struct {
		seed      uint32
		n, grades int
		want      float64
	}{{5, 300, 5, 0.8731433564083608}, {6, 1000, 4, 0.798843106473953}, {7, 40, 2, 0.44723618090452255}} {
		e := New(c.grades, 0)
		moves := generated(c.seed+100, c.n)
		for i, v := range generated(c.seed, c.n) {
			truth := v % c.grades
			called := min(max(truth+moves[i]%3-1, 0), c.grades-1)
			e.Add(Result{Class: truth, Predictions: []Prediction{{called, 1}}})
		}
		if got := e.QuadraticKappa(); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("seed %d: kappa %v, want %v", c.seed, got, c.want)
		}
	}
	for name, c := range map[string]struct {
		truth, called int
		want          float64
	}{"all of one grade": {7, 7, math.NaN()}, "all called another": {7, 2, 0}} {
		e := New(9, 0)
		for range 1_000_003 {
			e.Add(Result{Class: c.truth, Predictions: []Prediction{{c.called, 1}}})
		}
		if got := e.QuadraticKappa(); got != c.want && !(math.IsNaN(got) && math.IsNaN(c.want)) {
			t.Errorf("%s: kappa %v, want %v", name, got, c.want)
		}
	}
	if got := New(3, 0).QuadraticKappa(); !math.IsNaN(got) {
		t.Errorf("kappa of nothing %v", got)
	}
}
