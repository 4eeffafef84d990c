package class

import (
	"strings"
	"testing"
)

func FuzzLabels(f *testing.F) {
	f.Add("tench\nchurch\n")
	f.Add("\ufeff1\tn1\ttench\r\n0\t\tchurch\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		classes, err := ReadLabels("l", strings.NewReader(text))
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r\x00") {
				t.Fatalf("error %q", err)
			}
			return
		}
		for i, c := range classes {
			if c.Index != i || c.Label == "" || strings.ContainsAny(c.ID+c.Label, "\t\n\r") {
				t.Fatalf("class %d is %+v", i, c)
			}
		}
	})
}
