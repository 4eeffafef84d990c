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

// The interval of a large table is close to the normal one. For independent
// errors kappa's standard error is (Fleiss, Cohen, Everitt 1969)
// sqrt(c + c^2 - sum p_i q_i (p_i + q_i)) / ((1-c) sqrt(n)), which with
// p = q = (3/4, 1/4) is 0.375 / (0.375 * 40).
func TestKappaInterval(t *testing.T) {
	n := Agreement{900, 300, 300, 100, 0}
	low, high := n.KappaInterval(rand.New(rand.NewPCG(1, 2)))
	want := 1.96 / 40
	if math.Abs(low+want) > 0.1*want || math.Abs(high-want) > 0.1*want {
		t.Errorf("interval %v to %v, want about %v to %v", low, high, -want, want)
	}
	if l, h := n.KappaInterval(rand.New(rand.NewPCG(1, 2))); l != low || h != high {
		t.Errorf("the same seed gives %v to %v and %v to %v", low, high, l, h)
	}
	if l, _ := n.KappaInterval(rand.New(rand.NewPCG(2, 2))); l == low {
		t.Error("another seed gives the same interval")
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
