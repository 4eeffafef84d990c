package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/hint"
	"bagnet/internal/images"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// stdinName is the name under which an image from standard input appears.
const stdinName = "stdin"

// maxFileBytes bounds how much of one image file is held in memory.
const maxFileBytes = 1 << 30

// maxListLine bounds one path in a list of images.
const maxListLine = 1 << 20

// maxKnown is how many images are found before the first is worked on. Where
// there are more, the rest are found as they are needed, and nobody knows how
// many they are.
const maxKnown = 1_000_000

// input is one image to read, or the reason why there is none.
type input struct {
	path  string // as given, or found in a directory
	root  string // the directory that was given, "" for a file
	stdin bool   // read standard input instead of path
	data  []byte // the file's contents where they are known already
	err   error  // why this input cannot be read, without the path
}

// inputs are the images of a command line, in order.
type inputs struct {
	seq   iter.Seq[input]
	total int // how many there are; -1 if only the end of the list will tell
}

// paths are the images' places from 0 and paths, for what has to look at all
// beforehand, which it can only if total is known.
func (in *inputs) paths() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		i := 0
		for image := range in.seq {
			if !yield(i, image.path) {
				return
			}
			i++
		}
	}
}

// inputFlags are the ways to name images beside arguments.
type inputFlags struct {
	filesFrom string
	null      bool
	lists     bool // arguments that are isClassList stand for the images they list
}

func (f *inputFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.filesFrom, "files-from", "", "read the names of images from `FILE`, one a line; - for standard input")
	cmd.Flags().BoolVarP(&f.null, "null", "0", false, "names in --files-from end in a NUL byte instead of a newline")
}

// resolve finds the images that args and the flags name. Directories are
// walked here, except those in a list on standard input or another stream, which
// is read as it comes. With no image named, an image is read from standard input
// unless that is a terminal or empty: then the command line is wrong.
func (f *inputFlags) resolve(ctx context.Context, s *terminal.Streams, args []string) (*inputs, error) {
	if f.null && f.filesFrom == "" {
		return nil, usageErrorf("--null needs --files-from")
	}
	stdinImages := 0
	for _, arg := range args {
		if arg == "-" {
			stdinImages++
		}
	}
	switch {
	case stdinImages > 1:
		return nil, usageErrorf("standard input holds one image, but - was given %d times", stdinImages)
	case stdinImages == 1 && f.filesFrom == "-":
		return nil, usageErrorf("standard input cannot be both an image (-) and a list (--files-from -)")
	case len(args) == 0 && f.filesFrom == "":
		return imageFromStdin(ctx, s)
	}

	left := leftOut{}
	seq := fromArguments(ctx, args, f.lists, left)
	if f.filesFrom == "-" {
		list := fromList(ctx, "the list on standard input", s.In, f.null, leftOut{})
		return &inputs{seq: concat(seq, list), total: -1}, nil
	}
	if f.filesFrom != "" {
		info, err := os.Stat(f.filesFrom)
		if err != nil {
			return nil, usageErrorf("opening list %q: %w", f.filesFrom, text.Reason(err))
		}
		if info.IsDir() {
			return nil, usageErrorf("opening list %q: it is a directory; give it as an argument", f.filesFrom)
		}
		seq = concat(seq, fromListFile(ctx, f.filesFrom, f.null, left))
		if !info.Mode().IsRegular() {
			return &inputs{seq: seq, total: -1}, nil
		}
	}
	in := foreknown(seq, maxKnown)
	left.report(s)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return in, nil
}

// foreknown finds the first images of seq, at most limit. If that is not all, the
// rest of seq follows as it is asked for.
func foreknown(seq iter.Seq[input], limit int) *inputs {
	var first []input
	next, stop := iter.Pull(seq)
	for len(first) < limit {
		in, ok := next()
		if !ok {
			stop()
			return &inputs{seq: slices.Values(first), total: len(first)}
		}
		first = append(first, in)
	}
	rest := func(yield func(input) bool) {
		defer stop()
		for in, ok := next(); ok && yield(in); in, ok = next() {
		}
	}
	return &inputs{seq: concat(slices.Values(first), rest), total: -1}
}

// noneThere reports inputs of which none can be found, a mistyped directory say:
// a run that can only fail must not replace the results of another.
func noneThere[T any](s *terminal.Streams, all []T, of func(T) input) error {
	if len(all) == 0 || slices.ContainsFunc(all, func(t T) bool { return of(t).err == nil }) {
		return nil
	}
	for _, t := range all {
		s.Errorf("%s: %v", text.Path(of(t).path), of(t).err)
	}
	return alreadyReported
}

// imageFromStdin reads the one image of a command line that names none.
func imageFromStdin(ctx context.Context, s *terminal.Streams) (*inputs, error) {
	noImage := hint.Add(usageErrorf("no image given"), "give files, directories, or - for standard input")
	if terminal.Is(s.In) {
		return nil, noImage
	}
	type contents struct {
		data []byte
		err  error
	}
	read := make(chan contents, 1)
	go func() { // a blocked read must not hold up an interrupt
		data, err := readLimited(s.In, 0)
		read <- contents{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case c := <-read:
		if c.err == nil && len(c.data) == 0 {
			return nil, usageErrorf("no image given, and standard input is empty")
		}
		in := input{path: stdinName, data: c.data, err: c.err}
		return &inputs{seq: slices.Values([]input{in}), total: 1}, nil
	}
}

// fromArguments yields the images that args name: files, directories, "-" and,
// if so asked, lists of images and classes.
func fromArguments(ctx context.Context, args []string, lists bool, left leftOut) iter.Seq[input] {
	return func(yield func(input) bool) {
		more := true
		for _, arg := range args {
			switch {
			case arg == "-":
				more = yield(input{path: stdinName, stdin: true})
			case lists && isClassList(arg):
				more = expandClassList(arg, yield)
			default:
				more = expand(ctx, arg, left, yield)
			}
			if !more {
				return
			}
		}
	}
}

// fromListFile yields the images that the list in a file names. The file is
// opened when the first one is asked for.
func fromListFile(ctx context.Context, path string, null bool, left leftOut) iter.Seq[input] {
	return func(yield func(input) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(input{path: path, err: text.Reason(err)})
			return
		}
		defer file.Close()
		fromList(ctx, path, file, null, left)(yield)
	}
}

// fromList yields the images that a list names: one a line, or ended by NUL
// bytes. Empty names are skipped. name is for messages.
func fromList(ctx context.Context, name string, r io.Reader, null bool, left leftOut) iter.Seq[input] {
	return func(yield func(input) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, maxListLine)
		if null {
			lines.Split(splitNull)
		}
		for first := true; lines.Scan(); first = false {
			path := lines.Text()
			if first {
				path = strings.TrimPrefix(path, "\ufeff") // the mark that Windows editors leave
			}
			if path != "" && !expand(ctx, path, left, yield) {
				return
			}
		}
		if err := lines.Err(); err != nil {
			if errors.Is(err, bufio.ErrTooLong) {
				err = fmt.Errorf("a name is longer than %d bytes; is this a list of images?", maxListLine)
			}
			yield(input{path: name, err: text.Reason(err)})
		}
	}
}

// splitNull is a bufio.SplitFunc for items that end in a NUL byte, which the
// last one may lack.
func splitNull(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, 0); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF && len(data) > 0 {
		return len(data), data, nil
	}
	return 0, nil, nil
}

func concat(seqs ...iter.Seq[input]) iter.Seq[input] {
	return func(yield func(input) bool) {
		for _, seq := range seqs {
			for in := range seq {
				if !yield(in) {
					return
				}
			}
		}
	}
}

// contents reads the bytes of an image file.
func (in input) contents(s *terminal.Streams) ([]byte, error) {
	switch {
	case in.err != nil:
		return nil, in.err
	case in.data != nil:
		return in.data, nil
	case in.stdin:
		data, err := readLimited(s.In, 0)
		if err == nil && len(data) == 0 {
			err = errors.New("standard input is empty")
		}
		return data, err
	}
	f, err := os.Open(in.path)
	if err != nil {
		return nil, text.Reason(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, text.Reason(err)
	}
	if info.IsDir() {
		return nil, errors.New("is a directory")
	}
	return readLimited(f, info.Size())
}

// readLimited reads an image from r to its end, which must come within
// maxFileBytes. size is how many bytes to expect, 0 if unknown. Of what does not
// begin like an image only the beginning is read.
func readLimited(r io.Reader, size int64) ([]byte, error) {
	var buf bytes.Buffer
	if size <= maxFileBytes {
		if _, err := io.CopyN(&buf, r, images.MagicBytes); err == io.EOF {
			return buf.Bytes(), nil // whatever is wrong with it, Decode says it
		} else if err != nil {
			return nil, fmt.Errorf("reading: %w", text.Reason(err))
		}
		if err := images.Detect(buf.Bytes()); err != nil {
			return nil, err
		}
		buf.Grow(int(size) + bytes.MinRead)
		if _, err := buf.ReadFrom(io.LimitReader(r, maxFileBytes+1)); err != nil {
			return nil, fmt.Errorf("reading: %w", text.Reason(err))
		}
	}
	if size > maxFileBytes || buf.Len() > maxFileBytes {
		return nil, fmt.Errorf("the file is larger than %d MiB, too large for an image", maxFileBytes>>20)
	}
	return buf.Bytes(), nil
}
