package cli

import (
	"cmp"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"bagnet/internal/class"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// truth knows the true classes of images: from lists, or else from the
// names of the directories they lie in. What it does not know it counts.
type truth struct {
	index   *class.Index
	listed  *truthList         // nil: directories tell
	found   map[string]meaning // by what directories or lists call classes
	twofold string             // what to say of a name that is a number too, "" for nothing
	known   int                // images
	unknown map[string]int     // images by the reason why their class is not known

	oneOutput bool   // of the network: numbers do not tell its classes
	numbered  string // a number that was to do so
	among     []int  // places of the classes that count; nil: all do
}

const (
	unknownClass = -1
	maxReasons   = 1000 // kept apart
	shownReasons = 5
)

// newTruth returns what is known about images' true classes: what the lists
// say if there are any, else the name of each image's directory or, if that
// names none, of the nearest above it that does, up to the one that was given; only
// the image's own directory may be a class's number. Names are class.Index's.
func newTruth(classes []class.Class, files []string) (*truth, error) {
	t := &truth{index: class.NewIndex(classes), found: map[string]meaning{}, unknown: map[string]int{}}
	if len(files) == 0 {
		return t, nil
	}
	var err error
	t.listed, err = newTruthList(files, t.index)
	return t, err
}

// of returns the index of the true class of the image at path, which was found
// below the directory root or, if that is "", named by itself, or unknownClass.
func (t *truth) of(path, root string) int {
	class, reason := t.find(path, root)
	if class != unknownClass {
		t.known++
		return class
	}
	if t.unknown[reason] == 0 && len(t.unknown) >= maxReasons {
		reason = "other reasons"
	}
	t.unknown[reason]++
	return unknownClass
}

// find is of without counting; it says why a class is not known.
func (t *truth) find(path, root string) (class int, reason string) {
	if t.listed != nil {
		label, reason := t.listed.label(path)
		if reason != "" {
			return unknownClass, reason
		}
		a := t.look(label, "label")
		return a.class, a.reason
	}
	whole, err := filepath.Abs(path) // "." has a name too
	if err != nil || path == stdinName {
		return unknownClass, "in no directory"
	}
	directory := filepath.Dir(whole)
	nearest := t.look(filepath.Base(directory), "directory")
	if nearest.class != unknownClass || !nearest.none || root == "" {
		return nearest.class, nearest.reason
	}
	top, err := filepath.Abs(root)
	if err != nil {
		return nearest.class, nearest.reason
	}
	for directory != top && directory != filepath.Dir(directory) {
		directory = filepath.Dir(directory)
		if a := t.look(filepath.Base(directory), "directory"); !a.none && !a.number {
			return a.class, a.reason
		}
	}
	return nearest.class, nearest.reason
}

// refusal says that classes were named by numbers where these do not tell them: 0
// and 1 usually mean negative and positive, but output 0 is the positive class.
func (t *truth) refusal() error {
	if t.numbered == "" {
		return nil
	}
	return hint.Add(usageErrorf("class %q: the network has one output, and a number does not say whether it is the positive class", t.numbered),
		"give --labels FILE whose first line is what the positive class is called, and the second the negative one: for 1 and 0, the lines 1 and 0; or name them positive and negative")
}

// meaning is what is known of a name.
type meaning struct {
	class  int
	number bool   // it is the number of the class, and no name
	none   bool   // no class has the name
	reason string // why class is unknownClass
}

// look finds the class that the name of a directory or the label of a list
// means; what says which of the two it is.
func (t *truth) look(name, what string) meaning {
	if a, ok := t.found[name]; ok {
		return a
	}
	a := t.ask(name, what)
	if len(t.found) >= maxAnswers {
		clear(t.found)
	}
	t.found[name] = a
	return a
}

// maxAnswers are remembered at a time.
const maxAnswers = 100_000

func (t *truth) ask(name, what string) meaning {
	shown := what + " " + strconv.Quote(text.Abbreviated(name))
	none := meaning{class: unknownClass, none: true, reason: shown + " names no class of the model"}
	m, err := t.index.Find(name)
	if t.listed != nil {
		m, err = findLabel(t.index, name)
	}
	if several, ok := errors.AsType[*class.Ambiguous](err); ok {
		return meaning{class: unknownClass, reason: shown + " may be any of " + class.List(several.Classes)}
	}
	if _, notNumber := strconv.Atoi(name); t.oneOutput && notNumber == nil && (err != nil || m.Number) {
		t.numbered = name
		return meaning{class: unknownClass, reason: shown + " is a number, which says nothing of the class where there is one output"}
	}
	switch {
	case err != nil, m.Number && t.listed == nil && isPadded(name):
		return none
	case t.among != nil && t.among[m.Index] == unknownClass:
		return meaning{class: unknownClass, reason: shown + " names a class that is not among those of --among"}
	case m.Number && isOtherNumber(m.Label, m.Index):
		// Labels that are numbers, of which this is none: who counts from where?
		return meaning{class: unknownClass, none: true, reason: shown + " is the number of an output, but the label of none, and labels are numbers too"}
	case m.Other != nil && t.twofold == "" && (t.listed != nil || !isPadded(name)):
		t.twofold = twofold(what, name, m)
	}
	return meaning{class: m.Index, number: m.Number}
}

// isOtherNumber reports whether a label is a number, but not n.
func isOtherNumber(label string, n int) bool {
	number, err := strconv.Atoi(label)
	return err == nil && number != n
}

// isPadded reports whether name begins with a zero that no index has: a
// directory called 007 is more likely one of a series than class 7.
func isPadded(name string) bool { return len(name) > 1 && name[0] == '0' }

// unlabelled returns how many images' classes are not known.
func (t *truth) unlabelled() int {
	n := 0
	for _, images := range t.unknown {
		n += images
	}
	return n
}

// report says on stderr how many images have no known class, and why, and which
// names could be taken for two classes.
func (t *truth) report(s *terminal.Streams) {
	if t.listed != nil {
		for _, note := range t.listed.notes {
			s.Warnf("%s", note)
		}
		t.listed.notes = nil
	}
	if t.twofold != "" {
		s.Warnf("%s", t.twofold)
		t.twofold = ""
	}
	n := t.unlabelled()
	if n == 0 {
		return
	}
	s.Warnf("the true class of %d of %s is not known", n, text.Count(n+t.known, "image", "images"))
	reasons := slices.SortedFunc(maps.Keys(t.unknown), func(a, b string) int {
		return cmp.Or(t.unknown[b]-t.unknown[a], cmp.Compare(a, b))
	})
	for _, reason := range reasons[:min(shownReasons, len(reasons))] {
		s.Warnf("%s: %s", text.Count(t.unknown[reason], "image", "images"), reason)
	}
	if more := len(reasons) - shownReasons; more > 0 {
		s.Warnf("and %s more", text.Count(more, "such reason", "such reasons"))
	}
}
