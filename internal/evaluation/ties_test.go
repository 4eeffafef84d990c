package evaluation

import (
	"slices"
	"testing"
)

// TestEqualMistakes adds mistakes that differ in one thing each, in every order
// of four: probability first, then path, true and predicted class.
func TestEqualMistakes(t *testing.T) {
	want := []Mistake{
		{"z", 2, 1, 0.75}, {"a", 0, 2, 0.5}, {"b", 0, 1, 0.5}, {"b", 0, 2, 0.5}, {"b", 1, 0, 0.5},
	}
	for first := range want {
		for _, backwards := range []bool{false, true} {
			order := slices.Concat(want[first:], want[:first])
			if backwards {
				slices.Reverse(order)
			}
			e := New(3, len(want))
			for _, m := range order {
				e.Add(Result{m.Path, m.Class, []Prediction{{m.Predicted, m.Probability}}})
			}
			if got := e.Mistakes(); !slices.Equal(got, want) {
				t.Errorf("added as %v: %v, want %v", order, got, want)
			}
		}
	}
}
