// Package text writes words, paths and numbers for people.
package text

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reason is what err says without the operation and the paths that package os adds,
// for messages that name the path themselves.
func Reason(err error) error {
	if pathErr, ok := errors.AsType[*fs.PathError](err); ok {
		return pathErr.Err
	}
	if linkErr, ok := errors.AsType[*os.LinkError](err); ok {
		return linkErr.Err
	}
	return err
}

// Shorten is a label's first name, or an id, cut off to fit n columns.
func Shorten(label string, n int) string {
	name, _, _ := strings.Cut(label, ",")
	runes := []rune(OneLine(strings.TrimSpace(name)))
	if len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return string(runes)
}

// Pad adds spaces up to n columns.
func Pad(text string, n int) string {
	return text + strings.Repeat(" ", max(0, n-utf8.RuneCountInString(text)))
}

// Numbers are values with a separator between.
func Numbers(separator string, values []int) string {
	words := make([]string, len(values))
	for i, v := range values {
		words[i] = strconv.Itoa(v)
	}
	return strings.Join(words, separator)
}

// Printable reports whether s can be shown on a terminal as it is.
func Printable(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// OneLine is s with control characters and invalid UTF-8 escaped, so that text
// from files and file names cannot break lines or drive a terminal.
func OneLine(s string) string {
	if Printable(s) {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		if Printable(s[:size]) {
			b.WriteRune(r)
		} else {
			quoted := strconv.Quote(s[:size])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		s = s[size:]
	}
	return b.String()
}

// Path is path as it is, or quoted as in Go source when it is empty,
// holds characters that cannot be printed, or begins with a quote itself.
func Path(path string) string {
	if path == "" || path[0] == '"' || !Printable(path) {
		return strconv.Quote(path)
	}
	return path
}

// Bytes is a size for people.
func Bytes(n int64) string {
	if n < 1e6 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// Count is n with the noun in singular or plural.
func Count(n int, singular, plural string) string {
	if n == 1 {
		return "1 " + singular
	}
	return fmt.Sprintf("%d %s", n, plural)
}

// Abbreviated is a name for a message, cut off where it is very long, as one in a file may
// be.
func Abbreviated(name string) string {
	const limit = 120
	if runes := []rune(name); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return name
}

// Quote returns s quoted for a message, shortened if it is long.
func Quote(s string) string {
	const limit = 120
	if len(s) > limit {
		return fmt.Sprintf("%q...", s[:limit])
	}
	return fmt.Sprintf("%q", s)
}
