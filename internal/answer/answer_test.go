package answer

import (
	"math"
	"slices"
	"testing"
)

// What torch.sigmoid and torch.softmax give in float64.
func TestProbabilities(t *testing.T) {
	for _, c := range []struct {
		outputs []float32
		want    []float64
		best    int
	}{
		{[]float32{0}, []float64{0.5, 0.5}, Positive},
		{[]float32{0.052}, []float64{0.5129970717849185, 0.4870029282150815}, Positive},
		{[]float32{-2.5}, []float64{0.07585818002124355, 0.9241418199787566}, Negative},
		{[]float32{40}, []float64{1, 4.248354255291589e-18}, Positive},
		{[]float32{-1000}, []float64{0, 1}, Negative},
		{[]float32{1000}, []float64{1, 0}, Positive},
		{[]float32{1, 2}, []float64{0.2689414213699951, 0.7310585786300049}, 1},
		{[]float32{1000, 1000, 999}, []float64{0.4223187982515182, 0.4223187982515182, 0.15536240349696362}, 0},
	} {
		got := Probabilities(c.outputs)
		for i, want := range c.want {
			if math.Abs(got[i]-want) > 1e-9*max(want, 1e-9) {
				t.Errorf("probabilities of %v: %v, want %v", c.outputs, got, c.want)
				break
			}
		}
		if best := Best(c.outputs); best != c.best {
			t.Errorf("best of %v: %d, want %d", c.outputs, best, c.best)
		}
	}
}

func TestOneOutput(t *testing.T) {
	if got := Logits([]float32{3}); !slices.Equal(got, []float32{3, -3}) {
		t.Errorf("logits %v", got)
	}
	if Logit([]float32{3}, Positive) != 3 || Logit([]float32{3}, Negative) != -3 || Logit([]float32{3, 4}, 1) != 4 {
		t.Error("logits of one class")
	}
	if Classes(1) != 2 || Classes(2) != 2 || Classes(7) != 7 {
		t.Error("number of classes")
	}
	if output, sign := Output(1, Negative); output != 0 || sign != -1 {
		t.Errorf("negative class: output %d times %v", output, sign)
	}
	if output, sign := Output(5, 4); output != 4 || sign != 1 {
		t.Errorf("class 4: output %d times %v", output, sign)
	}
}

func TestSoftmax(t *testing.T) {
	// torch.softmax(torch.tensor([1., 2., 3.], dtype=torch.float64), 0)
	want := []float64{0.09003057317038046, 0.24472847105479767, 0.6652409557748219}
	for _, shift := range []float32{0, 1000, -1000} { // exp(1000) overflows
		got := Probabilities([]float32{1 + shift, 2 + shift, 3 + shift})
		for i := range want {
			if math.Abs(got[i]-want[i]) > 1e-15 {
				t.Errorf("shifted by %g: probability %d is %v, want %v", shift, i, got[i], want[i])
			}
		}
	}
	if got := Probabilities([]float32{-1e38, 1e38}); got[0] != 0 || got[1] != 1 {
		t.Errorf("far apart: %v", got)
	}
}
