package class

import (
	"fmt"
	"slices"

	"bagnet/internal/text"
)

// MatchClasses returns, for each class of one model, its index among the classes
// of another: by WordNet id where all of both have one, else by label. owner and
// other name the models in its errors.
func MatchClasses(owner string, classes []Class, other string, among []Class) ([]int, error) {
	key, what := func(c Class) string { return c.ID }, "WordNet id"
	for _, c := range append(classes[:len(classes):len(classes)], among...) {
		if c.ID == "" {
			key, what = func(c Class) string { return c.Label }, "label"
			break
		}
	}
	indices := make(map[string]int, len(among))
	for i, c := range among {
		if _, twice := indices[key(c)]; twice {
			indices[key(c)] = -1 // nobody knows which
			continue
		}
		indices[key(c)] = i
	}
	matched := make([]int, len(classes))
	for i, c := range classes {
		j, ok := indices[key(c)]
		switch {
		case i < len(among) && key(among[i]) == key(c):
			matched[i] = i
		case ok && j >= 0:
			matched[i] = j
		case ok:
			return nil, fmt.Errorf("several classes of model %s have the %s %q of class %d of model %s", other, what, text.OneLine(key(c)), i, owner)
		default:
			return nil, fmt.Errorf("class %d of model %s, %s, is none of those of model %s (compared by %s)", i, owner, Full(c), other, what)
		}
	}
	return matched, nil
}

// Same returns an error that says how the classes of two models, called a and b, differ;
// nil if they are the same in whatever order.
func Same(a string, classesA []Class, b string, classesB []Class) error {
	if len(classesA) != len(classesB) {
		return fmt.Errorf("model %s has %s, model %s has %s", a, text.Count(len(classesA), "class", "classes"), b, text.Count(len(classesB), "class", "classes"))
	}
	if _, err := MatchClasses(a, classesA, b, classesB); err != nil {
		return err
	}
	_, err := MatchClasses(b, classesB, a, classesA)
	return err
}

// Common are the classes that several models have in common, numbered as
// the first one orders them.
type Common struct {
	By      string             // what the classes were compared by: "WordNet id" or "label"
	key     func(Class) string // returns that of a class
	Names   []string           // the common classes', by number
	numbers [][]int            // [model][class] the common class's number, or None
	indices [][]int            // [model][number] the class's index in that model
}

// NewCommon compares the classes of models by WordNet id where all of all
// models have one, else by label. What names several classes of a model is not
// common: nobody knows which is meant.
func NewCommon(models [][]Class) *Common {
	c := &Common{By: "WordNet id", key: func(c Class) string { return c.ID }}
	for _, classes := range models {
		if slices.ContainsFunc(classes, func(c Class) bool { return c.ID == "" }) {
			c.By, c.key = "label", func(c Class) string { return c.Label }
		}
	}
	own := make([]map[string]int, len(models)) // indices by name; None for several
	for i, classes := range models {
		own[i] = make(map[string]int, len(classes))
		for j, class := range classes {
			if _, twice := own[i][c.key(class)]; twice {
				j = None
			}
			own[i][c.key(class)] = j
		}
		c.numbers = append(c.numbers, slices.Repeat([]int{None}, len(classes)))
	}
	c.indices = make([][]int, len(models))
	for _, class := range models[0] {
		name := c.key(class)
		if slices.ContainsFunc(own, func(m map[string]int) bool { i, ok := m[name]; return !ok || i == None }) {
			continue
		}
		for i := range models {
			c.numbers[i][own[i][name]] = len(c.Names)
			c.indices[i] = append(c.indices[i], own[i][name])
		}
		c.Names = append(c.Names, name)
	}
	return c
}

// Among returns the indices of a model's classes that are common, ascending.
func (c *Common) Among(classes []Class) []int {
	var indices []int
	for i, class := range classes {
		if slices.Contains(c.Names, c.key(class)) {
			indices = append(indices, i)
		}
	}
	return indices
}

// Relabel takes the index that each model has for the true class of an image, and returns
// each model's index of the common class that these mean: None if they mean no common
// class, or different ones. known reports whether any model knows the image's class.
func (c *Common) Relabel(labels []int) (relabelled []int, known bool) {
	number := None
	for i, label := range labels {
		if label == None {
			continue
		}
		if n := c.numbers[i][label]; !known {
			known, number = true, n
		} else if n != number {
			number = None
			break
		}
	}
	relabelled = slices.Repeat([]int{None}, len(labels))
	if number != None {
		for i := range relabelled {
			relabelled[i] = c.indices[i][number]
		}
	}
	return relabelled, known
}

// InFirst returns, for each class of a model, its index among the classes of the
// first one; None for what is not common.
func (c *Common) InFirst(model int) []int {
	matched := slices.Clone(c.numbers[model])
	for i, number := range matched {
		if number != None {
			matched[i] = c.indices[0][number]
		}
	}
	return matched
}
