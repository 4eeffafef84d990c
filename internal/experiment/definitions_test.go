package experiment

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestCompareAnswer has a shuffled image whose answer is another than the intact
// one's.
func TestCompareAnswer(t *testing.T) {
	got := Compare([]float32{1, 5, 2}, []float32{9, 0, 1}, 2)
	if got.Class != 1 || got.Logit != 2 {
		t.Errorf("%+v, want class 1 and the logit 2 of class 2", got)
	}
}

// TestCheckMapColumns has as many rows as suit the image, and other columns.
func TestCheckMapColumns(t *testing.T) {
	c := mustCells(t, 16, 24, 8)
	for cols, ok := range map[int]bool{3: true, 2: false, 4: false, 6: false, 0: false} {
		if err := c.CheckMap(2, cols); (err == nil) != ok {
			t.Errorf("2 x %d values: %v", cols, err)
		}
	}
}

// TestOrderOfEquals has many cells of few values: equals come as they are counted.
func TestOrderOfEquals(t *testing.T) {
	values := make([]float64, 300)
	var want []int
	for level := 2; level >= 0; level-- {
		for i := range values {
			if values[i] = float64(i * i % 3); i*i%3 == level {
				want = append(want, i)
			}
		}
	}
	if got := Order(values); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestCurvesBesideEachOther runs two curves and an occlusion with one Masking:
// each is what a new one gives.
func TestCurvesBesideEachOther(t *testing.T) {
	img := random(4, 6, 3)
	net := make(linear, len(img.Values))
	for i := range net {
		net[i] = float32(i%7) - 3
	}
	intact, err := outputs(t.Context(), net, img)
	if err != nil {
		t.Fatal(err)
	}
	cells := mustCells(t, 4, 6, 2)
	fresh := func() *Masking { return NewMasking(net, img, 1, intact, MeanFill{}) }
	m := fresh()
	for _, order := range [][]int{{0, 1, 2, 3, 4, 5}, {5, 3, 1, 0, 2, 4}, {2, 4, 0, 5, 1, 3}} {
		squares := Squares{Side: 2, Places: cells.Places(order), Counts: []int{0, 1, 3}}
		for name, curve := range map[string]func(*Masking) ([]Response, error){
			"deletion":  func(m *Masking) ([]Response, error) { return m.Deletion(t.Context(), squares) },
			"insertion": func(m *Masking) ([]Response, error) { return m.Insertion(t.Context(), squares) },
		} {
			got, err := curve(m)
			if err != nil {
				t.Fatal(err)
			}
			if want, err := curve(fresh()); err != nil || !slices.Equal(got, want) {
				t.Errorf("order %v, %s: %v, alone %v (%v)", order, name, got, want, err)
			}
		}
	}
	got, err := m.Occlusion(t.Context(), cells)
	if err != nil {
		t.Fatal(err)
	}
	if want, err := fresh().Occlusion(t.Context(), cells); err != nil || !slices.Equal(got, want) {
		t.Errorf("occlusion %v, alone %v (%v)", got, want, err)
	}
}

func TestAreaIsTheMeanHeight(t *testing.T) {
	// Trapezoids of 2*3 and 1*5 over a width of 3.
	if got := Area([]float64{1, 3, 4}, []float64{2, 4, 6}); got != 11.0/3 {
		t.Errorf("%v, want 11/3", got)
	}
}

// TestSamplesReachEveryImage counts how often each of 5 images is drawn: 1000
// times on average of 5000 draws, with a standard deviation of 28.
func TestSamplesReachEveryImage(t *testing.T) {
	counts := make([]int, 5)
	draws := 0
	Bootstrap(5, rand.New(rand.NewPCG(1, 2)), func(sample []int) float64 {
		for _, i := range sample {
			counts[i]++
		}
		draws += len(sample)
		return float64(sample[0])
	})
	if draws != 5000 {
		t.Errorf("%d draws, want 1000 samples of 5", draws)
	}
	for i, n := range counts {
		if n < 860 || n > 1140 {
			t.Errorf("image %d is drawn %d times of %d: %v", i, n, draws, counts)
		}
	}
}
