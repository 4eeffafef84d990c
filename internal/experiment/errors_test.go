package experiment

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// close reports whether two numbers are the same up to rounding; NaN is NaN.
func close(got, want float64) bool {
	return math.Abs(got-want) < 1e-12 || math.IsNaN(got) && math.IsNaN(want)
}

// The first table is worked out by hand: p1 = 70/100, p2 = 60/100, so
// c = 0.42 + 0.12 = 0.54, observed = 0.8, kappa = 0.26/0.46.
func TestAgreement(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name                                     string
		n                                        Agreement
		observed, expected, kappa, jaccard, same float64
	}{
		{"by hand", Agreement{55, 15, 5, 25, 10}, 0.8, 0.54, 0.26 / 0.46, 25.0 / 45, 0.4},
		{"the same errors", Agreement{30, 0, 0, 20, 20}, 1, 0.52, 1, 1, 1},
		{"independent", Agreement{9, 3, 3, 1, 0}, 0.625, 0.625, 0, 1.0 / 7, 0},
		{"opposite", Agreement{0, 5, 5, 0, 0}, 0, 0.5, -1, 0, nan},
		{"one always right", Agreement{6, 4, 0, 0, 0}, 0.6, 0.6, 0, 0, nan},
		{"right and wrong throughout", Agreement{0, 4, 0, 0, 0}, 0, 0, 0, 0, nan},
		{"both always right", Agreement{8, 0, 0, 0, 0}, 1, 1, nan, nan, nan},
		{"both always wrong", Agreement{0, 0, 0, 8, 2}, 1, 1, nan, 1, 0.25},
		{"no images", Agreement{}, nan, nan, nan, nan, nan},
	} {
		for _, v := range []struct {
			name      string
			got, want float64
		}{
			{"Observed", c.n.Observed(), c.observed}, {"Expected", c.n.Expected(), c.expected}, {"Kappa", c.n.Kappa(), c.kappa},
			{"Overlap", c.n.Overlap(), c.jaccard}, {"SameShare", c.n.SameShare(), c.same},
		} {
			if !close(v.got, v.want) {
				t.Errorf("%s: %s = %v, want %v", c.name, v.name, v.got, v.want)
			}
		}
		low, high := c.n.KappaInterval(rand.New(rand.NewPCG(1, 2)))
		if math.IsNaN(low) != math.IsNaN(c.kappa) || low > high {
			t.Errorf("%s: interval %v to %v around %v", c.name, low, high, c.kappa)
		}
	}
}

// exactKappa is the distribution of kappa over samples of n images drawn with
// replacement from a table: every table that can be drawn, with its multinomial
// probability. Undefined ones are left out.
func exactKappa(n Agreement) (kappas, probabilities []float64) {
	size := n.Images()
	logFactorial := func(k int) float64 { v, _ := math.Lgamma(float64(k + 1)); return v }
	var share [4]float64
	for i, k := range []int{n.BothRight, n.FirstRight, n.SecondRight, n.BothWrong} {
		share[i] = math.Log(float64(k) / float64(size))
	}
	byKappa := map[float64]float64{}
	for a := range size + 1 {
		for b := range size + 1 - a {
			for c := range size + 1 - a - b {
				d := size - a - b - c
				p1, p2 := float64(a+b)/float64(size), float64(a+c)/float64(size)
				chance := p1*p2 + (1-p1)*(1-p2)
				if chance == 1 {
					continue
				}
				p := math.Exp(logFactorial(size) - logFactorial(a) - logFactorial(b) - logFactorial(c) - logFactorial(d) +
					float64(a)*share[0] + float64(b)*share[1] + float64(c)*share[2] + float64(d)*share[3])
				byKappa[math.Round(1e9*(float64(a+d)/float64(size)-chance)/(1-chance))/1e9] += p
			}
		}
	}
	for k := range byKappa {
		kappas = append(kappas, k)
	}
	slices.Sort(kappas)
	for _, k := range kappas {
		probabilities = append(probabilities, byKappa[k])
	}
	return kappas, probabilities
}

// TestKappaInterval holds the intervals of many seeds against the exact
// distribution of what is drawn. The share of it that lies below the 2.5th
// percentile of 1000 draws is 0.025 in the mean, with a standard deviation over
// seeds of sqrt(0.025*0.975/1000) = 0.0049; of 200 draws it would be 0.011.
func TestKappaInterval(t *testing.T) {
	const seeds = 200
	for _, n := range []Agreement{{30, 10, 7, 13, 0}, {21, 20, 9, 10, 0}, {40, 3, 4, 13, 0}} {
		kappas, probabilities := exactKappa(n)
		below := func(kappa float64) (share float64) { // of equals, half
			for i, k := range kappas {
				switch {
				case math.Abs(k-kappa) < 1e-8:
					return share + probabilities[i]/2
				case k > kappa:
					return share
				}
				share += probabilities[i]
			}
			return share
		}
		var lows, highs []float64
		for seed := range uint64(seeds) {
			low, high := n.KappaInterval(rand.New(rand.NewPCG(seed, 2)))
			lows, highs = append(lows, below(low)), append(highs, 1-below(high))
		}
		for which, tails := range map[string][]float64{"low": lows, "high": highs} {
			mean, standardError := Mean(tails)
			deviation := standardError * math.Sqrt(seeds)
			if math.Abs(mean-0.025) > 0.002 || deviation < 0.0035 || deviation > 0.0065 {
				t.Errorf("%+v: %.4f of the distribution is beyond the %s ends, with a deviation of %.4f: want 0.025 and 0.0049", n, mean, which, deviation)
			}
		}
	}
	n := Agreement{30, 10, 7, 13, 0}
	low, high := n.KappaInterval(rand.New(rand.NewPCG(1, 2)))
	if l, h := n.KappaInterval(rand.New(rand.NewPCG(1, 2))); l != low || h != high {
		t.Errorf("the same seed gives %v to %v and %v to %v", low, high, l, h)
	}
	if l, h := n.KappaInterval(rand.New(rand.NewPCG(2, 2))); l == low && h == high {
		t.Error("another seed gives the same interval")
	}
}

// TestKappaIntervalOfALargeTable is close to the normal one. For independent
// errors kappa's standard error is (Fleiss, Cohen, Everitt 1969)
// sqrt(c + c^2 - sum p_i q_i (p_i + q_i)) / ((1-c) sqrt(n)), which with
// p = q = (3/4, 1/4) is 0.375 / (0.375 * 40). An end of 1000 draws has a standard
// deviation of 4 % of that interval, the mean of 20 one of 1 %.
func TestKappaIntervalOfALargeTable(t *testing.T) {
	n := Agreement{900, 300, 300, 100, 0}
	const seeds = 20
	var low, high float64
	for seed := range uint64(seeds) {
		l, h := n.KappaInterval(rand.New(rand.NewPCG(seed, 3)))
		low, high = low+l/seeds, high+h/seeds
	}
	want := 1.96 / 40
	if math.Abs(low+want) > 0.04*want || math.Abs(high-want) > 0.04*want {
		t.Errorf("interval %v to %v in the mean, want about %v to %v", low, high, -want, want)
	}
}

func TestAnswers(t *testing.T) {
	a := &Answers{
		Labels: []int{7, 3, 7, 3, 7, 9},
		Given: [][]Answer{
			{{7, 0.5}, {3, 0.5}, {7, 0.9}, {0, 0.9}, {3, 0.4}, {9, 0.5}},
			{{3, 0.5}, {0, 0.5}, {3, 0.9}, {0, 0.9}, {7, 0.4}, {9, 0.5}},
		},
	}
	if got := a.Classes(); !slices.Equal(got, []int{3, 7, 9}) {
		t.Errorf("classes %v", got)
	}
	if got, want := a.Agreement(0, 1), (Agreement{1, 3, 1, 1, 1}); got != want {
		t.Errorf("agreement %+v, want %+v", got, want)
	}
	if got := a.OnlyRight(0); !slices.Equal(got, []int{2, 0, 1}) {
		t.Errorf("only the first network is right on %v, want the surest first, then in order", got)
	}
	if got := a.OnlyRight(1); !slices.Equal(got, []int{4}) {
		t.Errorf("only the second network is right on %v", got)
	}
	share, standardError := a.Accuracy(0)
	if want := math.Sqrt(4.0 / 6 * 2.0 / 6 / 5); !close(share, 4.0/6) || !close(standardError, want) {
		t.Errorf("accuracy %v with error %v, want %v", share, standardError, want)
	}
	shares, _ := a.Accuracies(0)
	if !slices.EqualFunc(shares, []float64{0.5, 2.0 / 3, 1}, close) {
		t.Errorf("accuracies %v", shares)
	}
}
