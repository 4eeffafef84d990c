package dataset

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"bagnet/internal/class"
)

// A label is what a tar says beside an image that it shows.
type label struct {
	text    string
	problem string // why text is not known, "" if it is
}

// Limits on what belongs to one sample, whose images wait for its end, and on the files
// that say what they show.
const (
	maxSample      = 32 // images
	maxSampleBytes = 256 << 20
	maxClass       = 4 << 10
	maxJSON        = 1 << 20
)

// A tarSample is files of a tar, one after the other, that share the name up to its first
// dot: images and what they show. A name that comes again begins another sample.
type tarSample struct {
	key    string // the name up to the first dot, with its directories
	names  map[string]bool
	images []waiting
	bytes  int64             // that the images hold
	labels map[string]labels // by name without extension
}

// waiting is an image whose sample has not ended.
type waiting struct {
	Image
	name string // in the tar
}

// labels are what files called the same say, nil for none.
type labels struct{ class, json *label }

// keyOf is the name of a file in a tar up to the first dot of its last element.
func keyOf(name string) string {
	directory, file := path.Split(name)
	before, _, _ := strings.Cut(file, ".")
	return directory + before
}

// stem is a name without its extension.
func stem(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// begins reports whether a file of that name begins another sample than s.
func (s *tarSample) begins(name string) bool { return s.key != keyOf(name) || s.names[name] }

// full reports whether s has no room for another file of that name and size.
func (s *tarSample) full(name string, size int64) bool {
	if isImage(name) && len(s.images) > 0 && (len(s.images) >= maxSample || s.bytes+size > maxSampleBytes) {
		return true
	}
	return len(s.names) >= 4*maxSample
}

// label says what the image of that name shows: the file that is called the same says it,
// or else the one that is called like the sample; nil if none does.
func (s *tarSample) label(name string) *label {
	own, all := s.labels[stem(name)], s.labels[s.key]
	for _, l := range []*label{own.class, all.class, own.json, all.json} {
		if l != nil {
			return l
		}
	}
	return nil
}

// newLabel is what a file with that extension says.
func newLabel(text, extension string) *label {
	text = strings.TrimSpace(text)
	switch {
	case len(text) > maxClass:
		return &label{problem: fmt.Sprintf("the class in its %s file is longer than %d bytes", extension, maxClass)}
	case text == "":
		return &label{problem: "its " + extension + " file names no class"}
	case !utf8.ValidString(text):
		return &label{problem: "its " + extension + " file is not UTF-8"}
	}
	return &label{text: text}
}

// jsonFields are those that name a class in a .json file: in this order, spelled as the
// columns of lists may be.
var jsonFields = slices.Concat([]string{"cls"}, labelColumns, []string{"wnid", "synset"})

// jsonLabel is what a .json file says, nil if it names no class.
func jsonLabel(data []byte) *label {
	if len(data) > maxJSON {
		return &label{problem: fmt.Sprintf("its .json file is longer than %d MiB", maxJSON>>20)}
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(data, &object) != nil {
		return &label{problem: "its .json file is no JSON object"}
	}
	spelled := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if string(object[name]) != "null" {
			spelled[class.Plain(name)] = name
		}
	}
	at := slices.IndexFunc(jsonFields, func(field string) bool { _, ok := spelled[field]; return ok })
	if at < 0 {
		return nil
	}
	name := spelled[jsonFields[at]]
	var text string
	var number json.Number
	switch value := object[name]; {
	case json.Unmarshal(value, &text) == nil:
		return newLabel(text, ".json")
	case json.Unmarshal(value, &number) == nil:
		return newLabel(number.String(), ".json")
	}
	return &label{problem: fmt.Sprintf("%q in its .json file is neither a number nor a name", name)}
}

// shownName is the name of a file in a tar as paths show it: below the tar, whatever it
// is. It is "" for files that are hidden, or made by programs for themselves.
func shownName(name string) string {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	for element := range strings.SplitSeq(name, "/") {
		if element == "" || element[0] == '.' || strings.HasPrefix(element, "PaxHeader") || element == "__MACOSX" {
			return ""
		}
	}
	return name
}
