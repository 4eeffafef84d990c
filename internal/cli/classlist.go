package cli

import (
	"os"
	"path/filepath"
	"strings"
)

// isClassList reports whether an argument names a CSV file of images and their
// classes.
func isClassList(arg string) bool {
	extension := strings.ToLower(filepath.Ext(arg))
	return extension == ".csv" || extension == ".tsv"
}

// expandClassList yields the images that a CSV file lists, their paths read
// relative to its directory or, where that gives no file, to the working
// directory. It reports whether yield wants more.
func expandClassList(file string, yield func(input) bool) bool {
	rows, err := truthRows(file)
	if err != nil {
		return yield(input{path: file, err: err})
	}
	for _, row := range rows {
		path := row.path
		if beside := filepath.Join(filepath.Dir(file), path); !filepath.IsAbs(path) && (exists(beside) || !exists(path)) {
			path = beside
		}
		if !yield(input{path: path}) {
			return false
		}
	}
	return true
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
