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
	"bagnet/internal/text"
)

// StdinName is the name under which an image from standard input appears.
const StdinName = "stdin"

// maxListLine bounds one path in a list of images.
const maxListLine = 1 << 20

// maxKnown is how many images are found before the first is worked on. Where
// there are more, the rest are found as they are needed, and nobody knows how
// many they are.
const maxKnown = 1_000_000

// maxHeld bounds the images of a stream that are held in memory where all have to be known.
const maxHeld = 1 << 30

// An Image is one to read, or the reason why there is none.
type Image struct {
	Path    string    // as given, or found in a directory
	Root    string    // the directory that was given, "" for a file
	stdin   io.Reader // read instead of Path; nil for a file
	Data    []byte    // the file's contents where they are known already
	Err     error     // why it cannot be read, without the path
	Ordinal int       // its number among all, from 0, where List has numbered them

	packed       bool   // it is a tar, whose images unpacked yields
	tar          string // the tar that has it, "" for none
	offset, size int64  // where in the tar it is
	label        *label // what the tar says that it shows, nil for nothing
}

// Images are those that a request names, in order.
type Images struct {
	Seq   iter.Seq[Image]
	Total int // how many there are; -1 if only the end of the list will tell

	// Of a shard:
	Names  string          // stands for what the whole has: 16 hexadecimal digits
	Whole  *Images         // what the shard is a part of
	Before iter.Seq[Image] // what the shards before this one have
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
	Args  []string // files, directories, tars, "-" for an image on stdin
	Tars  []string // tars whatever they are called, StreamName for one on stdin
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
	nothing := len(r.Args) == 0 && len(r.Tars) == 0 && r.List == ""
	if r.Shard.Count > 0 && (nothing || r.List == "-" || slices.Contains(r.Args, "-") || r.streams()) {
		return nil, left, errStreamShard
	}
	if nothing {
		in, err := imageFromStdin(ctx, r.Stdin)
		return in, left, err
	}
	seq := fromArguments(ctx, r, left)
	if r.List == "-" {
		list := fromList(ctx, "the list on standard input", r.Stdin, r.Null, LeftOut{})
		return &Images{Seq: unpacked(ctx, concat(seq, list), left), Total: -1}, left, nil
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
			return &Images{Seq: unpacked(ctx, seq, LeftOut{}), Total: -1}, LeftOut{}, nil
		}
	}
	if r.Shard.Count > 0 {
		in, err := r.Shard.cutTars(ctx, seq, left)
		return in, left, err
	}
	seq = unpacked(ctx, seq, left)
	if r.streams() {
		return &Images{Seq: seq, Total: -1}, left, nil
	}
	in := foreknown(seq, maxKnown)
	return in, left, ctx.Err()
}

// streams reports whether some of the images come from a tar that is read as it comes.
func (r Request) streams() bool {
	return slices.ContainsFunc(r.Tars, func(path string) bool { return path == StreamName || isStream(path) }) ||
		slices.ContainsFunc(r.Args, func(arg string) bool { return isTar(arg) && isStream(arg) })
}

// fromArguments yields the images that args name: files, directories, tars, "-" and, if so
// asked, lists of images and classes. Those of the tars that are named apart follow.
func fromArguments(ctx context.Context, r Request, left LeftOut) iter.Seq[Image] {
	return func(yield func(Image) bool) {
		more := true
		for _, arg := range r.Args {
			switch {
			case arg == "-":
				more = yield(Image{Path: StdinName, stdin: r.Stdin})
			case r.Lists && IsList(arg):
				more = expandClassList(arg, yield)
			case isTar(arg) && isStream(arg):
				more = expandStream(ctx, arg, left, yield)
			default:
				more = expand(ctx, arg, left, yield)
			}
			if !more {
				return
			}
		}
		for _, path := range r.Tars {
			names, err := shards(path)
			switch {
			case path == StreamName:
				more = streamTar(ctx, path, r.Stdin, left, yield)
			case isStream(path):
				more = expandStream(ctx, path, left, yield)
			case err != nil:
				more = yield(Image{Path: path, Err: err})
			case names != nil:
				more = yieldTars(names, yield)
			default:
				more = yield(Image{Path: path, packed: true})
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

// List returns all images, numbered.
func (in *Images) List(ctx context.Context) ([]Image, error) {
	type list struct {
		images []Image
		err    error
	}
	found := make(chan list, 1)
	go func() { // a blocked read must not hold up an interrupt
		images, err := in.list()
		found <- list{images, err}
	}()
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case all := <-found:
		return all.images, all.err
	}
}

// list is List without an interrupt.
func (in *Images) list() (images []Image, err error) {
	held := 0 // bytes
	for i := range in.Seq {
		if len(images) == maxKnown {
			return nil, hint.Refuse("more than %d images: all of them have to be known beforehand: give fewer", maxKnown)
		}
		if held += len(i.Data); held > maxHeld {
			return nil, hint.Refuse("the images of the stream have more than %d MiB: all of them have to be known beforehand: save the tar to a file", maxHeld>>20)
		}
		i.Ordinal = len(images)
		images = append(images, i)
	}
	return images, nil
}

// A Sampling says how the images of a run were chosen from others.
type Sampling struct {
	Of   int     `json:"of,omitempty"`   // images of which some were chosen, 0 if all were taken
	Seed *uint64 `json:"seed,omitempty"` // by which they were chosen, nil if all were taken
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

// AllMissing reports whether there are images and none of them can be found.
func AllMissing(all iter.Seq[Image]) bool {
	there := false
	for image := range all {
		if image.Err == nil {
			return false
		}
		there = true
	}
	return there
}
