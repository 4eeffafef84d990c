package output

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bagnet/internal/hint"
	"bagnet/internal/text"
)

// Exists reports whether there is something at path.
func Exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// IsDirectory reports whether there is a directory at path.
func IsDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Check refuses files to write, the values of a flag: those with none of the extensions,
// those that cannot be written, and those that the run needs for something else (others).
func Check(flag string, outputs, extensions, others []string) error {
	for i, path := range outputs {
		if !slices.Contains(extensions, Extension(path)) {
			return hint.Refuse("%s %s: want a file that ends in .%s", flag, text.Path(path), strings.Join(extensions, " or ."))
		}
		for _, other := range slices.Concat(others, outputs[:i]) {
			if same(path, other) {
				return hint.Refuse("%s %s: that file is used for something else already: give another name", flag, text.Path(path))
			}
		}
		probe, err := Create(path)
		if err != nil {
			return fmt.Errorf("%s: %w", flag, err)
		}
		probe.Discard()
	}
	return nil
}

// Extension is how a file's name ends, in lower case and without the dot.
func Extension(path string) string {
	return strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
}

// Kind is the one of the kinds that path ends in, if it may be that of a file; else otherwise.
func Kind(path, otherwise string, kinds []string) string {
	if end := Extension(path); slices.Contains(kinds, end) && !endsInSeparator(path) && !IsDirectory(path) {
		return end
	}
	return otherwise
}

// same reports whether two paths lead to one file, which may not be there yet.
func same(a, b string) bool {
	if a == "" || b == "" {
		return false
	}
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return os.SameFile(infoA, infoB)
	}
	return filepath.Clean(a) == filepath.Clean(b)
}

// FollowLinks returns the path of the file that path leads to through symbolic
// links, which need not exist.
func FollowLinks(path string) string {
	for range 40 {
		link, err := os.Readlink(path)
		if err != nil {
			return path
		}
		if !filepath.IsAbs(link) {
			link = filepath.Join(filepath.Dir(path), link)
		}
		path = link
	}
	return path
}

// Holds reports whether the file at path holds what accept recognises by its first bytes,
// n of them, or there is no file yet.
func Holds(path string, n int64, accept func([]byte) bool) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	var begin []byte
	if err == nil {
		begin, err = head(path, n)
	}
	if err != nil {
		return false, fmt.Errorf("reading %q: %w", path, text.Reason(err))
	}
	return accept(begin), nil
}

// head returns the first n bytes of a file, fewer if it has fewer.
func head(path string, n int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, n))
}
