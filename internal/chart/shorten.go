package chart

import "strings"

// longestName is how many characters of a name are shown.
const longestName = 40

// breaks are where a name is parted rather than within a word.
const breaks = " -_./,:"

// shortened is a name that, if it is long, lacks its middle: whole words of it, if there
// are any.
func shortened(name string) string {
	runes := []rune(name)
	if len(runes) <= longestName {
		return name
	}
	half := longestName / 2
	head, tail := runes[:half], runes[len(runes)-half+1:]
	if at := strings.LastIndexAny(string(head), breaks); at > len(string(head))/2 {
		head = []rune(string(head)[:at])
	}
	if at := strings.IndexAny(string(tail), breaks); at >= 0 && at < len(string(tail))/2 {
		tail = []rune(string(tail)[at:])
	}
	return string(head) + "…" + string(tail)
}
