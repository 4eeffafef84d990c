package dataset

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"

	"bagnet/internal/hint"
	"bagnet/internal/images"
	"bagnet/internal/text"
)

// StdinName is the name under which an image from standard input appears.
const StdinName = "stdin"

// maxFileBytes bounds how much of one image file is held in memory.
const maxFileBytes = 1 << 30

// maxListLine bounds one path in a list of images.
const maxListLine = 1 << 20

// maxKnown is how many images are found before the first is worked on. Where
// there are more, the rest are found as they are needed, and nobody knows how
// many they are.
const maxKnown = 1_000_000

// An Image is one to read, or the reason why there is none.
type Image struct {
	Path    string    // as given, or found in a directory
	Root    string    // the directory that was given, "" for a file
	stdin   io.Reader // read instead of Path; nil for a file
	Data    []byte    // the file's contents where they are known already
	Err     error     // why it cannot be read, without the path
	Ordinal int       // its number among all, from 0, where List has numbered them
}

// Images are those that a request names, in order.
type Images struct {
	Seq   iter.Seq[Image]
	Total int // how many there are; -1 if only the end of the list will tell

	// Of a shard:
	Names string  // stands for what the whole has: 16 hexadecimal digits
	Whole *Images // what the shard is a part of
}

// Paths yields the images' paths with their numbers from 0. Only if Total is known can
// they be looked at before the images are taken: a stream has each image once.
func (in *Images) Paths() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		i := 0
		for image := range in.Seq {
			if !yield(i, image.Path) {
				return
			}
			i++
		}
	}
}

// foreknown finds the first images of seq, at most limit, now. If there are more, they
// follow as they are asked for.
func foreknown(seq iter.Seq[Image], limit int) *Images {
	var first []Image
	next, stop := iter.Pull(seq)
	for len(first) < limit {
		in, ok := next()
		if !ok {
			stop()
			return &Images{Seq: slices.Values(first), Total: len(first)}
		}
		first = append(first, in)
	}
	rest := func(yield func(Image) bool) {
		defer stop()
		for in, ok := next(); ok && yield(in); in, ok = next() {
		}
	}
	return &Images{Seq: concat(slices.Values(first), rest), Total: -1}
}

// imageFromStdin reads the one image of a request that names none.
func imageFromStdin(ctx context.Context, stdin io.Reader) (*Images, error) {
	type contents struct {
		data []byte
		err  error
	}
	read := make(chan contents, 1)
	go func() { // a blocked read must not hold up an interrupt
		data, err := readLimited(stdin, 0)
		read <- contents{data, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case c := <-read:
		if c.err == nil && len(c.data) == 0 {
			return nil, hint.Refuse("no image given, and standard input is empty")
		}
		in := Image{Path: StdinName, Data: c.data, Err: c.err}
		return &Images{Seq: slices.Values([]Image{in}), Total: 1}, nil
	}
}

// Request says which images are meant.
type Request struct {
	Args  []string // files, directories, "-" for an image on stdin
	Lists bool     // files among args that are IsList stand for the images they list
	List  string   // a file that names more, "-" for stdin; "" for none
	Null  bool     // its names end in a NUL byte instead of a newline
	Stdin io.Reader
	Shard Shard // of what all that names
}

// errStreamShard is the error about a shard of images that cannot be counted beforehand.
var errStreamShard = hint.Refuse("a shard of what comes from a stream: how much that is, only its end would tell: give files or directories")

// Find finds the images that a request names, and what its directories have beside
// them. Directories are walked here, except those in a list on standard input or
// another stream, which is read as it comes. With no image named, one is read from
// standard input.
func Find(ctx context.Context, r Request) (*Images, LeftOut, error) {
	left := LeftOut{}
	if r.Shard.Count > 0 && (len(r.Args) == 0 && r.List == "" || r.List == "-" || slices.Contains(r.Args, "-")) {
		return nil, left, errStreamShard
	}
	if len(r.Args) == 0 && r.List == "" {
		in, err := imageFromStdin(ctx, r.Stdin)
		return in, left, err
	}
	seq := fromArguments(ctx, r, left)
	if r.List == "-" {
		list := fromList(ctx, "the list on standard input", r.Stdin, r.Null, LeftOut{})
		return &Images{Seq: concat(seq, list), Total: -1}, left, nil
	}
	if r.List != "" {
		info, err := os.Stat(r.List)
		if err != nil {
			return nil, nil, hint.Refuse("opening list %q: %w", r.List, text.Reason(err))
		}
		if info.IsDir() {
			return nil, nil, hint.Refuse("opening list %q: it is a directory; give it as an argument", r.List)
		}
		seq = concat(seq, fromListFile(ctx, r.List, r.Null, left))
		if !info.Mode().IsRegular() {
			if r.Shard.Count > 0 {
				return nil, left, errStreamShard
			}
			return &Images{Seq: seq, Total: -1}, LeftOut{}, nil
		}
	}
	if r.Shard.Count > 0 {
		in, err := r.Shard.Cut(ctx, seq)
		return in, left, err
	}
	in := foreknown(seq, maxKnown)
	return in, left, ctx.Err()
}

// fromArguments yields the images that args name: files, directories, "-" and,
// if so asked, lists of images and classes.
func fromArguments(ctx context.Context, r Request, left LeftOut) iter.Seq[Image] {
	return func(yield func(Image) bool) {
		more := true
		for _, arg := range r.Args {
			switch {
			case arg == "-":
				more = yield(Image{Path: StdinName, stdin: r.Stdin})
			case r.Lists && IsList(arg):
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
func fromListFile(ctx context.Context, path string, null bool, left LeftOut) iter.Seq[Image] {
	return func(yield func(Image) bool) {
		file, err := os.Open(path)
		if err != nil {
			yield(Image{Path: path, Err: text.Reason(err)})
			return
		}
		defer file.Close()
		fromList(ctx, path, file, null, left)(yield)
	}
}

// fromList yields the images that a list names: one a line, or ended by NUL
// bytes. Empty names are skipped. name is for messages.
func fromList(ctx context.Context, name string, r io.Reader, null bool, left LeftOut) iter.Seq[Image] {
	return func(yield func(Image) bool) {
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
			yield(Image{Path: name, Err: text.Reason(err)})
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

// concat yields the images of the sequences, one sequence after the other.
func concat(seqs ...iter.Seq[Image]) iter.Seq[Image] {
	return func(yield func(Image) bool) {
		for _, seq := range seqs {
			for in := range seq {
				if !yield(in) {
					return
				}
			}
		}
	}
}

// Contents reads the bytes of an image file. The error is Err if that is set.
func (m Image) Contents() ([]byte, error) {
	switch {
	case m.Err != nil:
		return nil, m.Err
	case m.Data != nil:
		return m.Data, nil
	case m.stdin != nil:
		data, err := readLimited(m.stdin, 0)
		if err == nil && len(data) == 0 {
			err = errors.New("standard input is empty")
		}
		return data, err
	}
	f, err := os.Open(m.Path)
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

// List returns all images, numbered.
func (in *Images) List(ctx context.Context) ([]Image, error) {
	found := make(chan []Image, 1)
	go func() { // a blocked read must not hold up an interrupt
		var images []Image
		for i := range in.Seq {
			if len(images) > maxKnown {
				break
			}
			i.Ordinal = len(images)
			images = append(images, i)
		}
		found <- images
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case all := <-found:
		if len(all) > maxKnown {
			return nil, hint.Refuse("more than %d images: all of them have to be known beforehand: give fewer", maxKnown)
		}
		return all, nil
	}
}

// Sample returns n of the images, chosen at random by the seed, in their order; all
// if n is 0. The same seed chooses from the same images the same ones, and a smaller
// choice is part of a larger one.
func Sample(all []Image, n int, seed uint64) []Image {
	if n == 0 || n >= len(all) {
		return all
	}
	order := rand.New(rand.NewPCG(seed, 0)).Perm(len(all))[:n]
	slices.Sort(order)
	chosen := make([]Image, n)
	for i, ordinal := range order {
		chosen[i] = all[ordinal]
	}
	return chosen
}
