package text

import (
	"errors"
	"io/fs"
	"math"
	"os"
	"strings"
	"testing"
)

// TestWords is what people read, written out.
func TestWords(t *testing.T) {
	long := strings.Repeat("ü", 121)
	for _, c := range []struct{ got, want string }{
		{Shorten("tench, Tinca tinca", 10), "tench"},
		{Shorten(" golf ball ", 9), "golf ball"},
		{Shorten("golf balls", 9), "golf bal…"},
		{Shorten("Förster", 7), "Förster"},
		{Shorten("Försters", 7), "Förste…"},
		{Shorten("a\nb", 20), `a\nb`},
		{Shorten("a\nbcd", 5), `a\nb…`},
		{Pad("ü", 3), "ü  "},
		{Pad("üüü", 3), "üüü"},
		{Pad("long", 3), "long"},
		{Numbers(", ", []int{1, -20, 3}), "1, -20, 3"},
		{Numbers(", ", nil), ""},
		{OneLine("ä b"), "ä b"},
		{OneLine("a\r\n\t\x00\x7f\u202e\u2028ü\xffz"), `a\r\n\t\x00\x7f\u202e\u2028ü\xffz`},
		{OneLine(`"a" 'b' \`), `"a" 'b' \`},
		{OneLine("\"\x1b\\"), `"\x1b\`},
		{Path("a b.png"), "a b.png"},
		{Path(""), `""`},
		{Path(`"a`), `"\"a"`},
		{Path(`a"`), `a"`},
		{Path("a\nb"), `"a\nb"`},
		{Path("\xff"), `"\xff"`},
		{Bytes(0), "0 bytes"},
		{Bytes(999_999), "999999 bytes"},
		{Bytes(1_000_000), "1.0 MB"},
		{Bytes(73_460_000), "73.5 MB"},
		{Count(0, "image", "images"), "0 images"},
		{Count(1, "image", "images"), "1 image"},
		{Count(2, "class", "classes"), "2 classes"},
		{Abbreviated(long[:240]), long[:240]},
		{Abbreviated(long), long[:240] + "…"},
		{Quote(strings.Repeat("a", 120)), `"` + strings.Repeat("a", 120) + `"`},
		{Quote(strings.Repeat("a", 121)), `"` + strings.Repeat("a", 120) + `"...`},
		{Ratio(0.12345).Percent(), " 12.35%"},
		{Ratio(1).Percent(), "100.00%"},
		{Ratio(math.NaN()).Percent(), "      -"},
		{Ratio(0.12345).Decimals(), "0.123"},
		{Ratio(-2).Decimals(), "-2.000"},
		{Ratio(math.NaN()).Decimals(), "-"},
	} {
		if c.got != c.want {
			t.Errorf("%q, want %q", c.got, c.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	for s, want := range map[string]bool{"": true, "Größe 3": true, "a\tb": false, "a\n": false, "\xc3": false, "\u00a0": false, "\u200b": false, "\x1b[0m": false} {
		if Printable(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

// TestReason leaves the paths away that package os puts into errors.
func TestReason(t *testing.T) {
	dir := t.TempDir()
	_, opening := os.Open(dir + "/missing")
	linking := os.Rename(dir+"/missing", dir+"/b")
	for _, err := range []error{opening, linking} {
		if got := Reason(err); !errors.Is(got, fs.ErrNotExist) || strings.Contains(got.Error(), "missing") {
			t.Errorf("of %q is left %q", err, got)
		}
	}
	if err := errors.New("x"); Reason(err) != err || Reason(nil) != nil {
		t.Error("another error did not stay as it is")
	}
}

func TestJSON(t *testing.T) {
	line, err := JSON(map[string]string{"a": "<b> & c"})
	if err != nil || string(line) != "{\"a\":\"<b> & c\"}\n" {
		t.Errorf("%q, %v", line, err)
	}
	if line, err := JSON(math.NaN()); err == nil || line != nil || !strings.HasPrefix(err.Error(), "encoding JSON: ") {
		t.Errorf("%q, %v", line, err)
	}
}
