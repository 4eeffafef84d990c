package class

import (
	"bagnet/internal/answer"
)

// Suit reports whether that many names can be those of a network with that many outputs:
// one for each output. For one output there may also be two, the positive class's and the
// negative one's.
func Suit(names, outputs int) bool {
	return names > 0 && (names == outputs || outputs == 1 && names == 2)
}

// OfOutputs returns the classes of a network with that many outputs, given the named ones,
// which Suit it. One output has two classes; those that nothing names are called positive
// and negative.
func OfOutputs(named []Class, outputs int) []Class {
	if outputs != 1 || len(named) == answer.Classes(1) {
		return named
	}
	positive, negative := Class{Label: "positive"}, Class{Index: answer.Negative, Label: "negative"}
	if len(named) == 1 {
		positive = named[0]
	}
	if Plain(positive.Label) == negative.Label {
		negative.Label = "not " + positive.Label
	}
	return []Class{positive, negative}
}
