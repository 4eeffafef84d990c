package evaluation

import (
	"cmp"
	"slices"
	"strings"
)

// A Mistake is an image that was classified wrongly.
type Mistake struct {
	Path        string
	Class       int // the true one
	Predicted   int
	Probability float64 // of the predicted class
}

// compare orders mistakes for the report. Only mistakes that are equal in
// everything compare equal, so that which are kept does not depend on the
// order in which they come.
func compare(a, b Mistake) int {
	return cmp.Or(
		cmp.Compare(b.Probability, a.Probability),
		strings.Compare(a.Path, b.Path),
		cmp.Compare(a.Class, b.Class),
		cmp.Compare(a.Predicted, b.Predicted),
	)
}

// mistakes are the first few of all, in order.
type mistakes struct {
	limit int
	kept  []Mistake
}

// add keeps a mistake if it is among the first limit of all.
func (m *mistakes) add(one Mistake) {
	at, _ := slices.BinarySearchFunc(m.kept, one, compare)
	if at >= m.limit {
		return
	}
	if len(m.kept) == m.limit {
		m.kept = m.kept[:m.limit-1]
	}
	m.kept = slices.Insert(m.kept, at, one)
}
