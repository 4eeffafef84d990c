package cli

import (
	"bagnet/internal/answer"
	"bagnet/internal/class"
)

// outputs is how many outputs the network has: one for each class, or one for two.
func (n *network) outputs() int { return n.Architecture().Classes }

// outputsOf are the outputs that some classes are read from.
func (n *network) outputsOf(classes []int) []int {
	var all []int
	for _, class := range classes {
		output, _ := answer.Output(n.outputs(), class)
		all = append(all, output)
	}
	return all
}

// sign is what a class's output is multiplied with to give its logit: the evidence
// for the negative class of one output is the evidence against the positive one.
func (n *network) sign(class int) float32 {
	_, sign := answer.Output(n.outputs(), class)
	return sign
}

// suits reports whether so many names are those of the classes of so many outputs:
// a name for each, and of one output at will the negative class's too.
func suits(names, outputs int) bool {
	return names > 0 && (names == outputs || outputs == 1 && names == 2)
}

// classesOf are the classes of so many outputs, whose names suit them. One output
// has two, positive and negative where nothing names them.
func classesOf(named []class.Class, outputs int) []class.Class {
	if outputs != 1 || len(named) == answer.Classes(1) {
		return named
	}
	positive, negative := class.Class{Label: "positive"}, class.Class{Index: answer.Negative, Label: "negative"}
	if len(named) == 1 {
		positive = named[0]
	}
	if class.Plain(positive.Label) == negative.Label {
		negative.Label = "not " + positive.Label
	}
	return []class.Class{positive, negative}
}
