// Package answer says what a network's outputs mean: how many classes there are,
// which is the likeliest, and how likely each is.
//
// A network of two outputs or more has a class for each, and their probabilities are
// the softmax of its logits. A network of one output has two classes: 0, the positive
// one, which the output is the evidence for, and 1, the negative one. The positive
// one's probability is the sigmoid of the output, as in torch.nn.BCEWithLogitsLoss,
// and the logit of each class is the logarithm of its odds: z and -z.
package answer

import "math"

// The classes of a network of one output.
const (
	Positive = iota
	Negative
)

// Classes returns how many classes a network of that many outputs has.
func Classes(outputs int) int {
	if outputs == 1 {
		return 2
	}
	return outputs
}

// Output returns which output a class of a network of that many outputs is read
// from, and what it is to be multiplied with: -1 for the negative class of one
// output, else 1.
func Output(outputs, class int) (output int, sign float32) {
	if outputs == 1 {
		return 0, 1 - 2*float32(class)
	}
	return class, 1
}

// Logits returns the [classes] logits of a network's [outputs]: the same slice but
// for one output.
func Logits(outputs []float32) []float32 {
	if len(outputs) == 1 {
		return []float32{outputs[0], 0 - outputs[0]} // never -0
	}
	return outputs
}

// Logit returns that of one class.
func Logit(outputs []float32, class int) float32 {
	output, sign := Output(len(outputs), class)
	if sign < 0 {
		return 0 - outputs[output] // never -0
	}
	return outputs[output]
}

// Probabilities returns the [classes] probabilities for finite outputs, in float64:
// the sigmoid and its complement for one output, else exp(logit) / sum of
// exp(logits), shifted by the largest so that nothing overflows.
func Probabilities(outputs []float32) []float64 {
	if len(outputs) == 1 {
		z := float64(outputs[0])
		return []float64{sigmoid(z), sigmoid(-z)}
	}
	p := make([]float64, len(outputs))
	largest := math.Inf(-1)
	for _, v := range outputs {
		largest = max(largest, float64(v))
	}
	var sum float64
	for i, v := range outputs {
		p[i] = math.Exp(float64(v) - largest)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

// sigmoid returns 1/(1+exp(-z)); where exp(-z) overflows that is 0.
func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// Best returns the class with the largest logit, the first of several: of one
// output, the positive one from a probability of 0.5 on.
func Best(outputs []float32) int {
	best := 0
	for class, v := range Logits(outputs) {
		if v > Logit(outputs, best) {
			best = class
		}
	}
	return best
}
