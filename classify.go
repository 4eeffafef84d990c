package bagnet

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"gorgonia.org/tensor"

	"bagnet/internal/answer"
)

// An Answer is what a model says of an image. All of it is finite.
type Answer struct {
	Logits        []float32 // [classes]; where the model has one output, z, the logarithms of the classes' odds: z and -z
	Probabilities []float64 // [classes]: softmax of Logits, or for one output the sigmoid of z and its complement
	Outputs       []float32 // [outputs] of the network: the same as Logits, or z alone

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
	pixels, err := img.read()
	if err != nil {
		return Answer{}, err
	}
	outputs, err := m.net.Classify(ctx, pixels)
	if err != nil {
		return Answer{}, err
	}
	return m.answer(outputs)
}

// answer makes the answer of a network's outputs, which must be finite.
func (m *Model) answer(outputs []float32) (Answer, error) {
	if !answer.Finite(outputs) {
		return Answer{}, ErrNotFinite
	}
	return newAnswer(outputs, m.classes), nil
}

// newAnswer keeps outputs and shares nothing else.
func newAnswer(outputs []float32, classes []Class) Answer {
	return Answer{slices.Clone(answer.Logits(outputs)), answer.Probabilities(outputs), outputs, classes}
}

// Best returns which of Logits belongs to the likeliest class, the first of several.
func (a Answer) Best() int {
	best := 0
	for i, v := range a.Logits {
		if v > a.Logits[best] {
			best = i
		}
	}
	return best
}

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

// Among returns the answer among some of a's classes only: its logits are those of
// classes, indices into a.Logits without repeats, in that order, and its probabilities
// add up to 1 among them. Predictions keep their Index. An index that a.Logits does not
// have panics. It makes no difference for a model of one output, whose two classes are
// all there are.
func (a Answer) Among(classes []int) Answer {
	if len(a.Outputs) == 1 {
		return a
	}
	logits, named := make([]float32, len(classes)), make([]Class, len(classes))
	for i, c := range classes {
		logits[i], named[i] = a.Logits[c], a.classes[c]
	}
	if len(classes) == 1 { // not the one output of a network
		return Answer{logits, []float64{1}, slices.Clone(logits), named}
	}
	return newAnswer(logits, named)
}

// Features returns the last feature map of an image, [rows, cols, channels] float32:
// what Head makes the answer of. Of a BagNet it has the features of the patches on the
// native grid, and an image's features are their mean over rows and columns.
func (m *Model) Features(ctx context.Context, img *Image) (*tensor.Dense, error) {
	pixels, err := img.read()
	if err != nil {
		return nil, err
	}
	features, err := m.net.Features(ctx, pixels)
	if err != nil {
		return nil, err
	}
	if !answer.Finite(features.Float32s()) {
		return nil, ErrNotFinite
	}
	return features, nil
}

// Head returns the answer that the rest of the network makes of a last feature map,
// [rows, cols, channels] float32. A BagNet's takes any number of rows and columns. A
// view whose values do not lie row by row is an error.
func (m *Model) Head(ctx context.Context, features *tensor.Dense) (Answer, error) {
	if err := checkPacked(features); err != nil {
		return Answer{}, fmt.Errorf("running the classifier: %w", err)
	}
	outputs, err := m.net.Head(ctx, features)
	if err != nil {
		return Answer{}, err
	}
	return m.answer(outputs)
}
