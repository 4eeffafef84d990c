package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// inputFlags are the ways to name images beside arguments.
type inputFlags struct {
	filesFrom string
	null      bool
	tars      []string
	lists     bool // arguments that are dataset.IsList stand for the images they list
	shard     dataset.Shard
}

func (f *inputFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.filesFrom, "files-from", "", "read the names of images from `FILE`, one a line; - for standard input")
	cmd.Flags().BoolVarP(&f.null, "null", "0", false, "names in --files-from end in a NUL byte instead of a newline")
	cmd.Flags().StringArrayVar(&f.tars, "tar", nil, "take the images in the tar `FILE`, whatever it is called; - for a tar on standard input (repeatable)")
	complete(cmd, "tar", cobra.FixedCompletions([]cobra.Completion{dataset.TarExtension}, cobra.ShellCompDirectiveFilterFileExt))
}

// none reports whether no images are named.
func (f *inputFlags) none(args []string) bool {
	return len(args) == 0 && len(f.tars) == 0 && f.filesFrom == ""
}

// resolve finds the images that args and the flags name. With no image named, an
// image is read from standard input unless that is a terminal or empty: then the
// command line is wrong.
func (f *inputFlags) resolve(ctx context.Context, s *terminal.Streams, args []string) (*dataset.Images, error) {
	if f.null && f.filesFrom == "" {
		return nil, usageErrorf("--null needs --files-from")
	}
	count := func(names []string) int {
		return len(slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name != "-" }))
	}
	images, tars := count(args), count(f.tars)
	switch {
	case images > 1:
		return nil, usageErrorf("standard input holds one image, but - was given %d times", images)
	case tars > 1:
		return nil, usageErrorf("--tar -: standard input holds one tar, but was given %d times", tars)
	case images == 1 && f.filesFrom == "-":
		return nil, usageErrorf("standard input cannot be both an image (-) and a list (--files-from -)")
	case tars == 1 && images == 1:
		return nil, usageErrorf("standard input cannot be both an image (-) and a tar (--tar -)")
	case tars == 1 && f.filesFrom == "-":
		return nil, usageErrorf("standard input cannot be both a tar (--tar -) and a list (--files-from -)")
	case tars == 1 && terminal.Is(s.In):
		return nil, hint.Add(usageErrorf("--tar -: standard input is a terminal"), "pipe a tar into it")
	case f.none(args) && terminal.Is(s.In):
		return nil, hint.Add(usageErrorf("no image given"), "give files, directories, tars, or - for standard input")
	}

	in, left, err := dataset.Find(ctx, dataset.Request{Args: args, Tars: f.tars, Lists: f.lists, List: f.filesFrom, Null: f.null, Stdin: s.In, Shard: f.shard})
	if what := left.Warning(); what != "" {
		s.Warnf("%s", what)
	}
	if err != nil {
		return nil, err
	}
	in.Seq = withAdvice(in.Seq)
	return in, nil
}

// withAdvice says in the errors of compressed tars what to do about them.
func withAdvice(all iter.Seq[dataset.Image]) iter.Seq[dataset.Image] {
	return func(yield func(dataset.Image) bool) {
		for image := range all {
			if c, ok := errors.AsType[*dataset.Compressed](image.Err); ok && image.Path == dataset.StreamName {
				image.Err = fmt.Errorf("%w: put %s -dc before bagnet in the pipe", c, c.By)
			} else if ok {
				image.Err = fmt.Errorf("%w: %s -dc %s | bagnet ... --tar -", c, c.By, text.Path(image.Path))
			}
			if !yield(image) {
				return
			}
		}
	}
}

// noneThere reports all images if none of them can be found, for a mistyped directory say:
// a run that can only fail must not replace the results of another.
func noneThere(s *terminal.Streams, all iter.Seq[dataset.Image]) error {
	if !dataset.AllMissing(all) {
		return nil
	}
	for image := range all {
		s.Errorf("%s: %v", text.Path(image.Path), image.Err)
	}
	return alreadyReported
}

// refusal is t.Refusal with the way out: names for the two classes of the one output.
func refusal(t *dataset.Truth) error {
	if err := t.Refusal(); err != nil {
		return hint.Add(err, "give --labels FILE whose first line is what the positive class is called, and the second the negative one: for 1 and 0, the lines 1 and 0; or name them positive and negative")
	}
	return nil
}

// checkLabelled refuses arguments that name no images, or one that no list and no
// directory can say the class of. example is for the hint.
func (f *inputFlags) checkLabelled(args []string, example string) error {
	switch {
	case slices.Contains(args, "-"):
		return usageErrorf("an image on standard input has no known class: give directories or a CSV file")
	case f.none(args):
		return hint.Add(usageErrorf("no images given"), "give a directory with one directory for each class, or a CSV file of path,label%s", example)
	}
	return nil
}

// listsOf returns the lists that say what images show: those of --truth, and arguments.
func listsOf(truth, args []string) []string {
	return append(slices.Clone(truth), slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return !dataset.IsList(arg) })...)
}
