package cli

import (
	"math"
	"testing"

	"bagnet/internal/answer"
	"bagnet/internal/class"
)

func TestSoftmax(t *testing.T) {
	// torch.answer.Probabilities(torch.tensor([1., 2., 3.], dtype=torch.float64), 0)
	want := []float64{0.09003057317038046, 0.24472847105479767, 0.6652409557748219}
	for _, shift := range []float32{0, 1000, -1000} { // exp(1000) overflows
		got := answer.Probabilities([]float32{1 + shift, 2 + shift, 3 + shift})
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-15 {
				t.Errorf("shifted by %g: probability %d is %v, want %v", shift, i, got[i], want[i])
			}
		}
	}
	if got := answer.Probabilities([]float32{-1e38, 1e38}); got[0] != 0 || got[1] != 1 {
		t.Errorf("far apart: %v", got)
	}
}

func TestPredict(t *testing.T) {
	logits := []float32{2, 7, -1, 7, 2, 2}
	for _, test := range []struct {
		k    int
		want []int
	}{
		{1, []int{1}},
		{3, []int{1, 3, 0}}, // equal ones by index
		{0, []int{1, 3, 0, 4, 5, 2}},
		{99, []int{1, 3, 0, 4, 5, 2}},
	} {
		got, err := predict(logits, class.PlainClasses(6), test.k)
		if err != nil || len(got) != len(test.want) {
			t.Fatalf("k=%d: %v, %v", test.k, got, err)
		}
		for i, p := range got {
			if p.Index != test.want[i] || p.Logit != logits[p.Index] {
				t.Errorf("k=%d: place %d has class %d with logit %g, want class %d", test.k, i, p.Index, p.Logit, test.want[i])
			}
		}
	}
}

func TestPredictRefusesNonFiniteLogits(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if got, err := predict([]float32{1, float32(v)}, class.PlainClasses(2), 1); err == nil {
			t.Errorf("%v: %v", v, got)
		}
	}
}
