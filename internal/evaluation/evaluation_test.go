package evaluation

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
)

// given makes a result whose likeliest classes are those named, with falling
// probabilities from the first one's.
func given(path string, class int, probability float64, predicted ...int) Result {
	r := Result{Path: path, Class: class}
	for _, p := range predicted {
		r.Predictions = append(r.Predictions, Prediction{p, probability})
		probability /= 2
	}
	return r
}

// By hand: three classes of seven have images.
func TestByHand(t *testing.T) {
	e := New(7, 2)
	for _, r := range []Result{
		given("a", 0, 0.9, 0, 1, 2, 3, 4),
		given("b", 0, 0.5, 1, 2, 3, 4, 0),
		given("c", 0, 0.8, 1, 2, 3, 4, 5, 0), // sixth is too late
		given("d", 3, 0.7, 3, 1, 2, 0, 4),
		given("e", 6, 0.8, 5, 1, 2, 0, 6),
		given("f", 6, 0.3, 1, 2, 3, 4, 0),
	} {
		e.Add(r)
	}
	want := []Class{
		0: {Images: 3, Top1: 1, Top5: 2, Mistaken: map[int]int{1: 2}},
		3: {Images: 1, Top1: 1, Top5: 1},
		6: {Images: 2, Top1: 0, Top5: 1, Mistaken: map[int]int{1: 1, 5: 1}},
	}
	if got := e.Classes(); !reflect.DeepEqual(got, want) {
		t.Errorf("classes %+v, want %+v", got, want)
	}
	if got := e.Total(); !reflect.DeepEqual(got, Class{Images: 6, Top1: 2, Top5: 4}) {
		t.Errorf("total %+v", got)
	}
	if mean, n := e.MeanClassAccuracy(); n != 3 || math.Abs(mean-4.0/9) > 1e-15 { // (1/3 + 1 + 0) / 3
		t.Errorf("mean class accuracy %v of %d classes, want 4/9 of 3", mean, n)
	}
	// The bins have 0.9 right; 0.8 and 0.8 wrong; 0.7 right; 0.5 wrong; 0.3 wrong.
	if got, want := e.CalibrationError(), (0.1+1.6+0.3+0.5+0.3)/6; math.Abs(got-want) > 1e-15 {
		t.Errorf("calibration error %v, want %v", got, want)
	}
	if got, want := e.Confidence(), (0.9+0.5+0.8+0.7+0.8+0.3)/6; math.Abs(got-want) > 1e-15 {
		t.Errorf("confidence %v, want %v", got, want)
	}
	bins := e.Calibration()
	if b := bins[11]; b.Images != 2 || b.Accuracy != 0 || b.Confidence != 0.8 || b.From != 11.0/15 || b.To != 12.0/15 {
		t.Errorf("bin of 0.8: %+v", b)
	}
	if b := bins[0]; b.Images != 0 || !math.IsNaN(b.Accuracy) || !math.IsNaN(b.Confidence) {
		t.Errorf("empty bin: %+v", b)
	}
	if got, want := e.Mistakes(), []Mistake{{"c", 0, 1, 0.8}, {"e", 6, 5, 0.8}}; !slices.Equal(got, want) {
		t.Errorf("mistakes %v, want %v", got, want)
	}
	for class, want := range map[int][2]int{0: {1, 2}, 3: {-1, 0}, 6: {1, 1}} {
		if other, n := e.Classes()[class].MostMistaken(); other != want[0] || n != want[1] {
			t.Errorf("class %d most mistaken for %d, %d times; want %v", class, other, n, want)
		}
	}
	confusion := e.Confusion()
	if want := []int{1, 2, 0, 0, 0, 0, 0}; !slices.Equal(confusion[0], want) {
		t.Errorf("confusion of class 0: %v, want %v", confusion[0], want)
	}
	if want := []int{0, 1, 0, 0, 0, 1, 0}; len(confusion) != 7 || !slices.Equal(confusion[6], want) {
		t.Errorf("confusion of class 6: %v, want %v", confusion[6], want)
	}
}

func TestNothing(t *testing.T) {
	e := New(3, 5)
	mean, n := e.MeanClassAccuracy()
	for name, v := range map[string]float64{"mean": mean, "error": e.CalibrationError(), "confidence": e.Confidence(), "share": Share(0, e.Total().Images)} {
		if !math.IsNaN(v) {
			t.Errorf("%s of nothing: %v, want NaN", name, v)
		}
	}
	if n != 0 || len(e.Mistakes()) != 0 || len(e.Calibration()) != Bins {
		t.Errorf("%d classes, %d mistakes, %d bins", n, len(e.Mistakes()), len(e.Calibration()))
	}
}

// Two classes: the second place is the last, and in the top five.
func TestFewClasses(t *testing.T) {
	e := New(2, 0)
	e.Add(given("a", 1, 1, 0, 1))
	if got := e.Total(); got.Top1 != 0 || got.Top5 != 1 || len(e.Mistakes()) != 0 {
		t.Errorf("got %+v and %d mistakes, of which none were to be kept", got, len(e.Mistakes()))
	}
}

func TestBinEdges(t *testing.T) {
	for p, want := range map[float64]int{
		0: 0, 1e-300: 0, 1.0 / 15: 0, math.Nextafter(1.0/15, 1): 1, 0.2: 2, math.Nextafter(0.2, 1): 3,
		14.0 / 15: 13, math.Nextafter(14.0/15, 1): 14, 1: 14,
	} {
		if got := binOf(p); got != want {
			t.Errorf("%v is in bin %d, want %d", p, got, want)
		}
	}
}

// A sum of many ones does not overflow, nor does a small term get lost.
func TestExactSum(t *testing.T) {
	var s exactSum
	for range 1000 {
		s.add(1)
	}
	s.add(0x1p-40)
	if got := s.value(); got != 1000+0x1p-40 {
		t.Errorf("sum %v", got)
	}
}

// random makes n results over that many classes, with many equal
// probabilities and paths.
func random(rng *rand.Rand, n, classes int) []Result {
	results := make([]Result, n)
	for i := range results {
		logits := make([]float64, classes)
		var sum float64
		for c := range logits {
			logits[c] = math.Exp(4 * rng.Float64())
			sum += logits[c]
		}
		order := rng.Perm(classes)
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(logits[b], logits[a]) })
		r := Result{Path: fmt.Sprint(rng.IntN(1 + n/2)), Class: rng.IntN(classes)}
		for _, c := range order[:min(6, classes)] {
			r.Predictions = append(r.Predictions, Prediction{c, logits[c] / sum})
		}
		if rng.IntN(3) == 0 {
			r.Predictions[0].Probability = float64(rng.IntN(16)) / 15
		}
		results[i] = r
	}
	return results
}

func evaluate(results []Result, classes, mistakes int) *Evaluation {
	e := New(classes, mistakes)
	for _, r := range results {
		e.Add(r)
	}
	return e
}

// Everything once more from the definitions, over all results at once.
func TestAgainstDefinitions(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		n, classes, keep := 1+rng.IntN(400), 1+rng.IntN(12), rng.IntN(20)
		results := random(rng, n, classes)
		e := evaluate(results, classes, keep)

		var ece, confidence float64
		for m := range Bins {
			from, to := float64(m)/Bins, float64(m+1)/Bins
			var images, right, sum float64
			for _, r := range results {
				if p := r.Predictions[0].Probability; p > from && p <= to || m == 0 && p == 0 {
					images++
					sum += p
					if r.Predictions[0].Class == r.Class {
						right++
					}
				}
			}
			if b := e.Calibration()[m]; float64(b.Images) != images || images > 0 && (b.Accuracy != right/images || math.Abs(b.Confidence-sum/images) > 1e-12) {
				t.Fatalf("bin %d: %+v, want %v images, accuracy %v, confidence %v", m, b, images, right/images, sum/images)
			}
			if images > 0 {
				ece += images / float64(n) * math.Abs(right/images-sum/images)
			}
			confidence += sum / float64(n)
		}
		if got := e.CalibrationError(); math.Abs(got-ece) > 1e-12 {
			t.Fatalf("calibration error %v, want %v", got, ece)
		}
		if got := e.Confidence(); math.Abs(got-confidence) > 1e-12 {
			t.Fatalf("confidence %v, want %v", got, confidence)
		}

		confusion := e.Confusion()
		var wrong []Mistake
		for i := range classes {
			for j := range classes {
				images, top5 := 0, 0
				for _, r := range results {
					if r.Class == i && r.Predictions[0].Class == j {
						images++
						if i != j {
							wrong = append(wrong, Mistake{r.Path, i, j, r.Predictions[0].Probability})
						}
					}
					if r.Class == i && slices.ContainsFunc(r.Predictions[:min(5, classes)], func(p Prediction) bool { return p.Class == i }) {
						top5++
					}
				}
				if confusion[i][j] != images || e.Classes()[i].Top5 != top5 {
					t.Fatalf("confusion of %d and %d: %d, want %d; top-5 %d, want %d", i, j, confusion[i][j], images, e.Classes()[i].Top5, top5)
				}
			}
		}
		slices.SortFunc(wrong, compare)
		if got, want := e.Mistakes(), wrong[:min(keep, len(wrong))]; !slices.Equal(got, want) {
			t.Fatalf("%d mistakes kept: %v\nwant %v", keep, got, want)
		}
	}
}

func TestOrderDoesNotMatter(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		results := random(rng, 300, 5)
		want := evaluate(results, 5, 10)
		rng.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
		if got := evaluate(results, 5, 10); !reflect.DeepEqual(got, want) {
			t.Fatalf("another order makes %+v of %+v", got, want)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	e := New(3, 4)
	predictions := []Prediction{{1, 0.9}, {0, 0.1}, {2, 0}}
	add := func() {
		for class := range 3 {
			e.Add(Result{Path: "a", Class: class, Predictions: predictions})
		}
	}
	for range 100 {
		add()
	}
	if n := testing.AllocsPerRun(1000, add); n != 0 {
		t.Errorf("%v allocations for three more images, want none", n)
	}
}
