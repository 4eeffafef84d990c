package dataset

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/text"
)

// readList returns what a list of images and classes says. index, which may be nil, tells
// classes from paths where the list does not. Errors are refusals, as hint.Refuse makes.
func readList(file string, index *class.Index) (*List, error) {
	var stems stemCounter
	world := World{Exists: func(path string) bool {
		path = listed(file, path)
		return output.Exists(path) || len(stems.images(path)) > 0
	}}
	if index != nil {
		world.Names = func(label string) bool {
			_, err := findLabel(index, label)
			_, unknown := err.(*class.Unknown)
			return !unknown
		}
	}
	list, err := Read(file, world)
	if err != nil {
		return nil, hint.Refuse("reading list of classes %q: %w", file, err)
	}
	return list, nil
}

// findLabel is index.Find for the label of a list, where tables write 1 as 1.0.
func findLabel(index *class.Index, label string) (class.Match, error) {
	m, err := index.Find(label)
	if whole, ok := strings.CutSuffix(label, ".0"); ok && err != nil {
		if _, unknown := err.(*class.Unknown); unknown {
			return index.Find(whole)
		}
	}
	return m, err
}

// truthLists finds what lists say about images.
type truthLists struct {
	beside map[string]string // labels by absolute path, read relative to the list's directory
	here   map[string]string // relative to the working directory
	named  map[string]string // by name, of rows that give no directory
	stems  stemCounter

	numbers []Row // a list of the images in their order
	ordered map[string]string
	notes   []string // to be said once
}

// newTruthLists reads lists. A list of numbers in the images' order goes with no other.
func newTruthLists(files []string, index *class.Index) (*truthLists, error) {
	l := &truthLists{beside: map[string]string{}, here: map[string]string{}, named: map[string]string{}}
	for _, file := range files {
		list, err := readList(file, index)
		if err != nil {
			return nil, err
		}
		if err := checkFromOne(list, index); err != nil {
			return nil, hint.Refuse("reading list of classes %q: %w", file, err)
		}
		if list.Note != "" {
			l.notes = append(l.notes, fmt.Sprintf("%s: %s", text.Path(file), list.Note))
		}
		if list.InOrder {
			if len(files) > 1 {
				return nil, hint.Refuse("%q has a number a line, in the order of the images: it goes with no other list", file)
			}
			l.numbers = list.Rows
			return l, nil
		}
		directory, err := filepath.Abs(filepath.Dir(file))
		if err != nil {
			return nil, hint.Refuse("reading list of classes %q: %w", file, text.Reason(err))
		}
		here, _ := filepath.Abs("")
		for _, row := range list.Rows {
			if err := l.add(directory, here, row); err != nil {
				return nil, hint.Refuse("reading list of classes %q: line %d: %w", file, row.Line, err)
			}
		}
	}
	return l, nil
}

// checkFromOne refuses a list of nothing but numbers that count the classes from
// 1: none is 0 and the largest is the number of classes, which no output has.
func checkFromOne(list *List, index *class.Index) error {
	largest := 0
	for _, row := range list.Rows {
		n, err := strconv.Atoi(strings.TrimSuffix(row.Label, ".0"))
		if err != nil || n < 1 {
			return nil
		}
		largest = max(largest, n)
	}
	if largest != index.Len() {
		return nil
	}
	if _, err := index.Find(strconv.Itoa(largest)); err == nil { // a label
		return nil
	}
	const imageNet = 1000
	kit := ""
	if largest == imageNet {
		kit = "; and if they are those of ImageNet's development kit, they have an order of their own besides: write WordNet ids"
	}
	return fmt.Errorf("its classes are numbers from 1 to %d, but outputs count from 0: subtract 1%s", largest, kit)
}

// InOrder gives the images the labels of a list of numbers in their order, if
// there is one. total is how many images there are in all, -1 if nobody knows;
// images are those that matter, with their place among all.
func (t *Truth) InOrder(total int, images iter.Seq2[int, string]) error {
	if t.listed == nil || t.listed.numbers == nil {
		return nil
	}
	numbers := t.listed.numbers
	switch {
	case total < 0:
		return hint.Refuse("a list with a number a line needs all images beforehand, but the list of images comes from a stream: give directories or files")
	case total != len(numbers):
		return hint.Refuse("the list of classes has %s, a number for each image in order, but there are %s: list lines of path,label",
			text.Count(len(numbers), "line", "lines"), text.Count(total, "image", "images"))
	}
	t.listed.ordered = make(map[string]string, total)
	for i, path := range images {
		label := numbers[i].Label
		if before, ok := t.listed.ordered[path]; ok && before != label {
			return hint.Refuse("image %q comes twice, with the classes %q and %q of the list", path, before, label)
		}
		t.listed.ordered[path] = label
	}
	return nil
}

// add takes up a row of a file in directory. here is the working directory, ""
// if nobody knows it.
func (l *truthLists) add(directory, here string, row Row) error {
	within := func(directory string) string {
		if filepath.IsAbs(row.Path) {
			return filepath.Clean(row.Path)
		}
		return filepath.Join(directory, row.Path)
	}
	beside := within(directory)
	if label, ok := l.beside[beside]; ok && label != row.Label {
		return fmt.Errorf("image %q is called %q here and %q before", row.Path, row.Label, label)
	}
	l.beside[beside] = row.Label
	if here != "" && within(here) != beside {
		l.here[within(here)] = row.Label
	}
	if filepath.Base(row.Path) == row.Path {
		l.named[row.Path] = row.Label
	}
	return nil
}

// label returns what the files call the image at path: by its place in their
// order, by its whole path, or by its name if a row gives no more; then the same
// without the extension. reason says why nothing is known.
func (l *truthLists) label(path string) (label, reason string) {
	const unlisted = "not in the list of classes"
	if label, ok := l.ordered[path]; ok {
		return label, ""
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return "", unlisted
	}
	find := func(whole string) (string, bool) {
		for _, found := range []struct {
			labels map[string]string
			key    string
		}{{l.beside, whole}, {l.here, whole}, {l.named, filepath.Base(whole)}} {
			if label, ok := found.labels[found.key]; ok {
				return label, true
			}
		}
		return "", false
	}
	if label, ok := find(whole); ok {
		return label, ""
	}
	stem := stemOf(whole)
	label, ok := find(stem)
	switch {
	case stem == whole || !ok:
		return "", unlisted
	case len(l.stems.images(stem)) > 1:
		return "", fmt.Sprintf("the list has %s, which may be any of %s", strconv.Quote(text.Abbreviated(filepath.Base(stem))), quotedNames(l.stems.images(stem)))
	}
	return label, ""
}

// stemOf is an image's path without the extension that makes it one.
func stemOf(path string) string {
	if stem := strings.TrimSuffix(path, filepath.Ext(path)); isImage(path) && !isImage(stem) {
		return stem
	}
	return path
}

// quotedNames are files' names for a message.
func quotedNames(paths []string) string {
	var names []string
	for _, path := range paths {
		names = append(names, strconv.Quote(filepath.Base(path)))
	}
	return text.Abbreviated(strings.Join(names, ", "))
}

// A stemCounter finds images by their path without extension, their stem. It remembers the
// directory it looked at last.
type stemCounter struct {
	directory string
	found     map[string][]string
}

// images returns the images that have that stem.
func (s *stemCounter) images(stem string) []string {
	directory := filepath.Dir(stem)
	if s.found == nil || s.directory != directory {
		s.directory, s.found = directory, map[string][]string{}
		entries, _ := os.ReadDir(directory) // what cannot be read has no images
		for _, entry := range entries {
			path := filepath.Join(directory, entry.Name())
			if stem := stemOf(path); stem != path {
				s.found[stem] = append(s.found[stem], path)
			}
		}
	}
	return s.found[filepath.Clean(stem)]
}
