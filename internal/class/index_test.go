package class

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func TestFindClass(t *testing.T) {
	classes := []Class{
		{Index: 0, ID: "n01440764", Label: "tench, Tinca tinca"},
		{Index: 1, ID: "n02012849", Label: "crane"},
		{Index: 2, ID: "n03126707", Label: "crane"},
		{Index: 3, ID: "n03494278", Label: "harmonica, mouth organ, harp, mouth harp"},
		{Index: 4, ID: "n03495258", Label: "harp"},
		{Index: 5, Label: "Walker hound, Walker foxhound"},
		{Index: 6, Label: "horn, cornet"},
		{Index: 7, Label: "French bugle, horn"},
		{Index: 8, Label: "tip-top, horn_of plenty"},
		{Index: 9, Label: "trumpet, brass"},
		{Index: 10, Label: "trombone, brass"},
	}
	for query, want := range map[string]int{
		"0": 0, "10": 10, "n01440764": 0, "N02012849": 1, " n03126707 ": 2, "tench": 0, "TINCA  tinca": 0,
		"tench, Tinca tinca": 0, "harp": 4, "Mouth-Harp": 3, "walker_foxhound": 5, "horn": 6, "TipTop": 8, "horn of plenty": 8,
	} {
		if c, err := NewIndex(classes).Find(query); err != nil || c.Index != want {
			t.Errorf("%q: class %d, %v; want %d", query, c.Index, err, want)
		}
	}
	for query, want := range map[string]string{
		"11":    "the classes 0 to 10",
		"-1":    "the classes 0 to 10",
		"crane": `may be any of 1 crane (n02012849); 2 crane (n03126707)`,
		"brass": "may be any of 9 trumpet, brass; 10 trombone, brass",
		"trnch": "the nearest are 0 tench",
		// a word of a name, and an id with a wrong digit
		"mouth":     "the nearest are 3 harmonica",
		"n03494279": "the nearest are 3 harmonica, mouth organ, harp, mouth harp (n03494278); 4 harp",
		"":          "no class",
	} {
		if c, err := NewIndex(classes).Find(query); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: class %v, error %v; want %q in it", query, c, err, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "", 3}, {"kitten", "sitting", 3}, {"tench", "trench", 1}, {"größe", "grösse", 2}} {
		if d := distance(c.a, c.b); d != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, d, c.want)
		}
	}
}

func TestNamed(t *testing.T) {
	known := []Class{{Index: 0, ID: "n01440764", Label: "tench, Tinca tinca"}, {Index: 1, ID: "n01443537", Label: "goldfish"}, {Index: 2, Label: "?"}}
	given := []Class{{Index: 0, ID: "n01443537", Label: "n01443537"}, {Index: 1, Label: "n01440764"}, {Index: 2, Label: "n99999999"}, {Index: 3, ID: "n01440764", Label: "my tench"}, {Index: 4}}
	want := []Class{{Index: 0, ID: "n01443537", Label: "goldfish"}, {Index: 1, ID: "n01440764", Label: "tench, Tinca tinca"}, {Index: 2, Label: "n99999999"}, {Index: 3, ID: "n01440764", Label: "my tench"}, {Index: 4}}
	before := slices.Clone(given)
	if got := Named(given, known); !slices.Equal(got, want) || !slices.Equal(given, before) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestNearest has names with a letter too much, too few, or another.
func TestNearest(t *testing.T) {
	var classes []Class
	for i, label := range []string{"goldfish, Carassius auratus", "tench", "golf ball", "church", "parachute, chute"} {
		classes = append(classes, Class{Index: i, Label: label})
	}
	for query, want := range map[string]int{"goldfissh": 0, "goldfsh": 0, "carassius auratu": 0, "ttench": 1, "tnch": 1, "golf balll": 2, "golf bal": 2, "chuch": 3, "chhute": 4} {
		_, err := NewIndex(classes).Find(query)
		text := List(classes[want : want+1])
		if err == nil || !strings.Contains(err.Error(), "the nearest are "+text) {
			t.Errorf("%q: %v, want %q first", query, err, text)
		}
	}
}

// TestFindAsDescribed compares Find with a search through all classes for each
// rule in turn, on many small sets of names that differ in little.
func TestFindAsDescribed(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"a", "A", "b", "a b", "a_b", "ab", "é", "e\u0301", "É", "0", "1", "2", "01", "n01440764", "N01440764", " a"}
	word := func() string { return words[r.IntN(len(words))] }
	for range 10000 {
		classes := make([]Class, 1+r.IntN(4))
		for i := range classes {
			classes[i] = Class{Index: i, Label: word()}
			for r.IntN(3) == 0 {
				classes[i].Label += "," + word()
			}
			if r.IntN(4) == 0 {
				classes[i].ID = "n01440764"
			}
		}
		query := word()
		if r.IntN(4) == 0 {
			query += "," + word()
		}
		want := search(classes, query)
		m, err := NewIndex(classes).Find(query)
		var several *Ambiguous
		var got []int
		switch {
		case err == nil:
			got = []int{m.Index}
		case errors.As(err, &several):
			for _, c := range several.Classes {
				got = append(got, c.Index)
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%q among %v: %v, want %v", query, classes, got, want)
		}
	}
}

// search is the order of Find, rule by rule.
func search(classes []Class, query string) []int {
	composed := func(s string) string {
		return strings.ReplaceAll(strings.ReplaceAll(strings.Trim(s, " "), "e\u0301", "é"), "E\u0301", "É")
	}
	bare := func(s string) string {
		return strings.ToLower(composed(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(s)))
	}
	where := func(is func(c Class) bool) (found []int) {
		for i, c := range classes {
			if is(c) {
				found = append(found, i)
			}
		}
		return found
	}
	if found := where(func(c Class) bool { return c.Label == query }); found != nil {
		return found
	}
	if found := where(func(c Class) bool { return c.ID != "" && strings.EqualFold(c.ID, strings.Trim(query, " ")) }); found != nil {
		return found[:1]
	}
	for _, key := range []func(string) string{composed, bare} {
		if key(query) == "" {
			continue
		}
		if found := where(func(c Class) bool { return key(c.Label) == key(query) }); found != nil {
			return found
		}
		if found := where(func(c Class) bool { return key(strings.Split(c.Label, ",")[0]) == key(query) }); len(found) == 1 {
			return found
		}
		if found := where(func(c Class) bool {
			return slices.ContainsFunc(strings.Split(c.Label, ","), func(name string) bool { return key(name) == key(query) })
		}); found != nil {
			return found
		}
	}
	for i := range classes {
		if fmt.Sprint(i) == strings.TrimPrefix(query, "0") || fmt.Sprint(i) == query {
			return []int{i}
		}
	}
	return nil
}
