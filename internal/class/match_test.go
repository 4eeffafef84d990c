package class

import (
	"slices"
	"strings"
	"testing"
)

// classList makes classes of "id label" or "label".
func classList(names ...string) []Class {
	var classes []Class
	for i, name := range names {
		id, label, ok := strings.Cut(name, " ")
		if !ok {
			id, label = "", name
		}
		classes = append(classes, Class{Index: i, ID: id, Label: label})
	}
	return classes
}

func TestMatchClasses(t *testing.T) {
	a := classList("n1 tench", "n2 crane", "n3 crane")
	for _, c := range []struct {
		name      string
		from, to  []Class
		want      []int
		wantError string
	}{
		{"the same", a, a, []int{0, 1, 2}, ""},
		{"by id, in another order", a, classList("n3 x", "n1 y", "n2 z", "n9 w"), []int{1, 2, 0}, ""},
		{"by label", classList("b", "a"), classList("a", "n7 b"), []int{1, 0}, ""},
		{"equal labels in their order", classList("crane", "crane"), classList("crane", "crane"), []int{0, 1}, ""},
		{"equal labels in another order", classList("crane", "x"), classList("x", "crane", "crane"), nil, `several classes of model B have the label "crane" of class 0 of model A`},
		{"missing id", a, classList("n1 tench", "n2 crane"), nil, "class 2 of model A, 2 n3 crane, is none of those of model B (compared by WordNet id)"},
		{"missing label", classList("a"), a, nil, "class 0 of model A, 0  a, is none of those of model B (compared by label)"},
	} {
		got, err := MatchClasses("A", c.from, "B", c.to)
		if !slices.Equal(got, c.want) || (err == nil) != (c.wantError == "") || err != nil && err.Error() != c.wantError {
			t.Errorf("%s: %v, %v; want %v, %s", c.name, got, err, c.want, c.wantError)
		}
	}
	if err := Same("A", a, "B", a[:2]); err == nil || err.Error() != "model A has 3 classes, model B has 2 classes" {
		t.Errorf("error %v", err)
	}
	if err := Same("A", classList("x", "x"), "B", classList("x", "y")); err == nil {
		t.Error("x, x and x, y are the same classes")
	}
}
