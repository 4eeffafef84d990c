package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"path"
	"strings"
)

// A mutant is one deliberate mistake.
type mutant struct {
	name       string
	file       string   // relative to the root, slashes
	old, new   string   // old stands in the file once
	first      string   // regular expression: tests of the file's package to try first
	tests      []string // other packages, ./internal/cli, whose tests should notice if the file's own do not
	equivalent string   // why it changes nothing, if it does not
}

// pkg returns the package that the mutant is in, as go test wants it. A package's scripts lie
// in a directory of their own below it.
func (m mutant) pkg() string {
	dir := path.Dir(m.file)
	if path.Ext(m.file) == ".js" {
		dir = path.Dir(dir)
	}
	return "./" + dir
}

// id changes with whatever makes a mutant.
func (m mutant) id() string {
	h := sha256.Sum256(fmt.Appendf(nil, "%q", []string{m.file, m.old, m.new, m.first, strings.Join(m.tests, " ")}))
	return fmt.Sprintf("%x", h[:6])
}

// apply returns the source with the mistake.
func (m mutant) apply(source string) (string, error) {
	if n := strings.Count(source, m.old); n != 1 {
		return "", fmt.Errorf("its old text stands in %s %d times, want once", m.file, n)
	}
	return strings.Replace(source, m.old, m.new, 1), nil
}

// parse reads a list. A block begins with the mutant's name and ends with the
// next one's or the file; scripts/mutants.txt says what is in it.
func parse(list string) ([]mutant, error) {
	var all []mutant
	var text *string // being read: old or new
	seen := map[string]bool{}
	for i, line := range strings.SplitAfter(list, "\n") {
		trimmed := strings.TrimRight(line, "\n")
		if text != nil && trimmed != "----" && trimmed != "====" {
			*text += line
			continue
		}
		key, value, _ := strings.Cut(trimmed, ": ")
		bad := func(what string) error { return fmt.Errorf("line %d: %s", i+1, what) }
		if key == "name" {
			if seen[value] {
				return nil, bad("a second mutant " + value)
			}
			seen[value] = true
			all = append(all, mutant{name: value})
			continue
		}
		if key == "" || strings.HasPrefix(key, "#") {
			continue
		}
		if len(all) == 0 {
			return nil, bad("a mutant begins with its name")
		}
		m := &all[len(all)-1]
		switch key {
		case "file":
			m.file = value
		case "first":
			m.first = value
		case "tests":
			m.tests = strings.Fields(value)
		case "equivalent":
			m.equivalent = value
		case "----":
			if text = nil; m.old == "" {
				text = &m.old
			}
		case "====":
			text = &m.new
		default:
			return nil, bad("unknown key " + key)
		}
	}
	if text != nil {
		return nil, errors.New("the last text does not end with ----")
	}
	for i := range all {
		m := &all[i]
		if m.name == "" || m.file == "" || m.old == "" || m.old == m.new {
			return nil, fmt.Errorf("mutant %q: needs a name, a file, and an old and a new text that differ", m.name)
		}
		// Of a single line, what is within it can be named.
		m.old, m.new = strings.TrimSuffix(m.old, "\n"), strings.TrimSuffix(m.new, "\n")
	}
	return all, nil
}
