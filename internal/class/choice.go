package class

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// Choice are the classes that answers are given among. Statistics know
// them by their places in it.
type Choice struct {
	Classes []Class // two or more, in the order of their indices
	Among   []int   // their indices; nil for all that the network has
	Places  []int   // of each of the network's classes: where it is in Classes, or None
}

// Choose returns the choice that the values of a flag mean: classes, or files that list
// some; all classes if there are no values.
func Choose(flag string, all []Class, values []string) (Choice, error) {
	if len(values) == 0 {
		return ChoiceOf(all, nil), nil
	}
	var among []int
	index := NewIndex(all)
	for _, value := range values {
		found, err := index.Find(value)
		if err == nil {
			among = append(among, found.Index)
			continue
		}
		if !exists(value) {
			return Choice{}, hint.Refuse("%s: %w; nor is there a file of that name", flag, err)
		}
		listed, err := readClassNames(index, value)
		if err != nil {
			return Choice{}, hint.Refuse("%s: reading %q: %w", flag, value, text.Reason(err))
		}
		among = append(among, listed...)
	}
	slices.Sort(among)
	among = slices.Compact(among)
	if len(among) < 2 {
		return Choice{}, hint.Refuse("%s names %s: want two or more to choose among", flag, text.Count(len(among), "class", "classes"))
	}
	return ChoiceOf(all, among), nil
}

// ChoiceOf returns the choice of the classes that have those indices, in ascending order;
// of all classes if among is nil.
func ChoiceOf(all []Class, among []int) Choice {
	c := Choice{Classes: all, Among: among, Places: make([]int, len(all))}
	if among == nil {
		for i := range c.Places {
			c.Places[i] = i
		}
		return c
	}
	c.Classes = nil
	for i := range c.Places {
		c.Places[i] = None
	}
	for place, class := range among {
		c.Places[class] = place
		c.Classes = append(c.Classes, all[class])
	}
	return c
}

// Settings returns what the ids of runs are made of; nil for all classes. Another name of
// the field would part runs from their records.
func (c Choice) Settings() any {
	if c.Among == nil {
		return nil
	}
	return struct{ Among []int }{c.Among}
}

// maxClassNames is the largest list of classes read, bytes.
const maxClassNames = 4 << 20

// readClassNames returns the indices of the classes that a file names, one a line.
// Empty lines are no harm.
func readClassNames(index *Index, path string) ([]int, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errors.New("it is a directory: give a file with a class a line")
	}
	var indices []int
	limited := &io.LimitedReader{R: f, N: maxClassNames + 1}
	lines := bufio.NewScanner(limited)
	for number := 1; lines.Scan(); number++ {
		name := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if name == "" {
			continue
		}
		c, err := index.Find(name)
		if err != nil && limited.N == 0 {
			break // the line may be cut short
		}
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		indices = append(indices, c.Index)
	}
	switch {
	case lines.Err() != nil:
		return nil, lines.Err()
	case limited.N == 0:
		return nil, fmt.Errorf("it has more than the %d bytes allowed for a list of classes", maxClassNames)
	case len(indices) == 0:
		return nil, errors.New("it names no classes: write one a line")
	}
	return indices, nil
}

// exists reports whether there is something at path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
