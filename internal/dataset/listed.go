package dataset

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"bagnet/internal/output"
)

// ListExtensions are the extensions of the files that list images and their classes.
var ListExtensions = []string{"csv", "tsv", "txt"}

// IsList reports whether an argument names a list of images and their
// classes.
func IsList(arg string) bool {
	extension, ok := strings.CutPrefix(strings.ToLower(filepath.Ext(arg)), ".")
	return ok && slices.Contains(ListExtensions, extension)
}

// expandClassList yields the images that a list of images and classes names, none if
// it is InOrder. A path without extension means the one image that has that path and an
// extension. It reports whether yield wants more.
func expandClassList(file string, yield func(Image) bool) bool {
	list, err := readList(file, nil)
	if err != nil {
		return yield(Image{Path: file, Err: err})
	}
	if list.InOrder {
		return true
	}
	var stems stemCounter
	for _, row := range list.Rows {
		m := Image{Path: listed(file, row.Path)}
		if !output.Exists(m.Path) {
			switch found := stems.images(m.Path); {
			case len(found) == 1:
				m.Path = found[0]
			case len(found) > 1:
				m.Err = fmt.Errorf("may be any of %s: list it with its extension", quotedNames(found))
			}
		}
		if !yield(m) {
			return false
		}
	}
	return true
}

// listed is the path of an image in a list: relative to the list's directory or,
// where that gives no file, to the working directory.
func listed(file, path string) string {
	if beside := filepath.Join(filepath.Dir(file), path); !filepath.IsAbs(path) && (output.Exists(beside) || !output.Exists(path)) {
		return beside
	}
	return path
}
