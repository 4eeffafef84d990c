package class

import (
	"slices"
	"strings"
)

// nearest returns the n classes that are likeliest to be meant: first those with
// the wanted word in a name, then those with a name, or for something like a
// WordNet id the id, that takes the fewest edits.
func nearest(classes []Class, query string, n int) []Class {
	wanted := Plain(query)
	isID := len(wanted) > 1 && wanted[0] == 'n' && strings.Trim(wanted[1:], "0123456789") == ""
	edits := make([]int, len(classes))
	for i, c := range classes {
		edits[i] = 1 << 30
		if isID && c.ID != "" {
			edits[i] = distance(strings.ToLower(c.ID), wanted)
			continue
		}
		for _, name := range strings.Split(c.Label, ",") {
			edits[i] = min(edits[i], distance(Plain(name), wanted))
			if slices.ContainsFunc(strings.Fields(name), func(word string) bool { return Plain(word) == wanted }) {
				edits[i] = 0
			}
		}
	}
	order := make([]int, len(classes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return edits[a] - edits[b] })
	var found []Class
	for _, i := range order[:min(n, len(order))] {
		found = append(found, classes[i])
	}
	return found
}

// distance is Levenshtein's: the fewest insertions, deletions and replacements
// of a character that turn a into b. Of long names it compares the beginnings.
func distance(a, b string) int {
	const limit = 100
	x, y := []rune(a), []rune(b)
	x, y = x[:min(limit, len(x))], y[:min(limit, len(y))]
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, s := range y {
			replaced := diagonal
			if r != s {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(y)]
}
