package cli

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"bagnet/internal/loader"
	"github.com/spf13/cobra"
)

// findClass returns the class that query means: an index, a WordNet id, or a
// name, in which case, spaces, _ and - do not matter. A name that is the first
// of one class alone wins over one that is among the later names of others.
func findClass(classes []loader.Class, query string) (loader.Class, error) {
	if i, err := strconv.Atoi(query); err == nil {
		if i < 0 || i >= len(classes) {
			return loader.Class{}, fmt.Errorf("class %d: the model has the classes 0 to %d", i, len(classes)-1)
		}
		return classes[i], nil
	}
	wanted := plainName(query)
	var first, any []loader.Class
	for _, c := range classes {
		if c.ID != "" && strings.EqualFold(c.ID, strings.TrimSpace(query)) {
			return c, nil
		}
		names := classNames(c)
		if names[0] == wanted {
			first = append(first, c)
		}
		if slices.Contains(names, wanted) || plainName(c.Label) == wanted {
			any = append(any, c)
		}
	}
	switch {
	case len(first) == 1:
		return first[0], nil
	case len(any) == 1:
		return any[0], nil
	case len(any) > 1:
		return loader.Class{}, fmt.Errorf("class %q may be any of %s: give the number or the id", abbreviated(query), listClasses(any))
	}
	return loader.Class{}, fmt.Errorf("the model has no class %q; the nearest are %s", abbreviated(query), listClasses(nearest(classes, query, 3)))
}

// findClasses returns the classes that the values of --class mean, each once.
func findClasses(classes []loader.Class, queries []string) ([]loader.Class, error) {
	var found []loader.Class
	for _, query := range queries {
		c, err := findClass(classes, query)
		if err != nil {
			return nil, usageErrorf("--class: %w", err)
		}
		if !slices.Contains(found, c) {
			found = append(found, c)
		}
	}
	return found, nil
}

// classNames returns the names of c, plain, the first one first.
func classNames(c loader.Class) []string {
	var names []string
	for _, name := range strings.Split(c.Label, ",") {
		names = append(names, plainName(name))
	}
	return names
}

// firstName returns the first of a class's names.
func firstName(c loader.Class) string {
	name, _, _ := strings.Cut(c.Label, ",")
	return name
}

// classText says all about a class in one line.
func classText(c loader.Class) string {
	return oneLine(strings.TrimSpace(fmt.Sprintf("%d %s %s", c.Index, c.ID, c.Label)))
}

// plainName leaves out what does not matter in a name.
func plainName(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// listClasses names classes so that each can be told apart.
func listClasses(classes []loader.Class) string {
	var list []string
	for _, c := range classes {
		text := fmt.Sprintf("%d %s", c.Index, oneLine(c.Label))
		if c.ID != "" {
			text += " (" + oneLine(c.ID) + ")"
		}
		list = append(list, text)
	}
	return strings.Join(list, "; ")
}

// nearest returns the n classes that are likeliest to be meant: first those with
// the wanted word in a name, then those with a name, or for something like a
// WordNet id the id, that takes the fewest edits.
func nearest(classes []loader.Class, query string, n int) []loader.Class {
	wanted := plainName(query)
	isID := len(wanted) > 1 && wanted[0] == 'n' && strings.Trim(wanted[1:], "0123456789") == ""
	edits := make([]int, len(classes))
	for i, c := range classes {
		edits[i] = 1 << 30
		if isID && c.ID != "" {
			edits[i] = distance(strings.ToLower(c.ID), wanted)
			continue
		}
		for _, name := range strings.Split(c.Label, ",") {
			edits[i] = min(edits[i], distance(plainName(name), wanted))
			if slices.ContainsFunc(strings.Fields(name), func(word string) bool { return plainName(word) == wanted }) {
				edits[i] = 0
			}
		}
	}
	order := make([]int, len(classes))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return edits[a] - edits[b] })
	var found []loader.Class
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

// completeClass offers the names of the classes of the model that f names.
func completeClass(f *modelFlags) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		net, err := openNetwork(&streams{err: io.Discard, quiet: true}, modelName(f.model), f.weights, 1)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		var names []cobra.Completion
		for _, c := range net.classes {
			names = append(names, oneLine(firstName(c)))
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
