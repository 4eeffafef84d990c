package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unicode"
)

// places are the files that a flag sends results to: one that is named, or one
// a result in a directory, named after the image and the class.
type places struct {
	file      string // the only one, if named
	directory string
	extension string
	taken     map[string]bool
}

// newPlaces understands the value of a flag. With several results it must be a
// directory, which is made if it is not there; nothing means the working
// directory.
func newPlaces(flag, value, extension string, several bool) (*places, error) {
	p := &places{extension: extension, taken: map[string]bool{}}
	info, err := os.Stat(value)
	isDirectory := err == nil && info.IsDir()
	switch {
	case value == "":
		p.directory = "."
	case value == "-" && several:
		return nil, usageErrorf("%s -: standard output holds one picture; give a directory", flag)
	case value == "-":
		p.file = value
	case !isDirectory && !endsInSeparator(value) && strings.EqualFold(filepath.Ext(value), filepath.Ext(extension)):
		if several {
			return nil, usageErrorf("%s %s: one file for several results; give a directory", flag, displayPath(value))
		}
		p.file = value
	case !isDirectory && !endsInSeparator(value) && !several && (err == nil || filepath.Ext(value) != ""):
		return nil, usageErrorf("%s %s: want a file that ends in %s, or a directory", flag, displayPath(value), filepath.Ext(extension))
	default:
		if err := os.MkdirAll(value, 0o777); err != nil {
			return nil, fmt.Errorf("%s: making directory %q: %w", flag, value, bareError(err))
		}
		p.directory = value
	}
	return p, nil
}

func endsInSeparator(path string) bool {
	return path != "" && os.IsPathSeparator(path[len(path)-1])
}

// next returns the file for the next result, about an image and a class.
func (p *places) next(image, class string) (string, error) {
	if p.file != "" {
		return p.file, nil
	}
	name := strings.TrimSuffix(filepath.Base(image), filepath.Ext(image))
	label, _, _ := strings.Cut(class, ",")
	label = fileName(label)
	for i := 1; ; i++ {
		numbered := name
		if i > 1 {
			numbered = fmt.Sprintf("%s-%d", name, i)
		}
		path := filepath.Join(p.directory, numbered+"."+label+p.extension)
		if !p.taken[path] {
			p.taken[path] = true
			return path, nil
		}
	}
}

// fileName makes a label fit for a file's name on every system.
func fileName(label string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-':
			return r
		case unicode.IsSpace(r) || r == '_':
			return '_'
		}
		return -1
	}, strings.TrimSpace(label))
	if runes := []rune(name); len(runes) > 60 {
		name = string(runes[:60])
	}
	if name == "" {
		return "class"
	}
	return name
}

// writeFile writes a whole file or nothing.
func writeFile(path string, data []byte) error {
	f, err := createAtomic(path)
	if err != nil {
		return err
	}
	defer f.discard()
	if _, err := f.Write(data); err != nil {
		return fmt.Errorf("writing %q: %w", path, bareError(err))
	}
	return f.commit()
}
