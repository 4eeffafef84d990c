// Package class has a network's classes: lists of their names, how people ask for one of
// them, and which classes of several networks are the same.
package class

import (
	"fmt"
	"strconv"
	"strings"

	"bagnet/internal/text"
)

// A Class is what a network may take an image for: one of its outputs or, of one output,
// one of the two classes that it tells apart.
type Class struct {
	Index int    `json:"index"`
	ID    string `json:"id"`    // WordNet id, or ""
	Label string `json:"label"` // names, separated by commas
}

// None stands in for the index of a class that nobody knows.
const None = -1

// FirstName returns the first of a class's names.
func FirstName(c Class) string {
	name, _, _ := strings.Cut(c.Label, ",")
	return name
}

// Full says all about a class in one line.
func Full(c Class) string {
	return text.OneLine(strings.TrimSpace(fmt.Sprintf("%d %s %s", c.Index, c.ID, c.Label)))
}

// PlainClasses returns n classes named "class 0", "class 1" and so on, for a
// model whose classes nothing names.
func PlainClasses(n int) []Class {
	classes := make([]Class, n)
	for i := range classes {
		classes[i] = Class{Index: i, Label: "class " + strconv.Itoa(i)}
	}
	return classes
}

// Twofold says how a name was taken that is one class's and the number of another, m.Other.
// what says where the name stands: which flag, a directory or a list's label.
func Twofold(what, name string, m Match) string {
	return fmt.Sprintf("%s %q is taken for output %d, which is called %q, not for output number %d, which is called %q: names go before numbers",
		what, text.Abbreviated(name), m.Index, text.Abbreviated(FirstName(m.Class)), m.Other.Index, text.Abbreviated(FirstName(*m.Other)))
}
