package output

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// Places are the files that a flag sends results to: one that is named, or one
// a result in a directory, named after the image and the class.
type Places struct {
	File      string // the only one, if named
	Directory string
	extension string
	taken     map[string]int  // how many results have a name, by what file systems that ignore case make of it
	inputs    map[string]bool // files that are no place for results, by clean path
}

// NewPlaces returns the places that the value of a flag means. With several results it
// must be a directory, which is made if it is not there; "" means the working directory.
// Names of results end in extension, such as ".npy". None of the inputs, the files that
// were given to be read, becomes a result's place. endings are all that the name of a file
// might have had, if that is not the extension's alone.
func NewPlaces(flag, value, extension string, several bool, inputs []string, endings ...string) (*Places, error) {
	p := &Places{extension: extension, taken: map[string]int{}, inputs: map[string]bool{}}
	for _, input := range inputs {
		p.inputs[filepath.Clean(input)] = true
	}
	info, err := os.Stat(value)
	isDirectory := err == nil && info.IsDir()
	switch {
	case value == "":
		p.Directory = "."
	case value == "-" && several:
		return nil, hint.Refuse("%s -: standard output holds one picture; give a directory", flag)
	case value == "-":
		p.File = value
	case !isDirectory && !endsInSeparator(value) && strings.EqualFold(filepath.Ext(value), filepath.Ext(extension)):
		if several {
			return nil, hint.Refuse("%s %s: one file for several results; give a directory", flag, text.Path(value))
		}
		for _, input := range inputs {
			if same(value, input) {
				return nil, hint.Refuse("%s %s: that is one of the images: give another name", flag, text.Path(value))
			}
		}
		p.File = value
	case !isDirectory && !endsInSeparator(value) && !several && (err == nil || filepath.Ext(value) != ""):
		if len(endings) == 0 {
			endings = []string{Extension(extension)}
		}
		return nil, hint.Refuse("%s %s: want a file that ends in .%s, or a directory", flag, text.Path(value), strings.Join(endings, " or ."))
	default:
		if err := os.MkdirAll(value, 0o777); err != nil {
			return nil, fmt.Errorf("%s: making directory %q: %w", flag, value, text.Reason(err))
		}
		p.Directory = value
	}
	return p, p.probe()
}

// probe finds out whether results can be written before any are computed.
func (p *Places) probe() error {
	switch p.File {
	case "-":
		return nil
	case "":
		f, err := createTemporary(p.Directory)
		if err != nil {
			return fmt.Errorf("writing to directory %q: %w", p.Directory, text.Reason(err))
		}
		f.Close()
		os.Remove(f.Name())
		return nil
	}
	f, err := Create(p.File)
	if err != nil {
		return err
	}
	f.Discard()
	return nil
}

// endsInSeparator reports whether a path says by its end that it is a directory.
func endsInSeparator(path string) bool {
	return path != "" && os.IsPathSeparator(path[len(path)-1])
}

// LongestName is how many bytes a file's name may have on the usual systems.
const LongestName = 255

// Next returns the path of the next result's file, which is about an image and a class. No
// path in a directory is returned twice.
func (p *Places) Next(image, class string) string {
	label, _, _ := strings.Cut(class, ",")
	return p.next(image, "."+FileName(label)+p.extension)
}

// NextOf returns the path of the next result's file, which is about an image alone. No path
// in a directory is returned twice.
func (p *Places) NextOf(image string) string { return p.next(image, p.extension) }

// next returns a path for a result about an image, whose name ends in end.
func (p *Places) next(image, end string) string {
	if p.File != "" {
		return p.File
	}
	name := strings.TrimSuffix(filepath.Base(image), filepath.Ext(image))
	name = cutBytes(name, LongestName-len(end)-len("-1000000"))
	if name == "" {
		name = "image"
	}
	for {
		key := strings.ToLower(name + end)
		p.taken[key]++
		n := p.taken[key]
		if path := filepath.Join(p.Directory, name+end); n == 1 && !p.inputs[path] {
			return path
		}
		name = fmt.Sprintf("%s-%d", name, max(2, n))
	}
}

// Copy returns the same places. Names that Next gives of the copy stay free in p.
func (p *Places) Copy() *Places {
	c := *p
	c.taken = maps.Clone(p.taken)
	return &c
}

// cutBytes returns the longest beginning of s that has at most n bytes and ends with a
// whole character.
func cutBytes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// FileName makes a label fit for a file's name on every system.
func FileName(label string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-':
			return r
		case unicode.IsSpace(r) || r == '_':
			return '_'
		}
		return -1
	}, strings.TrimSpace(label))
	if name = cutBytes(name, 60); name == "" {
		return "class"
	}
	return name
}
