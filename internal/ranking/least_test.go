package ranking

import (
	"math"
	"testing"
)

// TestAtLeast fills a list of two: before it is full anything is taken, then
// what is weaker than its last is not.
func TestAtLeast(t *testing.T) {
	l := NewList(2)
	for i, step := range []struct{ offer, want float32 }{{1, float32(math.Inf(-1))}, {3, 1}, {2, 2}, {5, 3}, {-1, 3}} {
		l.Offer(&Patch{Path: "a", Cell: Cell{X: i, Evidence: step.offer}})
		if got := l.AtLeast(); got != step.want {
			t.Errorf("after %v: at least %v, want %v", step.offer, got, step.want)
		}
	}
}
