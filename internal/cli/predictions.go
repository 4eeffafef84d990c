package cli

import (
	"cmp"
	"errors"
	"math"
	"slices"

	"bagnet/internal/loader"
)

// prediction is one class of an image's answer.
type prediction struct {
	loader.Class
	Logit       float32 `json:"logit"`
	Probability float64 `json:"probability"`
}

// errNotFinite says why an image has no answer.
var errNotFinite = errors.New("the network's logits are not finite: its weights do not suit this image")

// predict returns the k classes with the highest logits, best first and by
// index where they are equal; all of them if k is 0 or more than there are.
func predict(logits []float32, classes []loader.Class, k int) ([]prediction, error) {
	if !finite(logits) {
		return nil, errNotFinite
	}
	if k == 0 || k > len(logits) {
		k = len(logits)
	}
	probabilities := softmax(logits)
	order := make([]int, len(logits))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(logits[b], logits[a]), cmp.Compare(a, b))
	})
	top := make([]prediction, k)
	for i, class := range order[:k] {
		top[i] = prediction{classes[class], logits[class], probabilities[class]}
	}
	return top, nil
}

// finite reports whether no value is NaN or infinite.
func finite(values []float32) bool {
	return !slices.ContainsFunc(values, func(v float32) bool { return v-v != 0 })
}

// softmax returns exp(logit) / sum of exp(logits) for finite logits, in
// float64 and shifted by the largest so that nothing overflows.
func softmax(logits []float32) []float64 {
	p := make([]float64, len(logits))
	if len(p) == 0 {
		return p
	}
	largest := float64(slices.Max(logits))
	var sum float64
	for i, v := range logits {
		p[i] = math.Exp(float64(v) - largest)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}
