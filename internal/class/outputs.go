package class

import (
	"bagnet/internal/answer"
)

// Suit reports whether so many names are those of the classes of so many outputs:
// a name for each, and of one output at will the negative class's too.
func Suit(names, outputs int) bool {
	return names > 0 && (names == outputs || outputs == 1 && names == 2)
}

// OfOutputs are the classes of so many outputs, whose names suit them. One output
// has two, positive and negative where nothing names them.
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
