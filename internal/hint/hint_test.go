package hint

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestHints(t *testing.T) {
	inner := Add(io.EOF, "give %d more", 3)
	for _, c := range []struct {
		err     error
		hint    string
		refused bool
	}{
		{io.EOF, "", false},
		{inner, "give 3 more", false},
		{fmt.Errorf("reading: %w", inner), "give 3 more", false},
		{Add(inner, "outer"), "outer", false},
		{Refuse("want %d: %w", 2, inner), "give 3 more", true},
		{Add(Refuse("want %d", 2), "outer"), "outer", true},
		{fmt.Errorf("flag: %w", Refuse("want")), "", true},
		{errors.Join(io.EOF, Refuse("want")), "", true},
	} {
		if Of(c.err) != c.hint || Refused(c.err) != c.refused {
			t.Errorf("%v: hint %q, refused %v, want %q and %v", c.err, Of(c.err), Refused(c.err), c.hint, c.refused)
		}
	}
	if inner.Error() != "EOF" || !errors.Is(inner, io.EOF) {
		t.Errorf("%v", inner)
	}
	if err := Refuse("want %d: %w", 2, io.EOF); err.Error() != "want 2: EOF" || !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}
