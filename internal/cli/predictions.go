package cli

import (
	"cmp"
	"errors"
	"slices"

	"bagnet/internal/answer"
	"bagnet/internal/class"
)

// prediction is one class of an image's answer.
type prediction struct {
	class.Class
	Logit       float32 `json:"logit"`
	Probability float64 `json:"probability"`
}

// errNotFinite says why an image has no answer.
var errNotFinite = errors.New("the network's logits are not finite: its weights do not suit this image")

// predict returns the k classes with the highest logits, best first and by
// index where they are equal; all of them if k is 0 or more than there are.
// outputs are the network's, classes those that package answer makes of them.
func predict(outputs []float32, classes []class.Class, k int) ([]prediction, error) {
	if !answer.Finite(outputs) {
		return nil, errNotFinite
	}
	logits, probabilities := answer.Logits(outputs), answer.Probabilities(outputs)
	if k == 0 || k > len(logits) {
		k = len(logits)
	}
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

// predictAmong is predict for an answer among some classes only, two at least, by
// index; nil for all. Probabilities are then among these.
func predictAmong(outputs []float32, classes []class.Class, among []int, k int) ([]prediction, error) {
	if among == nil || len(outputs) == 1 { // whose two classes are all among them
		return predict(outputs, classes, k)
	}
	logits, named := make([]float32, len(among)), make([]class.Class, len(among))
	for i, class := range among {
		logits[i], named[i] = outputs[class], classes[class]
	}
	return predict(logits, named, k)
}
