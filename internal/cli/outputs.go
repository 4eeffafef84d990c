package cli

import (
	"bagnet/internal/answer"
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
