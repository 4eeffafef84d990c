package bagnet

import (
	"cmp"
	"context"
	"slices"

	"gorgonia.org/tensor"

	"bagnet/internal/answer"
)

// An Answer is what a model says of an image.
type Answer struct {
	Logits        []float32 // of the classes: the logarithms of their odds where the model has one output, z and -z
	Probabilities []float64 // of the classes: softmax, or for one output the sigmoid and its complement
	Outputs       []float32 // of the network: the logits, or z alone

	classes []Class
}

// A Prediction is one class of an answer.
type Prediction struct {
	Class
	Logit       float32 `json:"logit"`
	Probability float64 `json:"probability"`
}

// Classify returns the model's answer to an image.
func (m *Model) Classify(ctx context.Context, img *Image) (Answer, error) {
	outputs, err := m.net.Classify(ctx, img.pixels)
	if err != nil {
		return Answer{}, err
	}
	return m.answer(outputs)
}

func (m *Model) answer(outputs []float32) (Answer, error) {
	if !answer.Finite(outputs) {
		return Answer{}, ErrNotFinite
	}
	return newAnswer(outputs, m.classes), nil
}

func newAnswer(outputs []float32, classes []Class) Answer {
	return Answer{answer.Logits(outputs), answer.Probabilities(outputs), outputs, classes}
}

// Best returns the index of the likeliest class, the first of several.
func (a Answer) Best() int { return answer.Best(a.Outputs) }

// Top returns the k likeliest classes, the likeliest first and by index where they are
// equal; all of them if k is 0 or more than there are.
func (a Answer) Top(k int) []Prediction {
	if k <= 0 || k > len(a.Logits) {
		k = len(a.Logits)
	}
	order := make([]int, len(a.Logits))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(a.Logits[j], a.Logits[i]), cmp.Compare(i, j))
	})
	top := make([]Prediction, k)
	for i, c := range order[:k] {
		top[i] = Prediction{a.classes[c], a.Logits[c], a.Probabilities[c]}
	}
	return top
}

// Among returns the answer among some classes only, two at least, by their indices:
// probabilities are then among these. It makes no difference for a model of one output,
// whose two classes are all there are.
func (a Answer) Among(classes []int) Answer {
	if len(a.Outputs) == 1 {
		return a
	}
	logits, named := make([]float32, len(classes)), make([]Class, len(classes))
	for i, c := range classes {
		logits[i], named[i] = a.Logits[c], a.classes[c]
	}
	return newAnswer(logits, named)
}

// Features returns the last feature map of an image, [rows, cols, channels] float32:
// what Head makes the answer of. Of a BagNet it has the features of the patches on the
// native grid.
func (m *Model) Features(ctx context.Context, img *Image) (*tensor.Dense, error) {
	return m.net.Features(ctx, img.pixels)
}

// Head returns the answer that the rest of the network makes of a last feature map.
func (m *Model) Head(ctx context.Context, features *tensor.Dense) (Answer, error) {
	outputs, err := m.net.Head(ctx, features)
	if err != nil {
		return Answer{}, err
	}
	return m.answer(outputs)
}
