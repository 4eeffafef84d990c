package class

import (
	"testing"
)

func TestClassesOf(t *testing.T) {
	label := func(names ...string) (classes []Class) {
		for i, name := range names {
			classes = append(classes, Class{Index: i, Label: name})
		}
		return classes
	}
	for _, c := range []struct{ given, want []Class }{
		{nil, label("positive", "negative")},
		{label("cat"), label("cat", "negative")},
		{label("cat", "dog"), label("cat", "dog")},
		{label("Negative"), label("Negative", "not Negative")},
	} {
		got := OfOutputs(c.given, 1)
		if len(got) != 2 || got[0] != c.want[0] || got[1] != c.want[1] {
			t.Errorf("%v: %v, want %v", c.given, got, c.want)
		}
	}
	if Suit(3, 1) || Suit(0, 1) || Suit(1, 2) || !Suit(2, 2) || !Suit(1, 1) || !Suit(2, 1) {
		t.Error("suits")
	}
}
