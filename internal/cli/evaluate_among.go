package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// choiceOfClasses are the classes that answers are given among. Statistics know
// them by their places in it.
type choiceOfClasses struct {
	classes []class.Class // two or more, in the order of their indices
	among   []int         // their indices; nil for all that the network has
	places  []int         // of each of the network's classes: where it is in classes, or unknownClass
}

// chooseClasses understands the values of --among: classes, or files that list
// some; all classes if there are none.
func chooseClasses(all []class.Class, values []string) (choiceOfClasses, error) {
	c := choiceOfClasses{classes: all, places: make([]int, len(all))}
	if len(values) == 0 {
		for i := range c.places {
			c.places[i] = i
		}
		return c, nil
	}
	index := class.NewIndex(all)
	for _, value := range values {
		found, err := index.Find(value)
		if err == nil {
			c.among = append(c.among, found.Index)
			continue
		}
		if !output.Exists(value) {
			return c, usageErrorf("--among: %w; nor is there a file of that name", err)
		}
		listed, err := readClassNames(index, value)
		if err != nil {
			return c, usageErrorf("--among: reading %q: %w", value, text.Reason(err))
		}
		c.among = append(c.among, listed...)
	}
	slices.Sort(c.among)
	c.among = slices.Compact(c.among)
	if len(c.among) < 2 {
		return c, usageErrorf("--among names %s: want two or more to choose among", text.Count(len(c.among), "class", "classes"))
	}
	c.classes = nil
	for i := range c.places {
		c.places[i] = unknownClass
	}
	for place, class := range c.among {
		c.places[class] = place
		c.classes = append(c.classes, all[class])
	}
	return c, nil
}

// settings are what results depend on.
func (c choiceOfClasses) settings() any {
	if c.among == nil {
		return nil
	}
	return struct{ Among []int }{c.among}
}

// maxClassNames is the largest list of classes read, bytes.
const maxClassNames = 4 << 20

// readClassNames returns the indices of the classes that a file names, one a line.
// Empty lines are no harm.
func readClassNames(index *class.Index, path string) ([]int, error) {
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
