package class

import (
	"math/rand/v2"
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

// TestCommon compares networks of a few classes, which may have names that others or several
// of their own have, with what the definitions say one class at a time.
func TestCommon(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 1))
	for range 3000 {
		withIDs := rng.IntN(2) == 0
		models := make([][]Class, 1+rng.IntN(3))
		for m := range models {
			for i := range 1 + rng.IntN(5) {
				c := Class{Index: i, Label: string('a' + rune(rng.IntN(6)))}
				if withIDs {
					c.ID = string('A' + rune(rng.IntN(6)))
				}
				models[m] = append(models[m], c)
			}
		}
		if withIDs && rng.IntN(4) == 0 { // one without an id: then labels count
			withIDs = false
			models[len(models)-1][0].ID = ""
		}
		name := func(c Class) string {
			if withIDs {
				return c.ID
			}
			return c.Label
		}
		once := func(m int, key string) (at int, ok bool) {
			n := 0
			for i, c := range models[m] {
				if name(c) == key {
					n, at = n+1, i
				}
			}
			return at, n == 1
		}
		isCommon := func(key string) bool {
			for m := range models {
				if _, ok := once(m, key); !ok {
					return false
				}
			}
			return true
		}
		c := NewCommon(models)
		if by := map[bool]string{true: "WordNet id", false: "label"}[withIDs]; c.By != by {
			t.Fatalf("%v are compared by %s, want %s", models, c.By, by)
		}
		var names []string
		for _, class := range models[0] {
			if isCommon(name(class)) {
				names = append(names, name(class))
			}
		}
		if !slices.Equal(c.Names, names) {
			t.Fatalf("%v have %q in common, want %q", models, c.Names, names)
		}
		for m, classes := range models {
			var among []int
			first := make([]int, len(classes))
			for i, class := range classes {
				first[i] = None
				if isCommon(name(class)) {
					among = append(among, i)
					first[i], _ = once(0, name(class))
				}
			}
			if got := c.Among(classes); !slices.Equal(got, among) {
				t.Fatalf("%v: of model %d %v are common, want %v", models, m, got, among)
			}
			if got := c.InFirst(m); !slices.Equal(got, first) {
				t.Fatalf("%v: the classes of model %d are the first's %v, want %v", models, m, got, first)
			}
		}
		labels := make([]int, len(models)) // what each takes for the true class
		meant := map[string]bool{}         // its common names, "" for none
		for m := range labels {
			labels[m] = rng.IntN(len(models[m])+1) - 1
			if labels[m] >= 0 {
				key := name(models[m][labels[m]])
				if !isCommon(key) {
					key = ""
				}
				meant[key] = true
			}
		}
		want := slices.Repeat([]int{None}, len(models))
		if len(meant) == 1 && !meant[""] {
			for key := range meant {
				for m := range want {
					want[m], _ = once(m, key)
				}
			}
		}
		if got, known := c.Relabel(labels); !slices.Equal(got, want) || known != (len(meant) > 0) {
			t.Fatalf("%v: labels %v become %v, %v; want %v", models, labels, got, known, want)
		}
	}
}

func TestFindEach(t *testing.T) {
	all := classList("b", "0", "1", "2")
	for _, c := range []struct {
		queries []string
		want    []int
		warning string
	}{
		{nil, nil, ""},
		{[]string{"b"}, []int{0}, ""},
		{[]string{"b", "3", "b"}, []int{0, 3}, ""}, // 3 is nothing but a number
		{[]string{"0", "b"}, []int{1, 0}, `--class "0" is taken for output 1, which is called "0", not for output number 0, which is called "b": names go before numbers`},
		{[]string{"2", "1"}, []int{3, 2}, `--class "2" is taken for output 3, which is called "2", not for output number 2, which is called "1": names go before numbers`},
	} {
		found, warning, err := FindEach("--class", all, c.queries)
		var got []int
		for _, class := range found {
			got = append(got, class.Index)
		}
		if err != nil || !slices.Equal(got, c.want) || warning != c.warning {
			t.Errorf("%q: %v, %q, %v; want %v, %q", c.queries, got, warning, err, c.want, c.warning)
		}
	}
	if _, warning, err := FindEach("--class", classList("0", "1"), []string{"0", "1"}); err != nil || warning != "" {
		t.Errorf("names that are their numbers: %q, %v", warning, err)
	}
	if _, _, err := FindEach("--class", all, []string{"b", "x"}); err == nil || !strings.HasPrefix(err.Error(), `--class: the model has no class "x"`) {
		t.Errorf("error %v", err)
	}
}

func TestList(t *testing.T) {
	classes := PlainClasses(11)
	classes[1].ID = "n7"
	const ten = "0 class 0; 1 class 1 (n7); 2 class 2; 3 class 3; 4 class 4; 5 class 5; 6 class 6; 7 class 7; 8 class 8; 9 class 9"
	for n, want := range map[int]string{0: "", 2: "0 class 0; 1 class 1 (n7)", 10: ten, 11: ten + "; and 1 more"} {
		if got := List(classes[:n]); got != want {
			t.Errorf("%d classes: %q, want %q", n, got, want)
		}
	}
}
