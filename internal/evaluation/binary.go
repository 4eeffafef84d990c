package evaluation

import (
	"math"
	"slices"
)

// maxScores bounds how many images a Ranking keeps the scores of: 8 bytes each,
// and while the list grows as much again.
const maxScores = 10_000_000

// A Ranking tells how well scores separate the images of a class, the positive
// one, from the others. It keeps all scores of up to 10 million images. The zero
// value is empty. It is not safe for concurrent use.
type Ranking struct {
	positive, negative []float64
	limit              int // maxScores if 0
	over               bool
}

// Add counts an image of that score, a finite number, larger where more speaks for
// the positive class.
func (r *Ranking) Add(score float64, positive bool) {
	limit := r.limit
	if limit == 0 {
		limit = maxScores
	}
	switch {
	case r.over:
	case len(r.positive)+len(r.negative) == limit:
		*r = Ranking{over: true}
	case positive:
		r.positive = append(r.positive, score)
	default:
		r.negative = append(r.negative, score)
	}
}

// Over reports whether there were more images than scores are kept of.
func (r *Ranking) Over() bool { return r.over }

// AUC returns the area under the ROC curve: the share of pairs of a positive and a
// negative image of which the positive one has the higher score, equal scores counted
// as half a pair (Mann and Whitney's U by midranks, divided by the number of
// pairs; D. Bamber, 1975). It is counted in whole numbers, so the order of the
// images does not matter to the last bit. NaN if there are no pairs, or Over.
func (r *Ranking) AUC() float64 {
	slices.Sort(r.positive)
	slices.Sort(r.negative)
	var halves uint64 // half pairs
	below, upTo := 0, 0
	for _, score := range r.positive {
		for below < len(r.negative) && r.negative[below] < score {
			below++
		}
		for upTo < len(r.negative) && r.negative[upTo] <= score {
			upTo++
		}
		halves += uint64(below + upTo)
	}
	pairs := uint64(len(r.positive)) * uint64(len(r.negative))
	if pairs == 0 {
		return math.NaN()
	}
	return float64(halves) / float64(2*pairs)
}

// QuadraticKappa returns Cohen's kappa with quadratic weights (J. Cohen, Weighted
// kappa, 1968) of the true and the predicted classes, whose order is that of grades:
// 1 - sum of observed (i-j)^2 / sum of expected (i-j)^2. NaN where nothing is
// expected to differ: without images, or if all are, and are called, one class.
func (e *Evaluation) QuadraticKappa() float64 {
	predicted := make([]float64, len(e.classes))
	var images, observed float64
	var trueSum, trueSquares float64 // of grades, less that of the first class with images: small numbers stay exact
	first := slices.IndexFunc(e.classes, func(c Class) bool { return c.Images > 0 })
	for k, c := range e.classes {
		n, i := float64(c.Images), k-first
		images += n
		trueSum += n * float64(i)
		trueSquares += n * float64(i) * float64(i)
		predicted[k] += float64(c.Top1)
		for j, mistaken := range c.Mistaken { // whole numbers: any order gives the same sums
			predicted[j] += float64(mistaken)
			observed += float64(mistaken) * float64(k-j) * float64(k-j)
		}
	}
	var predictedSum, predictedSquares float64
	for k, n := range predicted {
		j := k - first
		predictedSum += n * float64(j)
		predictedSquares += n * float64(j) * float64(j)
	}
	expected := trueSquares + predictedSquares - 2*trueSum*predictedSum/images
	if !(expected > 0) {
		return math.NaN()
	}
	return 1 - observed/expected
}
