package flagvalue

import (
	"errors"
	"io"
	"testing"

	"github.com/spf13/pflag"

	"bagnet/internal/hint"
)

func TestChoice(t *testing.T) {
	c := Choice{Value: "a", Allowed: []string{"a", "bc"}}
	if c.Type() != "a|bc" || c.String() != "a" {
		t.Errorf("%s, %s", c.Type(), c.String())
	}
	for _, text := range []string{"", "b", "A", "a|bc"} {
		if err := c.Set(text); err == nil || err.Error() != "want one of a, bc" || c.Value != "a" {
			t.Errorf("%q: %v, %+v", text, err, c)
		}
	}
	if err := c.Set("bc"); err != nil || c.Value != "bc" {
		t.Errorf("%v, %+v", err, c)
	}
}

func TestChoices(t *testing.T) {
	c := Choices{Values: []string{"a"}, Allowed: []string{"a", "bc", "d"}}
	if c.Type() != "a|bc|d" || c.String() != "a" {
		t.Errorf("%s, %s", c.Type(), c.String())
	}
	if err := c.Set("e"); err == nil || err.Error() != "want one of a, bc, d" || c.String() != "a" {
		t.Errorf("%v, %+v", err, c)
	}
	for _, text := range []string{"bc", "a"} {
		if err := c.Set(text); err != nil {
			t.Error(err)
		}
	}
	if err := c.Set("bc"); err == nil || err.Error() != "it is given twice" || c.String() != "bc, a" {
		t.Errorf("%v, %+v", err, c)
	}
}

func TestScale(t *testing.T) {
	var s Scale
	if s.String() != "" || s.Type() != "shared|VALUE" {
		t.Errorf("%q, %q", s.String(), s.Type())
	}
	for text, want := range map[string]Scale{"2.5": {Value: 2.5}, "shared": {Shared: true}, "0": {}, "-1": {Value: -1}} {
		if err := s.Set(text); err != nil || s != want || want != (Scale{}) && s.String() != text {
			t.Errorf("%s: %v, %+v", text, err, s)
		}
	}
	for text, want := range map[string]string{"": "want a number, or shared", "Shared": "want a number, or shared", "1e999": "want a number, or shared; this one is too large"} {
		if err := s.Set(text); err == nil || err.Error() != want {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestCheckLengths(t *testing.T) {
	rising := func(n, from int) (all []int) {
		for i := range n {
			all = append(all, from+i)
		}
		return all
	}
	for _, good := range [][]int{{0}, {1, 2, 5}, {1_000_000}, rising(100, 3)} {
		if err := CheckLengths("--gap", good, 0); err != nil {
			t.Error(err)
		}
	}
	for message, bad := range map[string][]int{
		"--gap: 101 numbers of pixels, more than 100: give fewer":        rising(101, 3),
		"--gap 2,2: want numbers of pixels, 1 or more, ascending":        {2, 2},
		"--gap 3,2: want numbers of pixels, 1 or more, ascending":        {3, 2},
		"--gap 0: want numbers of pixels, 1 or more, ascending":          {0},
		"--gap 1000001: want numbers of pixels, 1 or more, ascending":    {1_000_001},
		"--gap: want a number of pixels, or several with commas between": nil,
	} {
		if err := CheckLengths("--gap", bad, 1); err == nil || err.Error() != message || !hint.Refused(err) {
			t.Errorf("%v: %v, want %s", bad, err, message)
		}
	}
}

// TestExplain has pflag itself refuse values.
func TestExplain(t *testing.T) {
	for _, c := range []struct{ flag, value, want string }{
		{"bool", "maybe", `invalid argument "maybe" for --bool: want true or false`},
		{"float", "x", `invalid argument "x" for --float: want a number`},
		{"float", "1e999", `invalid argument "1e999" for --float: want a number; this one is too large`},
		{"floats", "1,1e999", `invalid argument "1,1e999" for --floats: want numbers with commas between; this one is too large`},
		{"int", "1.5", `invalid argument "1.5" for --int: want a whole number`},
		{"int", "99999999999999999999", `invalid argument "99999999999999999999" for --int: want a whole number; this one is too large`},
		{"ints", "1,x", `invalid argument "1,x" for --ints: want whole numbers with commas between`},
		{"seed", "-1", `invalid argument "-1" for --seed: want a whole number, 0 or more`},
		{"seed", "18446744073709551616", `invalid argument "18446744073709551616" for --seed: want a whole number, 0 or more; this one is too large`},
		{"choice", "c", `invalid argument "c" for --choice: want one of a, b`},
	} {
		f := pflag.NewFlagSet("", pflag.ContinueOnError)
		f.BoolP("bool", "b", false, "")
		f.Float64("float", 0, "")
		f.Float64Slice("floats", nil, "")
		f.Int("int", 0, "")
		f.IntSlice("ints", nil, "")
		f.Uint64("seed", 0, "")
		f.Var(&Choice{Allowed: []string{"a", "b"}}, "choice", "")
		if err := Explain(f.Parse([]string{"--" + c.flag + "=" + c.value})); err == nil || err.Error() != c.want {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	if err := Explain(io.EOF); !errors.Is(err, io.EOF) {
		t.Errorf("%v", err)
	}
}
