package loader

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Class is one of a classifier's outputs.
type Class struct {
	Index int    `json:"index"`
	ID    string `json:"id"`    // WordNet id, or ""
	Label string `json:"label"` // names, separated by commas
}

// maxLabels is the largest list of labels read, bytes.
const maxLabels = 4 << 20

// ReadLabels returns the classes in a list, in index order: either a label a
// line, or lines of index, WordNet id (may be empty) and label, separated by
// tabs, in any order, whose indices are 0 to n-1. The first line decides which.
// A byte order mark, CRLF and blank lines at the end are no harm. name is for
// messages only.
func ReadLabels(name string, r io.Reader) ([]Class, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxLabels+1))
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

func parseLabels(text string) ([]Class, error) {
	if strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
		return nil, errors.New("it is UTF-16: save it as UTF-8")
	}
	text = strings.TrimRightFunc(strings.TrimPrefix(text, "\ufeff"), unicode.IsSpace)
	if text == "" {
		return nil, errors.New("it is empty: write a label a line")
	}
	lines := strings.Split(text, "\n")
	parse := parsePlain
	if strings.Contains(lines[0], "\t") {
		parse = parseTSV
	}
	classes := make([]Class, len(lines))
	seen := make([]int, len(lines)) // line number by index
	for i, line := range lines {
		line = strings.TrimSuffix(line, "\r")
		c, err := parse(i, line)
		switch {
		case !utf8.ValidString(line):
			err = errors.New("it is not UTF-8 text")
		case err != nil:
		case strings.ContainsFunc(c.ID+c.Label, unicode.IsControl):
			err = fmt.Errorf("%s has control characters", quote(line))
		case c.Label == "":
			err = errors.New("it has no label")
		case c.Index < 0 || c.Index >= len(lines):
			err = fmt.Errorf("index %d is not among 0 to %d, as %d lines need", c.Index, len(lines)-1, len(lines))
		case seen[c.Index] > 0:
			err = fmt.Errorf("index %d stands on line %d already", c.Index, seen[c.Index])
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", i+1, err)
		}
		seen[c.Index] = i + 1
		classes[c.Index] = c
	}
	return classes, nil
}

func parsePlain(i int, line string) (Class, error) {
	return Class{Index: i, Label: strings.TrimSpace(line)}, nil
}

func parseTSV(_ int, line string) (Class, error) {
	fields := strings.Split(line, "\t")
	if len(fields) != 3 {
		return Class{}, fmt.Errorf("%s has %d fields separated by tabs instead of three: index, WordNet id, label", quote(line), len(fields))
	}
	index, err := strconv.Atoi(strings.TrimSpace(fields[0]))
	if err != nil {
		return Class{}, fmt.Errorf("%s is not an index", quote(fields[0]))
	}
	return Class{Index: index, ID: strings.TrimSpace(fields[1]), Label: strings.TrimSpace(fields[2])}, nil
}

// PlainClasses returns n classes named "class 0", "class 1" and so on, for a
// model whose classes nothing names.
func PlainClasses(n int) []Class {
	classes := make([]Class, n)
	for i := range classes {
		classes[i] = Class{Index: i, Label: "class " + strconv.Itoa(i)}
	}
	return classes
}
