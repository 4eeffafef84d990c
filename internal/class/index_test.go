package class

import (
	"strings"
	"testing"

	"bagnet/internal/loader"
)

func TestFindClass(t *testing.T) {
	classes := []loader.Class{
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
