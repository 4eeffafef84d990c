package class

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"bagnet/internal/hint"
)

// Index finds classes by name. It never changes and may be used by several
// goroutines at once.
type Index struct {
	classes []Class
	exact   map[string][]int // by the text of the label
	ids     map[string][]int // by WordNet id, in lower case
	same    names            // by the text after Unicode normalisation
	plain   names            // by the text without what does not matter in a name
}

// names are the classes that go by a name: for whose label it is all there is,
// whose first name it is, and those of whose names it is any.
type names struct{ whole, first, any map[string][]int }

// NewIndex returns the index of a network's classes, which it keeps.
func NewIndex(classes []Class) *Index {
	x := &Index{classes: classes, exact: map[string][]int{}, ids: map[string][]int{}}
	for i, c := range classes {
		x.exact[c.Label] = append(x.exact[c.Label], i)
		if c.ID != "" {
			id := strings.ToLower(c.ID)
			x.ids[id] = append(x.ids[id], i)
		}
	}
	x.same = indexNames(classes, normal)
	x.plain = indexNames(classes, Plain)
	return x
}

// indexNames returns the classes by their names, each made comparable by key.
func indexNames(classes []Class, key func(string) string) names {
	n := names{map[string][]int{}, map[string][]int{}, map[string][]int{}}
	add := func(to map[string][]int, key string, class int) {
		if key != "" && !slices.Contains(to[key], class) {
			to[key] = append(to[key], class)
		}
	}
	for i, c := range classes {
		add(n.whole, key(c.Label), i)
		for j, name := range strings.Split(c.Label, ",") {
			if j == 0 {
				add(n.first, key(name), i)
			}
			add(n.any, key(name), i)
		}
	}
	return n
}

// Len is the number of classes.
func (x *Index) Len() int { return len(x.classes) }

// Match is a class that was asked for.
type Match struct {
	Class
	Number bool   // it was found by its number alone
	Other  *Class // another class, whose number the name is too; nil if there is none
}

// Find returns the class that query means: the one whose label is exactly that
// text; else the one with that WordNet id; else the one with that text for a
// label or one of its names, separated by commas, after Unicode normalisation
// (NFC); else the same with case, spaces, _ and - ignored; else the output of
// that number. At each step a whole label goes before the first name of one class
// alone, and that before later names. The error is an *Ambiguous or an *Unknown.
func (x *Index) Find(query string) (Match, error) {
	number, err := strconv.Atoi(query)
	isNumber := err == nil
	found := x.named(query)
	switch {
	case len(found) > 1:
		e := &Ambiguous{Query: query}
		for _, i := range found {
			e.Classes = append(e.Classes, x.classes[i])
		}
		return Match{}, e
	case len(found) == 1:
		m := Match{Class: x.classes[found[0]]}
		if isNumber && number >= 0 && number < len(x.classes) && number != found[0] {
			m.Other = &x.classes[number]
		}
		return m, nil
	case isNumber && number >= 0 && number < len(x.classes):
		return Match{Class: x.classes[number], Number: true}, nil
	}
	return Match{}, &Unknown{Query: query, classes: x.classes}
}

// named returns the classes that query may mean by name or id.
func (x *Index) named(query string) []int {
	if found := x.exact[query]; len(found) > 0 {
		return found
	}
	if found := x.ids[strings.ToLower(strings.TrimSpace(query))]; len(found) > 0 {
		return found[:1]
	}
	if found := x.same.find(normal(query)); len(found) > 0 {
		return found
	}
	return x.plain.find(Plain(query))
}

// find returns the classes that a name, made comparable, may mean.
func (n names) find(key string) []int {
	switch {
	case len(n.whole[key]) > 0:
		return n.whole[key]
	case len(n.first[key]) == 1:
		return n.first[key]
	}
	return n.any[key]
}

// normal is a name in Unicode's composed form, without spaces around it.
func normal(name string) string { return norm.NFC.String(strings.TrimSpace(name)) }

// Plain leaves out what does not matter in a name: case, spaces, _ and -.
func Plain(name string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '_' || r == '-' {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFC.String(name)))
}

// Named returns classes with ids and labels from known where a label is nothing
// but the WordNet id of one of known's.
func Named(classes, known []Class) []Class {
	byID := make(map[string]Class, len(known))
	for _, c := range known {
		byID[c.ID] = c
	}
	named := slices.Clone(classes)
	for i, c := range classes {
		if k, ok := byID[c.Label]; ok && c.Label != "" {
			named[i].ID, named[i].Label = k.ID, k.Label
		}
	}
	return named
}

// FindEach returns the classes that the values of a flag mean, each once. warning says it if
// one is the label of a class and the number of another, "" if none is.
func FindEach(flag string, classes []Class, queries []string) (found []Class, warning string, err error) {
	index := NewIndex(classes)
	for _, query := range queries {
		m, err := index.Find(query)
		if err != nil {
			return nil, warning, hint.Refuse("%s: %w", flag, err)
		}
		if m.Other != nil && warning == "" {
			warning = Twofold(flag, query, m)
		}
		if !slices.Contains(found, m.Class) {
			found = append(found, m.Class)
		}
	}
	return found, warning, nil
}
