package cli

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"bagnet/internal/loader"
)

// truth knows the true classes of images: from CSV files, or else from the
// names of the directories they lie in. What it does not know it counts.
type truth struct {
	classes []loader.Class
	listed  *truthList     // nil: directories tell
	found   map[string]int // classes by what directories or lists call them
	known   int            // images
	unknown map[string]int // images by the reason why their class is not known

	oneOutput bool   // of the network: numbers do not tell its classes
	numbered  string // a number that was to do so
	among     []int  // places of the classes that count; nil: all do
}

const (
	unknownClass = -1
	maxReasons   = 1000 // kept apart
	shownReasons = 5
)

// newTruth returns what is known about images' true classes: what the CSV
// files say if there are any, else the name of each image's directory. A class
// is named by its index, WordNet id or name.
func newTruth(classes []loader.Class, files []string) (*truth, error) {
	t := &truth{classes: classes, found: map[string]int{}, unknown: map[string]int{}}
	if len(files) == 0 {
		return t, nil
	}
	var err error
	t.listed, err = newTruthList(files)
	return t, err
}

// of returns the index of the true class of the image at path, or unknownClass.
func (t *truth) of(path string) int {
	class, reason := t.find(path)
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
func (t *truth) find(path string) (class int, reason string) {
	name, what := "", "directory"
	if t.listed != nil {
		label, ok := t.listed.label(path)
		if !ok {
			return unknownClass, "not in the list of classes"
		}
		name, what = label, "label"
	} else {
		whole, err := filepath.Abs(path) // "." has a name too
		if err != nil || path == stdinName {
			return unknownClass, "in no directory"
		}
		name = filepath.Base(filepath.Dir(whole))
	}
	if t.oneOutput && !slices.ContainsFunc(t.classes, func(c loader.Class) bool { return c.Label == name }) {
		if _, err := strconv.Atoi(name); err == nil {
			t.numbered = name
			return unknownClass, what + " " + strconv.Quote(abbreviated(name)) + " is a number, which says nothing of the class where there is one output"
		}
	}
	class, ok := t.found[name]
	if !ok {
		class = unknownClass
		find := findClass
		if t.oneOutput {
			find = namedClass
		}
		if c, err := find(t.classes, name); err == nil && !(t.listed == nil && isPadded(name)) {
			class = c.Index
		}
		remember(t.found, name, class)
	}
	if class == unknownClass {
		return class, what + " " + strconv.Quote(abbreviated(name)) + " names no class of the model"
	}
	if t.among != nil && t.among[class] == unknownClass {
		return unknownClass, what + " " + strconv.Quote(abbreviated(name)) + " names a class that is not among those of --among"
	}
	return class, ""
}

// refusal says that classes were named by numbers where these do not tell them: 0
// and 1 usually mean negative and positive, but output 0 is the positive class.
func (t *truth) refusal() error {
	if t.numbered == "" {
		return nil
	}
	return withHint(usageErrorf("class %q: the network has one output, and a number does not say whether it is the positive class", t.numbered),
		"give --labels FILE whose first line is what the positive class is called, and the second the negative one: for 1 and 0, the lines 1 and 0; or name them positive and negative")
}

// abbreviated is a name for a message, which a list may have made very long.
func abbreviated(name string) string {
	const limit = 120
	if runes := []rune(name); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return name
}

// isPadded reports whether name begins with a zero that no index has: a
// directory called 007 is more likely one of a series than class 7.
func isPadded(name string) bool { return len(name) > 1 && name[0] == '0' }

// remember keeps a bounded number of answers.
func remember(answers map[string]int, name string, class int) {
	if len(answers) >= 100_000 {
		clear(answers)
	}
	answers[name] = class
}

// unlabelled returns how many images' classes are not known.
func (t *truth) unlabelled() int {
	n := 0
	for _, images := range t.unknown {
		n += images
	}
	return n
}

// report says on stderr how many images have no known class, and why.
func (t *truth) report(s *streams) {
	n := t.unlabelled()
	if n == 0 {
		return
	}
	s.warnf("the true class of %d of %s is not known", n, count(n+t.known, "image", "images"))
	reasons := slices.SortedFunc(maps.Keys(t.unknown), func(a, b string) int {
		return cmp.Or(t.unknown[b]-t.unknown[a], cmp.Compare(a, b))
	})
	for _, reason := range reasons[:min(shownReasons, len(reasons))] {
		s.warnf("%s: %s", count(t.unknown[reason], "image", "images"), reason)
	}
	if more := len(reasons) - shownReasons; more > 0 {
		s.warnf("and %s more", count(more, "such reason", "such reasons"))
	}
}
