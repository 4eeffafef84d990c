package dataset

import (
	"archive/tar"
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bagnet/internal/text"
)

// maxTarName bounds the bytes of a name in a tar.
const maxTarName = 4 << 10

// A tarReader finds the images in a tar. Those of a file are read when they are needed,
// those of a stream as it comes.
type tarReader struct {
	cursor
	ctx   context.Context
	path  string
	root  string
	size  int64 // of the file
	yield func(Image) bool
	left  LeftOut
	found int  // images
	begun bool // it is a tar, by how it begins or as there is a member
	tarSample
}

// yieldTars yields the tars at paths, for unpacked. It reports whether yield wants more.
func yieldTars(paths []string, yield func(Image) bool) bool {
	for _, path := range paths {
		if !yield(Image{Path: path, packed: true}) {
			return false
		}
	}
	return true
}

// unpacked yields the images of seq, and for each tar those in it, or what is wrong with
// it. left is told what tars with images have beside.
func unpacked(ctx context.Context, seq iter.Seq[Image], left LeftOut) iter.Seq[Image] {
	return func(yield func(Image) bool) {
		for m := range seq {
			if !m.packed {
				if !yield(m) {
					return
				}
				continue
			}
			t := &tarReader{ctx: ctx, path: m.Path, root: cmp.Or(m.Root, m.Path), yield: yield, left: LeftOut{}}
			if !t.open() || m.Root == "" && !t.account() {
				return
			}
			if t.found > 0 {
				left.add(t.left)
			}
		}
	}
}

// streamTar yields the images of a stream called name, as unpacked does.
func streamTar(ctx context.Context, name string, r io.Reader, left LeftOut, yield func(Image) bool) bool {
	t := &tarReader{ctx: ctx, path: name, root: name, yield: yield, left: LeftOut{}}
	t.r = bufio.NewReaderSize(r, streamAhead)
	if !t.read() || !t.account() {
		return false
	}
	if t.found > 0 {
		left.add(t.left)
	}
	return true
}

// expandStream is streamTar for a file that is a stream.
func expandStream(ctx context.Context, path string, left LeftOut, yield func(Image) bool) bool {
	f, err := os.Open(path)
	if err != nil {
		return yield(Image{Path: path, Err: text.Reason(err)})
	}
	defer f.Close()
	return streamTar(ctx, path, f, left, yield)
}

// account says so if nothing was found.
func (t *tarReader) account() bool {
	return t.found > 0 || t.yield(Image{Path: t.path, Err: noImages("tar", t.left)})
}

// open reads the file at t.path. It reports whether t.yield wants more.
func (t *tarReader) open() bool {
	f, err := os.Open(t.path)
	if err != nil {
		return t.fail(text.Reason(err))
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return t.fail(text.Reason(err))
	case info.IsDir():
		return t.fail(errors.New("it is a directory"))
	case !info.Mode().IsRegular():
		return t.fail(errors.New("it is not a regular file: a tar that is a stream has to be given by itself"))
	}
	t.file, t.size = f, info.Size()
	t.r = bufio.NewReaderSize(f, fileAhead)
	return t.read()
}

// fail reports what is wrong with the tar in the place of the images that it has not
// given.
func (t *tarReader) fail(err error) bool {
	t.found++
	return t.yield(Image{Path: t.path, Root: t.root, Err: err})
}

// read yields the images of the tar, and of those that follow it, and then what is
// wrong with it.
func (t *tarReader) read() bool {
	start, err := t.r.Peek(blockSize)
	if err != nil && err != io.EOF {
		return t.fail(fmt.Errorf("reading: %w", text.Reason(err)))
	}
	if err := checkTar(start); err != nil {
		return t.fail(err)
	}
	t.begun = len(start) == blockSize && string(start[257:262]) == "ustar"
	r := tar.NewReader(t)
	for {
		header, err := r.Next()
		more := true
		switch {
		case err == io.EOF && t.ended() && t.another():
			r = tar.NewReader(t)
			continue
		case err == nil, errors.Is(err, tar.ErrInsecurePath): // which is no danger to a name that is only shown
			more, err = t.member(r, header)
		}
		switch {
		case err != nil:
			return t.flush("") && t.finish(err)
		case !more || t.ctx.Err() != nil:
			return false
		}
	}
}

// finish reports an error of tar.Reader, unless it is the tar's proper end.
func (t *tarReader) finish(err error) bool {
	if err = t.explain(err); err != nil {
		return t.fail(err)
	}
	return true
}

// explain says in an error of tar.Reader where the tar is broken; nil if it ends as it
// should.
func (t *tarReader) explain(err error) error {
	switch {
	case t.broken != nil:
		return fmt.Errorf("reading the tar broke off at byte %d: %w", t.at, text.Reason(t.broken))
	case err == io.EOF && t.ended():
		return nil
	case err == io.EOF:
		return fmt.Errorf("the tar ends at byte %d without the mark of its end: it may be cut off there", t.at)
	case !t.begun:
		return errors.New("it is not a tar")
	case errors.Is(err, io.ErrUnexpectedEOF) && t.file != nil:
		return fmt.Errorf("the tar is cut off at byte %d", min(t.at, t.size))
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the tar is cut off at byte %d", t.at)
	}
	reason := strings.TrimPrefix(err.Error(), "archive/tar: ")
	return fmt.Errorf("the tar is broken before byte %d: %s", t.at, reason)
}

// member takes up one member of the tar. It reports whether t.yield wants more. The
// errors are those of the tar.
func (t *tarReader) member(r *tar.Reader, h *tar.Header) (more bool, err error) {
	t.begun = true
	t.end, t.sparse = t.at, isSparse(h)
	if !t.sparse {
		t.end += h.Size
	}
	name := shownName(h.Name)
	image := isImage(name)
	extension := strings.ToLower(filepath.Ext(name))
	switch h.Typeflag {
	case tar.TypeReg, tar.TypeCont, tar.TypeGNUSparse:
	case tar.TypeLink, tar.TypeSymlink:
		if !image {
			return true, nil
		}
	default:
		return true, nil
	}
	switch {
	case image:
	case slices.Contains(leftExtensions, extension):
		t.left[extension]++
		return true, nil
	case extension != ".cls" && extension != ".json", len(name) > maxTarName:
		return true, nil
	}
	shown := name
	if len(name) > maxTarName {
		shown = strings.ToValidUTF8(name[:maxTarName], "")
	}
	if !t.join(shown, h.Size) {
		return false, nil
	}
	if !image {
		return true, t.describe(r, name)
	}
	m, err := t.image(r, h, name)
	if err == nil {
		m.Path = t.path + "/" + shown
		t.images = append(t.images, waiting{m, shown})
		t.bytes += int64(len(m.Data))
	}
	return true, err
}

// join makes the file of that name and size one of the sample, or the first of another.
// It reports whether t.yield wants more.
func (t *tarReader) join(name string, size int64) bool {
	switch {
	case t.begins(name):
		if !t.flush("") {
			return false
		}
		t.key, t.labels = keyOf(name), map[string]labels{}
	case t.full(name, size):
		if !t.flush(stem(name)) {
			return false
		}
	}
	t.names[name] = true
	return true
}

// image is the image at hand, called name, without its path.
func (t *tarReader) image(r *tar.Reader, h *tar.Header, name string) (Image, error) {
	m := Image{Root: t.root, tar: t.path, offset: t.at, size: h.Size}
	switch {
	case len(name) > maxTarName:
		m.Err = fmt.Errorf("its name is longer than %d bytes", maxTarName)
	case h.Typeflag == tar.TypeLink || h.Typeflag == tar.TypeSymlink:
		m.Err = errors.New("it is a link, and links in a tar are not followed: pack the file itself")
	case t.sparse:
		m.Err = errors.New("it is packed as a sparse file, without its zeros: pack it whole")
	case t.file != nil && (h.Size > t.size || t.at > t.size-h.Size):
		t.at = t.size // where reading it would end
		return m, io.ErrUnexpectedEOF
	case t.file == nil:
		m.Data, m.Err = readLimited(r, h.Size)
		if _, err := io.Copy(io.Discard, r); err != nil { // a tar that breaks off in the image has it not
			return m, err
		}
		if m.Data == nil {
			m.Data = []byte{}
		}
	}
	return m, nil
}

// isSparse reports whether a member is stored without its zeros.
func isSparse(h *tar.Header) bool {
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return h.Typeflag == tar.TypeGNUSparse
}

// describe takes up the file at hand, which says what images show.
func (t *tarReader) describe(r *tar.Reader, name string) error {
	isJSON := strings.EqualFold(filepath.Ext(name), ".json")
	limit := int64(maxClass)
	if isJSON {
		limit = maxJSON
	}
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return err
	}
	says := t.labels[stem(name)]
	if isJSON {
		says.json = jsonLabel(data)
	} else {
		says.class = newLabel(string(data), ".cls")
	}
	t.labels[stem(name)] = says
	return nil
}

// flush yields the images of the sample, whose labels are known as far as they will be.
// The sample may go on: keep is the name without extension of the file that comes next.
func (t *tarReader) flush(keep string) bool {
	images, says := t.images, t.labels
	for i := range images {
		images[i].label = t.label(images[i].name)
	}
	t.images, t.bytes, t.names, t.labels = nil, 0, map[string]bool{}, map[string]labels{}
	for _, name := range []string{t.key, keep} {
		if l, ok := says[name]; ok {
			t.labels[name] = l
		}
	}
	for _, m := range images {
		t.found++
		if !t.yield(m.Image) {
			return false
		}
	}
	return true
}
