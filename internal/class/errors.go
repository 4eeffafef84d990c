package class

import (
	"fmt"
	"strconv"
	"strings"

	"bagnet/internal/text"
)

// Ambiguous is the error about a name that several classes have.
type Ambiguous struct {
	Query   string
	Classes []Class
}

// Error names the classes that may be meant.
func (e *Ambiguous) Error() string {
	return fmt.Sprintf("class %q may be any of %s: give the number or the id", text.Abbreviated(e.Query), List(e.Classes))
}

// Unknown is the error about a name that no class has.
type Unknown struct {
	Query   string
	classes []Class
}

// Error names the classes that may have been meant, which takes time with many.
func (e *Unknown) Error() string {
	if n, err := strconv.Atoi(e.Query); err == nil {
		return fmt.Sprintf("class %d: the model has the classes 0 to %d", n, len(e.classes)-1)
	}
	return fmt.Sprintf("the model has no class %q; the nearest are %s", text.Abbreviated(e.Query), List(nearest(e.classes, e.Query, 3)))
}

// maxListed is how many classes a message names.
const maxListed = 10

// List names classes so that each can be told apart, the first ten at most, as
// their labels have it, control characters too.
func List(classes []Class) string {
	var list []string
	for _, c := range classes[:min(maxListed, len(classes))] {
		one := fmt.Sprintf("%d %s", c.Index, c.Label)
		if c.ID != "" {
			one += " (" + c.ID + ")"
		}
		list = append(list, one)
	}
	all := strings.Join(list, "; ")
	if more := len(classes) - maxListed; more > 0 {
		all += fmt.Sprintf("; and %d more", more)
	}
	return all
}
