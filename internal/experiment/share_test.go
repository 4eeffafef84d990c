package experiment

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// TestWilson holds intervals against scipy's, by scripts/make_wilson_goldens.py.
func TestWilson(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "wilson.json"))
	if err != nil {
		t.Fatal(err)
	}
	var goldens []struct {
		Hits, N  int
		Interval [2]float64
	}
	if err := json.Unmarshal(data, &goldens); err != nil || len(goldens) < 10 {
		t.Fatal(err, len(goldens))
	}
	for _, g := range goldens {
		got := Wilson(g.Hits, g.N)
		for end := range 2 {
			if math.Abs(float64(got[end])-g.Interval[end]) > 1e-12 {
				t.Errorf("%d of %d: %v, want %v", g.Hits, g.N, got, g.Interval)
			}
		}
		if got[0] < 0 || got[1] > 1 {
			t.Errorf("%d of %d: %v", g.Hits, g.N, got)
		}
	}
	if none := Wilson(0, 0); !math.IsNaN(float64(none[0])) || !math.IsNaN(float64(none[1])) {
		t.Errorf("of nothing: %v", none)
	}
}

// TestAtOnce has a patch, positions that see less and more than the image, linear layers with
// weights for each position, and images of any size.
func TestAtOnce(t *testing.T) {
	for _, tc := range []struct {
		sees, side, want int
		whole            bool
	}{
		{33, 160, 33, false}, {160, 160, 160, true}, {159, 160, 159, false}, {435, 160, 160, true},
		{0, 224, 224, true}, {0, 0, 0, true}, {435, 0, 435, false},
	} {
		if side, whole := (NetworkSummary{Sees: tc.sees, Side: tc.side}).AtOnce(); side != tc.want || whole != tc.whole {
			t.Errorf("%+v: %d, %v", tc, side, whole)
		}
	}
}
