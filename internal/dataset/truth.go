package dataset

import (
	"cmp"
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// Truth knows the true classes of images: from lists, or else from the
// names of the directories they lie in. What it does not know it counts.
type Truth struct {
	index   *class.Index
	listed  *truthLists           // nil: directories tell
	found   map[[2]string]meaning // what names mean, by what has them, remembered
	twofold string                // a warning about a name that is another class's number too, "" for none
	Known   int                   // how many images' classes are known
	Unknown map[string]int        // images by the reason why their class is not known

	OneOutput bool   // the network has one output: a number does not say which of its two classes is meant
	Numbered  string // the last number that was to name a class all the same, see Refusal; "" for none
	among     []int  // places of the classes that count; nil: all do
	choice    string // what these are called in messages
}

// Counts are how many images of a shard have a known true class, for merging.
type Counts struct {
	Known   int            `json:"known"`
	Unknown map[string]int `json:"unknown"` // the others, by the reason why
}

// Unlabelled returns how many images' classes are not known.
func (c Counts) Unlabelled() int {
	n := 0
	for _, images := range c.Unknown {
		n += images
	}
	return n
}

// Counted is a truth that knows nothing but what some shards have counted.
func Counted(shards ...Counts) *Truth {
	t := &Truth{Unknown: map[string]int{}}
	for _, c := range shards {
		t.Known += c.Known
		for reason, images := range c.Unknown {
			t.Unknown[reason] += images
		}
	}
	return t
}

// Counts returns what t has counted.
func (t *Truth) Counts() Counts { return Counts{t.Known, t.Unknown} }

const (
	maxReasons   = 1000 // counted apart; the rest count as "other reasons"
	shownReasons = 5    // that Report warns of
)

// NewTruth returns what is known about images' true classes: what the lists say if there
// are any; else what a tar says beside the image; else the name of each image's directory
// or, if that names none, of the nearest above it that does, up to the one that was given;
// only the image's own directory may be a class's number. Names are class.Index's.
func NewTruth(classes []class.Class, files []string) (*Truth, error) {
	t := &Truth{index: class.NewIndex(classes), found: map[[2]string]meaning{}, Unknown: map[string]int{}}
	if len(files) == 0 {
		return t, nil
	}
	var err error
	t.listed, err = newTruthLists(files, t.index)
	return t, err
}

// Restrict makes only those classes count that have a place (see class.Choice); what says
// in messages which these are.
func (t *Truth) Restrict(places []int, what string) { t.among, t.choice = places, what }

// Of returns the index of the true class of the image, or class.None.
func (t *Truth) Of(m Image) int {
	index, reason := t.find(m)
	if index != class.None {
		t.Known++
		return index
	}
	if t.Unknown[reason] == 0 && len(t.Unknown) >= maxReasons {
		reason = "other reasons"
	}
	t.Unknown[reason]++
	return class.None
}

// find is Of without counting; reason says why a class is not known.
func (t *Truth) find(m Image) (index int, reason string) {
	if t.listed != nil {
		label, reason := t.listed.label(m.Path)
		if reason != "" {
			return class.None, reason
		}
		a := t.look(label, aLabel)
		return a.class, a.reason
	}
	if m.label != nil {
		if m.label.problem != "" {
			return class.None, m.label.problem
		}
		a := t.look(m.label.text, aLabel)
		return a.class, a.reason
	}
	whole, err := filepath.Abs(m.Path) // "." has a name too
	if err != nil || m.Path == StdinName {
		return class.None, "in no directory"
	}
	directory := filepath.Dir(whole)
	nearest := t.directory(directory, m.tar)
	if nearest.class != class.None || !nearest.none || m.Root == "" {
		return nearest.class, nearest.reason
	}
	top, err := filepath.Abs(m.Root)
	if err != nil {
		return nearest.class, nearest.reason
	}
	for directory != top && directory != filepath.Dir(directory) {
		directory = filepath.Dir(directory)
		if a := t.directory(directory, m.tar); !a.none && !a.number {
			return a.class, a.reason
		}
	}
	return nearest.class, nearest.reason
}

// directory is what the name of a directory means. Where that is the tar that has the
// image, its name is one without the extension, and no number: shards are numbered.
func (t *Truth) directory(directory, tar string) meaning {
	name := filepath.Base(directory)
	if tar == "" {
		return t.look(name, aDirectory)
	}
	if whole, err := filepath.Abs(tar); err != nil || whole != directory {
		return t.look(name, aDirectory)
	}
	if isTar(name) {
		name = strings.TrimSuffix(name, filepath.Ext(name))
	}
	if _, err := strconv.Atoi(name); err == nil || tar == StreamName {
		return meaning{class: class.None, none: true, reason: "in no directory of the tar"}
	}
	return t.look(name, aTar)
}

// Refusal is the error of a truth that named classes by numbers for a network of one
// output: 0 and 1 usually mean negative and positive, but class 0 of the network is the
// positive one. It is nil if Numbered is "".
func (t *Truth) Refusal() error {
	if t.Numbered == "" {
		return nil
	}
	return hint.Refuse("class %q: the network has one output, and a number does not say whether it is the positive class", t.Numbered)
}

// meaning is the class that a name means.
type meaning struct {
	class  int
	number bool   // it is the number of the class, and no name
	none   bool   // no class has the name
	reason string // why class is class.None
}

// What a name can be that means a class, as messages call it.
const (
	aLabel     = "label" // of a list or in a tar
	aDirectory = "directory"
	aTar       = "tar"
)

// look finds the class that a name means; what says what has the name.
func (t *Truth) look(name, what string) meaning {
	asked := [2]string{what, name}
	if a, ok := t.found[asked]; ok {
		return a
	}
	a := t.ask(name, what)
	if len(t.found) >= maxMeanings {
		clear(t.found)
	}
	t.found[asked] = a
	return a
}

// maxMeanings bounds how many names' meanings are remembered.
const maxMeanings = 100_000

// ask is look without a memory.
func (t *Truth) ask(name, what string) meaning {
	shown := what + " " + strconv.Quote(text.Abbreviated(name))
	none := meaning{class: class.None, none: true, reason: shown + " names no class of the model"}
	m, err := t.index.Find(name)
	if what == aLabel {
		m, err = findLabel(t.index, name)
	}
	if several, ok := errors.AsType[*class.Ambiguous](err); ok {
		return meaning{class: class.None, reason: shown + " may be any of " + class.List(several.Classes)}
	}
	if _, notNumber := strconv.Atoi(name); t.OneOutput && notNumber == nil && (err != nil || m.Number) {
		t.Numbered = name
		return meaning{class: class.None, reason: shown + " is a number, which says nothing of the class where there is one output"}
	}
	switch {
	case err != nil, m.Number && what != aLabel && isPadded(name):
		return none
	case t.among != nil && t.among[m.Index] == class.None:
		return meaning{class: class.None, reason: shown + " names a class that is not among " + t.choice}
	case m.Number && isOtherNumber(m.Label, m.Index):
		// Labels that are numbers, of which this is none: who counts from where?
		return meaning{class: class.None, none: true, reason: shown + " is the number of an output, but the label of none, and labels are numbers too"}
	case m.Other != nil && t.twofold == "" && (what == aLabel || !isPadded(name)):
		t.twofold = class.Twofold(what, name, m)
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

// Unlabelled returns how many images' classes are not known.
func (t *Truth) Unlabelled() int { return t.Counts().Unlabelled() }

// Report warns how many images have no known class, and why, and which
// names could be taken for two classes.
func (t *Truth) Report(warnf func(format string, args ...any)) {
	if t.listed != nil {
		for _, note := range t.listed.notes {
			warnf("%s", note)
		}
		t.listed.notes = nil
	}
	if t.twofold != "" {
		warnf("%s", t.twofold)
		t.twofold = ""
	}
	n := t.Unlabelled()
	if n == 0 {
		return
	}
	warnf("the true class of %d of %s is not known", n, text.Count(n+t.Known, "image", "images"))
	reasons := slices.SortedFunc(maps.Keys(t.Unknown), func(a, b string) int {
		return cmp.Or(t.Unknown[b]-t.Unknown[a], cmp.Compare(a, b))
	})
	for _, reason := range reasons[:min(shownReasons, len(reasons))] {
		warnf("%s: %s", text.Count(t.Unknown[reason], "image", "images"), reason)
	}
	if more := len(reasons) - shownReasons; more > 0 {
		warnf("and %s more", text.Count(more, "such reason", "such reasons"))
	}
}
