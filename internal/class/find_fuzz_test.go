package class

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"bagnet/internal/testkit"
)

// FuzzFindClass looks classes up that were made of the same text.
func FuzzFindClass(f *testing.F) {
	f.Add("tench", "tench, Tinca tinca\ncrane\ncrane")
	f.Add("12", "a\nb")
	f.Add(" N01440764 ", "x")
	f.Add("TINCA_tinca", "0\tn01440764\ttench, Tinca tinca\n1\t\tgolf ball")
	f.Add("\xff\x1b[31m", "é,É\n\u0130")
	f.Fuzz(func(t *testing.T, query, labels string) {
		classes, err := ReadLabels("labels", strings.NewReader(labels))
		testkit.CheckMessage(t, err)
		if err != nil || len(classes) > 1000 || len(query) > 1000 {
			return
		}
		m, err := NewIndex(classes).Find(query)
		c := m.Class
		testkit.CheckMessage(t, err)
		if err == nil && (c.Index < 0 || c.Index >= len(classes) || classes[c.Index] != c) {
			t.Fatalf("query %q gave class %v of %v", query, c, classes)
		}
		for _, want := range classes { // every class can be named by its number, if no class is called that
			if slices.ContainsFunc(classes, func(c Class) bool { return called(c, want.Index) }) {
				continue
			}
			number := Full(want)[:len(Full(want))-len(strings.TrimLeft(Full(want), "0123456789"))]
			if m, err := NewIndex(classes).Find(number); err != nil || m.Class != want {
				t.Fatalf("class %v by its number: %v, %v", want, m.Class, err)
			}
		}
	})
}

// called reports whether a class has a number for an id or one of its names.
func called(c Class, number int) bool {
	names := append(strings.Split(c.Label, ","), c.Label, c.ID)
	return slices.ContainsFunc(names, func(name string) bool { return Plain(name) == strconv.Itoa(number) })
}
