package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maruel/natural"
)

// imageExtensions are those of the files that count as images in a directory;
// a file named explicitly is tried whatever it is called.
var imageExtensions = []string{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"}

func hasImageExtension(name string) bool {
	return slices.Contains(imageExtensions, strings.ToLower(filepath.Ext(name)))
}

// expand yields the image at path or, if that is a directory, the images in
// it and below it. It reports whether yield wants more.
func expand(ctx context.Context, path string, yield func(input) bool) bool {
	info, err := os.Stat(path)
	if err != nil {
		return yield(input{path: path, err: bareError(err)})
	}
	if !info.IsDir() {
		return yield(input{path: path})
	}
	canonical, err := filepath.EvalSymlinks(path)
	if err != nil {
		return yield(input{path: path, err: bareError(err)})
	}
	w := &walker{ctx: ctx, yield: yield, visited: make(map[string]bool)}
	if !w.walk(path, canonical) {
		return false
	}
	if w.found == 0 {
		err := errors.New("no images in this directory (files ending in " + strings.Join(imageExtensions, ", ") + ")")
		return yield(input{path: path, err: err})
	}
	return true
}

// walker finds the images below one directory. Names are in natural order
// within each directory; hidden files and directories are skipped. Symbolic
// links are followed, but no directory is entered twice, so loops end.
type walker struct {
	ctx     context.Context
	yield   func(input) bool
	visited map[string]bool // directories, by canonical path
	found   int             // images and unreadable directories
}

// walk yields the images in the directory path, whose path without symbolic
// links is canonical. It reports whether to go on.
func (w *walker) walk(path, canonical string) bool {
	if w.visited[canonical] {
		return true
	}
	w.visited[canonical] = true
	if w.ctx.Err() != nil {
		return false
	}
	entries, err := os.ReadDir(path)
	if err != nil && !w.emit(input{path: path, err: bareError(err)}) {
		return false
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int {
		return cmp.Or(natural.Compare(a.Name(), b.Name()), strings.Compare(a.Name(), b.Name()))
	})
	for _, entry := range entries {
		name := entry.Name()
		if name[0] != '.' && !w.visit(join(path, name), filepath.Join(canonical, name), entry) {
			return false
		}
	}
	return true
}

// visit yields the image at path, walks the directory there, or skips what is
// neither.
func (w *walker) visit(path, canonical string, entry fs.DirEntry) bool {
	mode := entry.Type()
	if mode&fs.ModeSymlink != 0 {
		target, err := filepath.EvalSymlinks(canonical)
		if err != nil { // a broken link matters only if it was meant to be an image
			return !hasImageExtension(path) || w.emit(input{path: path, err: bareError(err)})
		}
		info, err := os.Stat(target)
		if err != nil {
			return w.emit(input{path: path, err: bareError(err)})
		}
		canonical, mode = target, info.Mode().Type()
	}
	switch {
	case mode.IsDir():
		return w.walk(path, canonical)
	case mode.IsRegular() && hasImageExtension(path):
		return w.emit(input{path: path})
	}
	return true
}

func (w *walker) emit(in input) bool {
	w.found++
	return w.yield(in)
}

// join is filepath.Join keeping dir as the user wrote it ("./photos").
func join(dir, name string) string {
	if os.IsPathSeparator(dir[len(dir)-1]) {
		return dir + name
	}
	return dir + string(filepath.Separator) + name
}
