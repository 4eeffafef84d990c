package dataset

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/maruel/natural"

	"bagnet/internal/text"
)

// imageExtensions are those of the files that count as images in a directory;
// a file named explicitly is tried whatever it is called.
var imageExtensions = []string{".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".ppm", ".pgm", ".pbm", ".pnm"}

// isImage reports whether a file's name ends like an image's.
func isImage(name string) bool {
	return slices.Contains(imageExtensions, strings.ToLower(filepath.Ext(name)))
}

// expand yields the image or the tar at path or, if that is a directory, those in it and
// below it. It reports whether yield wants more. left is told what a directory with images
// has beside.
func expand(ctx context.Context, path string, left LeftOut, yield func(Image) bool) bool {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if names, tooMany := shards(path); names != nil {
			return yieldTars(names, yield)
		} else if tooMany != nil {
			err = tooMany
		}
	}
	switch {
	case err != nil:
		return yield(Image{Path: path, Err: text.Reason(err)})
	case info.IsDir():
		return expandDirectory(ctx, path, left, yield)
	case isTar(path), isCompressedTar(path):
		return yield(Image{Path: path, packed: true})
	}
	return yield(Image{Path: path})
}

// expandDirectory is expand for a directory.
func expandDirectory(ctx context.Context, path string, left LeftOut, yield func(Image) bool) bool {
	canonical, err := filepath.EvalSymlinks(path)
	if err != nil {
		return yield(Image{Path: path, Err: text.Reason(err)})
	}
	w := &walker{ctx: ctx, root: path, yield: yield, followed: make(map[[2]string]bool), left: LeftOut{}}
	if !w.walk(path, canonical) {
		return false
	}
	if w.found == 0 {
		return yield(Image{Path: path, Err: noImages("directory", w.left)})
	}
	left.add(w.left)
	return true
}

// noImages says that there are none in a directory or a tar, which what says, and what is
// there instead.
func noImages(what string, left LeftOut) error {
	reason := "no images in this " + what + " (files ending in " + strings.Join(imageExtensions, ", ") + ")"
	if len(left) > 0 {
		reason += ", but " + left.String() + ": convert them to JPEG or PNG"
	}
	return errors.New(reason)
}

// leftExtensions are those of pictures and films that this program cannot read. Where a
// directory has such files, a user should know that they are left out.
var leftExtensions = []string{
	".heic", ".heif", ".hif", ".avif", ".jxl", ".jp2", ".j2k", ".jpf", ".jpx", ".pfm",
	".psd", ".xcf", ".raw", ".cr2", ".cr3", ".nef", ".dng", ".arw", ".orf", ".rw2", ".raf", ".svg", ".eps", ".ico", ".tga",
	".exr", ".hdr", ".dds", ".pcx", ".qoi", ".dcm", ".jpg_large", ".mov", ".mp4", ".avi", ".mkv", ".webm",
}

// LeftOut counts the files of directories that end in one of leftExtensions, by extension.
type LeftOut map[string]int

// add adds more's counts to l's.
func (l LeftOut) add(more LeftOut) {
	for extension, files := range more {
		l[extension] += files
	}
}

// String is like "2 .heic, 1 .mov", the most first.
func (l LeftOut) String() string {
	var kinds []string
	for _, extension := range slices.SortedFunc(maps.Keys(l), func(a, b string) int {
		return cmp.Or(l[b]-l[a], cmp.Compare(a, b))
	}) {
		kinds = append(kinds, fmt.Sprintf("%d %s", l[extension], extension))
	}
	return strings.Join(kinds, ", ")
}

// Warning says what was left out, "" if nothing was.
func (l LeftOut) Warning() string {
	n := 0
	for _, files := range l {
		n += files
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("left out %s: %s: convert them to JPEG or PNG", text.Count(n, "file", "files"), l)
}

// walker finds the images below one directory. Names are in natural order
// within each directory; hidden files and directories are skipped. Symbolic
// links are followed, each once by each link that led there first, and never to a
// directory that they are in: so loops end, and what several links lead to counts
// for each.
type walker struct {
	ctx      context.Context
	root     string // the directory, as given
	yield    func(Image) bool
	inside   []string           // canonical paths of the directories being walked, from the root
	links    []string           // canonical paths of the links followed to the one at hand
	followed map[[2]string]bool // links, by the first one followed and their own canonical path
	found    int                // images and unreadable directories
	left     LeftOut
}

// walk yields the images in the directory path, whose path without symbolic
// links is canonical. It reports whether to go on.
func (w *walker) walk(path, canonical string) bool {
	if slices.Contains(w.inside, canonical) {
		return true
	}
	w.inside = append(w.inside, canonical)
	defer func() { w.inside = w.inside[:len(w.inside)-1] }()
	if w.ctx.Err() != nil {
		return false
	}
	entries, err := os.ReadDir(path)
	if err != nil && !w.emit(Image{Path: path, Err: text.Reason(err)}) {
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

// visit yields the image or the tar at path, or walks the directory; it
// skips what is none of them.
func (w *walker) visit(path, canonical string, entry fs.DirEntry) bool {
	mode := entry.Type()
	if mode&fs.ModeSymlink != 0 {
		target, err := filepath.EvalSymlinks(canonical)
		if err != nil { // a broken link matters only if it was meant to be an image
			return !isImage(path) || w.emit(Image{Path: path, Err: text.Reason(err)})
		}
		info, err := os.Stat(target)
		if err != nil {
			return w.emit(Image{Path: path, Err: text.Reason(err)})
		}
		if info.IsDir() {
			return w.follow(path, canonical, target)
		}
		mode = info.Mode().Type()
	}
	switch {
	case mode.IsDir():
		return w.walk(path, canonical)
	case mode.IsRegular() && isImage(path):
		return w.emit(Image{Path: path})
	case mode.IsRegular() && isTar(path):
		return w.emit(Image{Path: path, packed: true})
	case mode.IsRegular():
		if extension := strings.ToLower(filepath.Ext(path)); slices.Contains(leftExtensions, extension) {
			w.left[extension]++
		}
	}
	return true
}

// follow walks the directory target, to which the link at path leads.
func (w *walker) follow(path, link, target string) bool {
	w.links = append(w.links, link)
	defer func() { w.links = w.links[:len(w.links)-1] }()
	way := [2]string{w.links[0], link}
	if w.followed[way] {
		return true
	}
	w.followed[way] = true
	return w.walk(path, target)
}

// emit yields an image or a tar that lies below the root.
func (w *walker) emit(m Image) bool {
	w.found++
	m.Root = w.root
	return w.yield(m)
}

// join is filepath.Join keeping dir as the user wrote it ("./photos").
func join(dir, name string) string {
	if os.IsPathSeparator(dir[len(dir)-1]) {
		return dir + name
	}
	return dir + string(filepath.Separator) + name
}
