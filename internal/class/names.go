package class

import (
	"fmt"
	"strings"

	"bagnet/internal/text"
)

// Twofold says how a name is taken that is a class's and the number of another.
func Twofold(what, name string, m Match) string {
	return fmt.Sprintf("%s %q is taken for output %d, which is called %q, not for output number %d, which is called %q: names go before numbers",
		what, text.Abbreviated(name), m.Index, text.Abbreviated(FirstName(m.Class)), m.Other.Index, text.Abbreviated(FirstName(*m.Other)))
}

// FirstName returns the first of a class's names.
func FirstName(c Class) string {
	name, _, _ := strings.Cut(c.Label, ",")
	return name
}

// Full says all about a class in one line.
func Full(c Class) string {
	return text.OneLine(strings.TrimSpace(fmt.Sprintf("%d %s %s", c.Index, c.ID, c.Label)))
}
