package class

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	encoding "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"bagnet/internal/text"
)

// maxLabels is the largest list of labels read, bytes of UTF-8.
const maxLabels = 4 << 20

// ReadLabels returns the classes in a list, in index order. It is one of these,
// where every line agrees:
//   - a label a line, the first for output 0. Where all lines are WordNet ids, each
//     is the class's id too; "n01440764 tench, Tinca tinca", or with a tab between,
//     is id and label (Caffe's synset_words.txt);
//   - index, WordNet id (may be empty) and label, or index and label, separated by
//     tabs, in any order. The first line decides on this one;
//   - index and label, separated by commas or semicolons, with or without a header;
//   - JSON: [LABEL, ...], {"INDEX": LABEL, ...} or {"LABEL": INDEX, ...}, where
//     LABEL is a string or [ID, label], alone or as a config.json's id2label;
//   - a dict of indices and labels as Python prints it, an entry a line.
//
// Indices are 0 to n-1. UTF-8, and UTF-16 with a byte order mark, are read; CRLF
// and blank lines at the end are no harm. name is for messages only.
func ReadLabels(name string, r io.Reader) ([]Class, error) {
	text := transform.NewReader(r, encoding.BOMOverride(transform.Nop))
	data, err := io.ReadAll(io.LimitReader(text, maxLabels+1))
	if err == nil && len(data) > maxLabels {
		err = fmt.Errorf("it has more than the %d bytes allowed for a list of labels", maxLabels)
	}
	var classes []Class
	if err == nil {
		classes, err = parseLabels(string(data))
	}
	if err != nil {
		return nil, fmt.Errorf("reading labels %q: %w", name, err)
	}
	return classes, nil
}

// parseLabels is ReadLabels for a text that was read.
func parseLabels(text string) ([]Class, error) {
	text = strings.TrimRightFunc(text, unicode.IsSpace)
	if text == "" {
		return nil, errors.New("it is empty: write a label a line")
	}
	if classes, ok, err := parseJSONLabels(text); ok {
		if err != nil {
			return nil, err
		}
		return inOrder(classes, func(i int) string { return fmt.Sprintf("entry %d", i+1) })
	}
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = strings.TrimSuffix(lines[i], "\r")
	}
	skipped := 0 // lines of a header
	line := func(i int) string { return fmt.Sprintf("line %d", i+skipped+1) }
	for i, text := range lines {
		if !utf8.ValidString(text) {
			return nil, fmt.Errorf("%s: it is not UTF-8, perhaps Latin-1: save it as UTF-8", line(i))
		}
	}
	parse, header, err := labelFormat(lines)
	if err != nil {
		return nil, err
	}
	skipped = header
	lines = lines[header:]
	classes := make([]Class, len(lines))
	for i, text := range lines {
		c, err := parse(i, text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", line(i), err)
		}
		classes[i] = c
	}
	return inOrder(classes, line)
}

// inOrder returns the classes of a list in the order of their indices, which must
// be 0 to n-1. where says in which line of the list a class stands.
func inOrder(listed []Class, where func(int) string) ([]Class, error) {
	classes := make([]Class, len(listed))
	seen := make([]int, len(listed)) // number from 1 in the list, by index
	for i, c := range listed {
		var err error
		switch {
		case strings.ContainsFunc(c.ID+c.Label, unicode.IsControl):
			err = fmt.Errorf("%s has control characters", text.Quote(c.ID+c.Label))
		case c.Label == "":
			err = errors.New("it has no label")
		case c.Index == len(listed) && fromOne(listed):
			err = fmt.Errorf("index %d is not among 0 to %d: the indices count from 1, outputs from 0", c.Index, len(listed)-1)
		case c.Index < 0 || c.Index >= len(listed):
			err = fmt.Errorf("index %d is not among 0 to %d, as %d lines need", c.Index, len(listed)-1, len(listed))
		case seen[c.Index] > 0:
			err = fmt.Errorf("index %d stands on %s already", c.Index, where(seen[c.Index]-1))
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", where(i), err)
		}
		seen[c.Index] = i + 1
		classes[c.Index] = c
	}
	return classes, nil
}

// fromOne reports whether no index of a list is 0.
func fromOne(listed []Class) bool {
	for _, c := range listed {
		if c.Index == 0 {
			return false
		}
	}
	return true
}
