package cli

import (
	"context"
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
	lists     bool // arguments that are dataset.IsList stand for the images they list
	shard     dataset.Shard
}

func (f *inputFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.filesFrom, "files-from", "", "read the names of images from `FILE`, one a line; - for standard input")
	cmd.Flags().BoolVarP(&f.null, "null", "0", false, "names in --files-from end in a NUL byte instead of a newline")
}

// resolve finds the images that args and the flags name. With no image named, an
// image is read from standard input unless that is a terminal or empty: then the
// command line is wrong.
func (f *inputFlags) resolve(ctx context.Context, s *terminal.Streams, args []string) (*dataset.Images, error) {
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
		if terminal.Is(s.In) {
			return nil, hint.Add(usageErrorf("no image given"), "give files, directories, or - for standard input")
		}
	}

	in, left, err := dataset.Find(ctx, dataset.Request{Args: args, Lists: f.lists, List: f.filesFrom, Null: f.null, Stdin: s.In, Shard: f.shard})
	if what := left.Warning(); what != "" {
		s.Warnf("%s", what)
	}
	return in, err
}

// noneThere reports all images if none of them can be found, for a mistyped directory say:
// a run that can only fail must not replace the results of another.
func noneThere(s *terminal.Streams, all iter.Seq[dataset.Image]) error {
	none := false
	for image := range all {
		if image.Err == nil {
			return nil
		}
		none = true
	}
	if !none {
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
	case len(args) == 0 && f.filesFrom == "":
		return hint.Add(usageErrorf("no images given"), "give a directory with one directory for each class, or a CSV file of path,label%s", example)
	}
	return nil
}

// listsOf returns the lists that say what images show: those of --truth, and arguments.
func listsOf(truth, args []string) []string {
	return append(slices.Clone(truth), slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return !dataset.IsList(arg) })...)
}
