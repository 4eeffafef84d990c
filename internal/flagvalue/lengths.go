package flagvalue

import (
	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// Limits on lengths in pixels on the command line, and on how many there are.
const (
	maxLength  = 1_000_000
	maxLengths = 100
)

// CheckLengths refuses a flag's lengths in pixels that are not ascending, from
// least on.
func CheckLengths(flag string, lengths []int, least int) error {
	if len(lengths) > maxLengths {
		return hint.Refuse("%s: %d numbers of pixels, more than %d: give fewer", flag, len(lengths), maxLengths)
	}
	for i, n := range lengths {
		if n < least || n > maxLength || i > 0 && n <= lengths[i-1] {
			return hint.Refuse("%s %s: want numbers of pixels, %d or more, ascending", flag, text.Numbers(",", lengths), least)
		}
	}
	if len(lengths) == 0 {
		return hint.Refuse("%s: want a number of pixels, or several with commas between", flag)
	}
	return nil
}
