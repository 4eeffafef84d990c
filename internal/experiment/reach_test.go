package experiment

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"bagnet/internal/chart"
)

func TestReachedByHand(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	for _, tc := range []struct {
		x, y []float64
		want float64
	}{
		{[]float64{0, 8, 16}, []float64{0.5, 0.8, 1}, 12},
		{[]float64{0, 8, 16}, []float64{0.9, 0.95, 1}, 0},
		{[]float64{4, 8, 16}, []float64{1, 0.5, 1}, 14.4}, // it stays from there on
		{[]float64{0, 8, 16}, []float64{1, 1, 0.89}, inf},
		{[]float64{0, 8, 16}, []float64{0.8, 1, nan}, 4},
		{[]float64{0, 8, 16}, []float64{0.8, nan, 1}, 8},
		{[]float64{0, 8, 16}, []float64{nan, 0.9, 1}, 8},
		{[]float64{0, 8}, []float64{0.5, 0.9}, 8},
		{[]float64{0, 8}, []float64{nan, nan}, nan},
		{nil, nil, nan},
	} {
		if got := Reached(tc.x, tc.y, 0.9); math.Abs(got-tc.want) > 1e-12 && !(math.IsNaN(got) && math.IsNaN(tc.want)) && got != tc.want || math.IsNaN(got) != math.IsNaN(tc.want) {
			t.Errorf("%v of %v: %v, want %v", tc.y, tc.x, got, tc.want)
		}
	}
}

// TestReachedBySteps goes along random curves in small steps.
func TestReachedBySteps(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	const step = 1.0 / 256
	for range 200 {
		x, y := []float64{0, 1, 3, 4, 8}, make([]float64, 5)
		for i := range y {
			y[i] = rng.Float64()
		}
		want := 0.0
		for at := 0.0; at <= 8; at += step {
			i := max(1, slices.IndexFunc(x, func(v float64) bool { return v >= at }))
			if v := y[i-1] + (y[i]-y[i-1])*(at-x[i-1])/(x[i]-x[i-1]); v < 0.4 {
				want = at + step // it is below until here at least
			}
		}
		if got := Reached(x, y, 0.4); want > 8 != math.IsInf(got, 1) || want <= 8 && math.Abs(got-want) > step {
			t.Errorf("%v: %v, want about %v", y, got, want)
		}
	}
}

// TestNewReach has a statistic that is a mean, whose interval is known: that of a normal
// distribution, within what chance makes of 1000 samples.
func TestNewReach(t *testing.T) {
	const n = 400
	values, sum := make([]float64, n), 0.0
	rng := rand.New(rand.NewPCG(2, 2))
	for i := range values {
		values[i] = 20 + 4*rng.NormFloat64()
		sum += values[i]
	}
	mean := func(sample []int) float64 {
		sum := 0.0
		for _, k := range sample {
			sum += values[k]
		}
		return sum / float64(len(sample))
	}
	r := NewReach(n, 7, rand.New(rand.NewPCG(3, 3)), mean)
	if math.Abs(float64(r.From)-sum/n) > 1e-9 || r.Always || r.Never {
		t.Errorf("%+v, want %v", r, sum/n)
	}
	for end, sign := range []float64{-1, 1} {
		if want := sum/n + sign*1.96*4/20; math.Abs(float64(r.Interval[end])-want) > 0.045 { // 1.645 is off by 0.063
			t.Errorf("%+v, want about %v", r, want)
		}
	}
	// Half of the samples are beyond, and so is the end of the interval.
	beyond := func(sample []int) float64 {
		if mean(sample) > sum/n {
			return math.Inf(1)
		}
		return 7
	}
	if r := NewReach(n, 7, rand.New(rand.NewPCG(3, 3)), beyond); !r.Always || r.Never || r.Interval[0] != 7 || !math.IsInf(float64(r.Interval[1]), 1) ||
		r.Text(32) != "7 px or less (95%: 7.0 to more than 32)" {
		t.Errorf("%+v: %s", r, r.Text(32))
	}
	never := func([]int) float64 { return math.Inf(1) }
	if r := NewReach(1, 7, nil, never); !r.Never || !math.IsNaN(float64(r.Interval[0])) || r.Text(32) != "more than 32 px" {
		t.Errorf("%+v: %s", r, r.Text(32))
	}
	if r := NewReach(9, 7, rand.New(rand.NewPCG(3, 3)), never); !math.IsInf(float64(r.Interval[0]), 1) || r.Text(32) != "more than 32 px" {
		t.Errorf("%+v: %s", r, r.Text(32))
	}
	if r := NewReach(0, math.NaN(), nil, func([]int) float64 { return math.NaN() }); r.Never || r.Always || r.Text(0) != "unknown" {
		t.Errorf("%+v", r)
	}
}

// TestReachFigure has two networks of as many layers, one that reaches nothing and one that
// always does.
func TestReachFigure(t *testing.T) {
	nan := Interval{}
	nan[0] = NewReach(0, 0, nil, func([]int) float64 { return math.NaN() }).From
	nan[1] = nan[0]
	inf := NewReach(0, 0, nil, func([]int) float64 { return math.Inf(1) })
	nine := NetworkSummary{Layers: 51, Sees: 9, Side: 160}
	f := ReachFigure("title", "y", ByLayers, []Reaching{
		{nine, Reach{From: 5, Interval: Interval{4, 8}}, "", 32},
		{NetworkSummary{Layers: 51, Sees: 33, Side: 160}, Reach{From: 20, Interval: Interval{19, inf.From}}, "", 32},
		{NetworkSummary{Model: "c", Layers: 18, Sees: 435, Side: 160}, Reach{From: inf.From, Interval: nan, Never: true}, "", 32},
		{NetworkSummary{Layers: 51, Side: 160}, Reach{From: nan[0], Interval: nan}, "", 32},
		{NetworkSummary{Model: "d", Layers: 8, Side: 160}, Reach{From: 0, Interval: nan, Always: true}, "16 px", 32},
	})
	if !slices.Equal(f.Marks, []float64{8, 18, 51}) || f.To != 0 || len(f.Series) != 5 || f.Series[3].Points[0].X != 0 {
		t.Fatalf("%+v", f)
	}
	a, b, c, d := f.Series[0], f.Series[1], f.Series[2], f.Series[4]
	if x, y := a.Points[0].X, b.Points[0].X; x >= y || math.Abs(x*y-51*51) > 1e-9 || a.Points[0].Y != 5 || a.Bars[0] != (chart.Bar{Low: 4, High: 8}) || b.Bars[0] != (chart.Bar{Low: 19, High: 32}) {
		t.Errorf("%+v and %+v", a, b)
	}
	if c.Name != "" || c.Points[0] != (chart.Point{X: 18, Y: 32, Name: "c (more)"}) || c.Bars[0] != (chart.Bar{Low: 32, High: 32}) || d.Name != "d" || d.Kind != "16 px" || d.Points[0] != (chart.Point{X: 8, Name: "(or less)"}) {
		t.Errorf("%+v and %+v", c, d)
	}
	for axis, want := range map[string]float64{ByLayers: 51, BySight: 9} {
		if got := nine.Along(axis); got != want || AxisTitle(ByLayers) == AxisTitle(BySight) {
			t.Errorf("%s: %v", axis, got)
		}
	}
	moved, marks := SideBySide([]float64{0, 9, 9, 9})
	if moved[0] != 0 || moved[2] != 9 || moved[1] >= 9 || moved[3] <= 9 || !slices.Equal(marks, []float64{9}) {
		t.Errorf("%v, %v", moved, marks)
	}
}
