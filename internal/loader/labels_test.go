package loader

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

func TestReadLabels(t *testing.T) {
	plain := []Class{{0, "", "tench"}, {1, "", "English springer, springer spaniel"}, {2, "", "tench"}}
	tsv := []Class{{0, "n01440764", "tench, Tinca tinca"}, {1, "", "Wörterbuch"}, {2, "n3", "church"}}
	for _, l := range []struct {
		text string
		want []Class
	}{
		{"tench\nEnglish springer, springer spaniel\ntench", plain},
		{"tench\nEnglish springer, springer spaniel\ntench\n", plain},
		{"\ufefftench \r\nEnglish springer, springer spaniel\r\ntench\r\n\r\n \n", plain},
		{"0\tn01440764\ttench, Tinca tinca\n1\t\tWörterbuch\n2\tn3\tchurch\n", tsv},
		{"\ufeff2\tn3\tchurch\r\n0\tn01440764\ttench, Tinca tinca\r\n1\t\tWörterbuch\r\n\r\n", tsv},
		{"0", []Class{{0, "", "0"}}},
	} {
		got, err := ReadLabels("l.txt", strings.NewReader(l.text))
		if err != nil || !reflect.DeepEqual(got, l.want) {
			t.Errorf("%q: %v, %v; want %v", l.text, got, err, l.want)
		}
	}
}

func TestReadLabelsErrors(t *testing.T) {
	for _, l := range []struct{ text, want string }{
		{"", "it is empty"},
		{"\ufeff\r\n\n", "it is empty"},
		{"a\n\nb\n", "line 2: it has no label"},
		{"a\nb\tc\n", "line 2:"},
		{"a\nb\x00c\n", "line 2:"},
		{"a\nb\xffc\n", "line 2: it is not UTF-8"},
		{"\xff\xfea\x00\n\x00", "UTF-16"},
		{"0\tn1\ta\n2\tn2\tb\n", "line 2: index 2 is not among 0 to 1"},
		{"0\tn1\ta\n-1\tn2\tb\n", "line 2: index -1"},
		{"0\tn1\ta\n1\tn2\tb\n1\tn3\tc\n", "line 3: index 1 stands on line 2 already"},
		{"0\tn1\ta\nx\tn2\tb\n", `line 2: "x" is not an index`},
		{"0\ta\n1\tb\n", "line 1: \"0\\ta\" has 2 fields"},
		{"0\tn1\ta\n1\tn2\tb\tc\n", "line 2:"},
		{"0\tn1\ta\n\n1\tn2\tb\n", "line 2:"},
		{"0\tn1\ta\n1\tn2\t\n2\tn3\tc\n", "line 2: it has no label"},
		{strings.Repeat("x", maxLabels+1), "more than the"},
	} {
		_, err := ReadLabels("l.txt", strings.NewReader(l.text))
		if err == nil || !strings.Contains(err.Error(), l.want) || !strings.HasPrefix(err.Error(), `reading labels "l.txt": `) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%.40q: %v, want %q", l.text, err, l.want)
		}
	}
	broken := errors.New("broken pipe")
	if _, err := ReadLabels("l.txt", iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func TestPlainClasses(t *testing.T) {
	want := []Class{{0, "", "class 0"}, {1, "", "class 1"}}
	if got := PlainClasses(2); !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
