package ranking

import (
	"testing"
)

func TestScaledIsWithin(t *testing.T) {
	for _, from := range []int{9, 33, 160, 4001, 20000} {
		for _, to := range []int{1, 3, 160, 264} {
			for a := 0; a < from; a += 1 + from/50 {
				for _, n := range []int{1, 9, 33} {
					if b := a + n; b <= from {
						if x, y := scaled(a, b, from, to); x < 0 || y <= x || y > to || b == from && y != to {
							t.Fatalf("[%d,%d) of %d is [%d,%d) of %d", a, b, from, x, y, to)
						}
					}
				}
			}
		}
	}
	if x, y := scaled(40, 73, 160, 80); x != 20 || y != 37 {
		t.Errorf("[40,73) of 160 is [%d,%d) of 80", x, y)
	}
}
