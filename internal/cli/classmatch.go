package cli

import (
	"fmt"

	"bagnet/internal/loader"
)

// matchClasses returns, for each class of one model, its index among the classes
// of another: by WordNet id where all of both have one, else by label. owner and
// other name the models in its errors.
func matchClasses(owner string, classes []loader.Class, other string, among []loader.Class) ([]int, error) {
	key, what := func(c loader.Class) string { return c.ID }, "WordNet id"
	for _, c := range append(classes[:len(classes):len(classes)], among...) {
		if c.ID == "" {
			key, what = func(c loader.Class) string { return c.Label }, "label"
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
			return nil, fmt.Errorf("several classes of model %s have the %s %q of class %d of model %s", other, what, oneLine(key(c)), i, owner)
		default:
			return nil, fmt.Errorf("class %d of model %s, %s, is none of those of model %s (compared by %s)", i, owner, classText(c), other, what)
		}
	}
	return matched, nil
}
