package experiment

import (
	"math"
	"math/rand/v2"
	"testing"

	"bagnet/internal/answer"
)

func TestPearson(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		x, y []float64
		want float64
	}{
		{[]float64{1, 2, 3}, []float64{5, 7, 9}, 1},
		{[]float64{1, 2, 3}, []float64{3, 2, 1}, -1},
		{[]float64{1, 2, 3, 4}, []float64{1, 3, 2, 4}, 0.8},
		{[]float64{1, 0, -1, 0}, []float64{0, 1, 0, -1}, 0},
		{[]float64{0.1, 0.1, 0.1}, []float64{1, 2, 3}, nan}, // whose mean is not 0.1
		{[]float64{1, 2, 3}, []float64{7, 7, 7}, nan},
		{[]float64{1}, []float64{1}, nan},
		{nil, nil, nan},
	} {
		if got := Pearson(tc.x, tc.y); !(math.Abs(got-tc.want) < 1e-15 || math.IsNaN(got) && math.IsNaN(tc.want)) {
			t.Errorf("%v and %v: %v, want %v", tc.x, tc.y, got, tc.want)
		}
	}
}

func TestMean(t *testing.T) {
	nan := math.NaN()
	for _, tc := range []struct {
		values    []float64
		mean, err float64
	}{
		{[]float64{1, 3}, 2, 1}, // deviation sqrt(2), over sqrt(2)
		{[]float64{1, nan, 3}, 2, 1},
		{[]float64{0, 0, 0, 4}, 1, 1},
		{[]float64{5}, 5, nan},
		{[]float64{nan}, nan, nan},
		{nil, nan, nan},
	} {
		mean, err := Mean(tc.values)
		if same := func(a, b float64) bool { return math.Abs(a-b) < 1e-15 || math.IsNaN(a) && math.IsNaN(b) }; !same(mean, tc.mean) || !same(err, tc.err) {
			t.Errorf("%v: %v ± %v, want %v ± %v", tc.values, mean, err, tc.mean, tc.err)
		}
	}
}

func TestDeviation(t *testing.T) {
	if d := Deviation([]float64{1, -4, 2}, []float32{1, -5, 1}); d != 0.2 {
		t.Errorf("1 of a range of 5 is %v", d)
	}
	if d := Deviation([]float32{0, 0}, []float32{0, 0}); d != 0 {
		t.Errorf("zeros deviate by %v", d)
	}
	if d := Deviation([]float32{1, 0}, []float32{0, 0}); !math.IsInf(d, 1) {
		t.Errorf("1 instead of 0 deviates by %v", d)
	}
	if d := Deviation([]float32{1}, []float32{0}); d != 1 {
		t.Errorf("log-odds of 1 instead of 0 deviate by %v", d)
	}
	if d := Deviation([]float32{3}, []float32{4}); d != 0.25 {
		t.Errorf("log-odds of 3 instead of 4 deviate by %v", d)
	}
}

func TestBest(t *testing.T) {
	if b := answer.Best([]float32{-3, -1, -1, -2}); b != 1 {
		t.Errorf("the best is %d", b)
	}
}

// TestBootstrap has the mean, whose standard error is known: sigma/sqrt(n).
func TestBootstrap(t *testing.T) {
	values := make([]float64, 400)
	source := rand.New(rand.NewPCG(1, 1))
	for i := range values {
		values[i] = source.NormFloat64()
	}
	mean := func(sample []int) float64 {
		sum := 0.0
		for _, i := range sample {
			sum += values[i]
		}
		return sum / float64(len(sample))
	}
	_, want := Mean(values)
	got := Bootstrap(len(values), rand.New(rand.NewPCG(2, 2)), mean)
	if math.Abs(got-want)/want > 0.1 {
		t.Errorf("standard error %v, want about %v", got, want)
	}
	if again := Bootstrap(len(values), rand.New(rand.NewPCG(2, 2)), mean); again != got {
		t.Errorf("%v, then %v with the same seed", got, again)
	}
	if e := Bootstrap(1, rand.New(rand.NewPCG(2, 2)), mean); !math.IsNaN(e) {
		t.Errorf("one image has an error of %v", e)
	}
	calls, drawn := 0, map[int]int{}
	Bootstrap(7, rand.New(rand.NewPCG(4, 4)), func(sample []int) float64 {
		calls++
		for _, i := range sample {
			drawn[i]++
		}
		return float64(len(sample))
	})
	if calls != 1000 || len(drawn) != 7 {
		t.Errorf("%d samples of images %v, want 1000 of 7", calls, drawn)
	}
	for i, n := range drawn { // 1000 expected, with a standard deviation of 29
		if i < 0 || i > 6 || n < 850 || n > 1150 {
			t.Errorf("image %d was drawn %d times of 7000", i, n)
		}
	}
	undefined := func([]int) float64 { return math.NaN() }
	if e := Bootstrap(10, rand.New(rand.NewPCG(2, 2)), undefined); !math.IsNaN(e) {
		t.Errorf("an undefined statistic has an error of %v", e)
	}
}
