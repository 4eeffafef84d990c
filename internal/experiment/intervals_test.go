package experiment

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"bagnet/internal/text"
)

// TestMeanIntervals holds the intervals against scipy.stats.bootstrap, by
// scripts/make_bootstrap_goldens.py: within what chance makes of 10,000 samples, 1/30 of the
// interval's width at most. That of a paired difference is far from that of an unpaired one.
func TestMeanIntervals(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "intervals.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct {
		First, Second []float64
		Some          []text.Ratio
		Intervals     map[string][2]float64
	}
	if err := json.Unmarshal(data, &golden); err != nil || len(golden.First) != 80 {
		t.Fatal(err, len(golden.First))
	}
	difference, some := make([]float64, 80), make([]float64, 80)
	for i := range difference {
		difference[i], some[i] = golden.First[i]-golden.Second[i], float64(golden.Some[i])
	}
	columns := [][]float64{golden.First, golden.Second, some, difference}
	got := MeanIntervals(columns, rand.New(rand.NewPCG(1, 1)))
	for i, name := range []string{"first", "second", "some", "paired"} {
		want := golden.Intervals[name]
		for end := range 2 {
			if off := math.Abs(float64(got[i][end])-want[end]) / (want[1] - want[0]); off > 1.0/30 {
				t.Errorf("%s: %v, want %v", name, got[i], want)
			}
		}
	}
	if wide := golden.Intervals["unpaired"]; float64(got[3][1]-got[3][0]) > (wide[1]-wide[0])/2 {
		t.Errorf("paired %v is nearly as wide as unpaired %v", got[3], wide)
	}
	if again := MeanIntervals(columns, rand.New(rand.NewPCG(1, 1))); !slices.Equal(again, got) {
		t.Errorf("the same seed gives %v, then %v", got, again)
	}
}

// TestMeanIntervalsAreOfTheSameSamples has two columns that are one but for a constant: so
// are their intervals.
func TestMeanIntervalsAreOfTheSameSamples(t *testing.T) {
	a, b := make([]float64, 30), make([]float64, 30)
	for i := range a {
		a[i] = math.Sqrt(float64(i))
		b[i] = a[i] + 16
	}
	got := MeanIntervals([][]float64{a, b}, rand.New(rand.NewPCG(2, 2)))
	for end := range 2 {
		if math.Abs(float64(got[1][end]-got[0][end])-16) > 1e-12 {
			t.Errorf("%v and %v, want 16 between them", got[0], got[1])
		}
	}
}

// TestMeanIntervalsOfFew has no interval for fewer than two images.
func TestMeanIntervalsOfFew(t *testing.T) {
	nan := math.NaN()
	for _, columns := range [][][]float64{{{5}}, {{}}, {{5, nan, nan}}, {{nan, nan}}} {
		for _, interval := range MeanIntervals(columns, rand.New(rand.NewPCG(1, 1))) {
			if !math.IsNaN(float64(interval[0])) || !math.IsNaN(float64(interval[1])) || interval.Text(1, 2, "") != "-" {
				t.Errorf("%v: %v", columns, interval)
			}
		}
	}
	if got := MeanIntervals(nil, rand.New(rand.NewPCG(1, 1))); len(got) != 0 {
		t.Errorf("no columns: %v", got)
	}
	if got := (Interval{0.125, 0.5}).Text(100, 1, "%"); got != "12.5 to 50.0%" {
		t.Error(got)
	}
}
