package cli

import (
	"cmp"
	"context"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"bagnet"
	"bagnet/internal/explore"
	"bagnet/internal/flagvalue"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
)

// exploreOptions are the flags of explore.
type exploreOptions struct {
	sourceFlags
	class      string
	versus     string
	allClasses bool
	stride     int
	output     string
	title      string
	format     flagvalue.Choice
	replacing  output.Replacing
	noClobber  bool
}

func newExploreCmd(s *terminal.Streams) *cobra.Command {
	o := &exploreOptions{}
	cmd := &cobra.Command{
		Use:   "explore [flags] [IMAGE...]",
		Short: "Make a page on which a decision can be taken apart",
		Long: `Make an HTML page of an image, its evidence and what follows from it: which patch
says what of which class, how all of them add up to the answer, and what the answer is
without some of them. Patches are erased with the pointer or the keyboard; logits,
probabilities and the answer are computed again from those that are left, exactly.

The page is one file. It opens from a disk, asks for nothing from anywhere, and runs
no script but its own.

-o page.html puts all images on one page; -o DIR makes NAME.explore.html for each and an
index of them, index.html. Without -o, pages are made in the working directory.

--class and --versus name the classes shown at first; others can be chosen on the page.
A page holds all classes if there is room for them (1000 classes at 28 x 28 patches),
else the likeliest, and says that probabilities are among these; --all-classes
holds all of them at any size that a page can have.

--stride 4, 2 or 1 draws the patches in between too. The logit remains the mean of the
native ones, 8 pixels apart, and these can be erased.

--format json prints an object for each image:
  {"path","class","logit","probability","patch","stride","rows","cols","classes","total","output"}
class is the likeliest; classes are those whose values the page holds, of total.`,
		Example: `  bagnet explore photo.jpg
  bagnet explore --class tench --versus 'English springer' -o fish.html photo.jpg
  bagnet explore -o pages/ holiday/`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runExplore(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringVarP(&o.class, "class", "c", "", "show the evidence for `CLASS` at first: its number, WordNet id or name (default: the likeliest)")
	flags.StringVar(&o.versus, "versus", "", "show at first how much more evidence there is than for `CLASS`")
	flags.BoolVar(&o.allClasses, "all-classes", false, "hold the values of all classes, however large the page becomes")
	flags.IntVar(&o.stride, "stride", 8, "distance of `N` pixels between neighbouring patches: 8 (native), 4, 2 or 1")
	flags.StringVarP(&o.output, "output", "o", "", "write one page to `FILE|DIR|-`, or one for each image and an index to a directory (default: NAME.explore.html here)")
	flags.StringVar(&o.title, "title", "", "call the page `TITLE` (default: the image's name)")
	registerChoice(cmd, &o.format, "format", "how to print results", formatText, formatJSON)
	flags.BoolVar(&o.noClobber, "no-clobber", false, noClobberUsage)
	o.register(cmd)
	complete(cmd, "class", completeClass(&o.model))
	complete(cmd, "versus", completeClass(&o.model))
	return cmd
}

// check refuses flags that make no sense by themselves.
func (o *exploreOptions) check(s *terminal.Streams) error {
	switch {
	case o.output == "-" && o.format.Value == formatJSON:
		return usageErrorf("-o - and --format json would both write to standard output")
	case o.output == "-" && terminal.Is(s.Out):
		return usageErrorf("-o - would write a page to the terminal: send it to a file or a program")
	}
	return nil
}

// onePage reports whether all images are to be on one page.
func (o *exploreOptions) onePage() bool {
	return o.output == "-" || !output.IsDirectory(o.output) && strings.EqualFold(filepath.Ext(o.output), ".html")
}

func runExplore(ctx context.Context, s *terminal.Streams, o *exploreOptions, args []string) error {
	if err := o.check(s); err != nil {
		return err
	}
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	net, total := src.net, src.inputs.Total
	if err := net.checkPatches(o.stride, "each position sees (nearly) the whole image, so erasing it does not erase what is there"); err != nil {
		return err
	}
	bar := terminal.NewProgress(s, total)
	r := o.pages(s, net, bar)
	if err := o.resolveClasses(s, net, &r.Begin); err != nil {
		return err
	}
	if r.Places, err = output.NewPlaces("-o", o.output, ".explore.html", total != 1 && !o.onePage(), args); err != nil {
		return err
	}
	o.replacing.Keep = keeping(o.noClobber)
	if err := o.replacing.CheckFirst(r.Places); err != nil {
		return err
	}
	if r.Places.File == "" && o.output != "" {
		if err := r.StartIndex("-o", cmp.Or(o.title, "Decisions of "+net.Name())); err != nil {
			return err
		}
	}
	if err := src.sideBySide(s, o.stride); err != nil {
		return err
	}
	r.Net = net.Model
	err = eachPicture(ctx, s, src, bar, jsonFailures(s, o.format), r.Measure, r.Take)
	return r.Finish(ctx, err)
}

// pages are those that the flags ask for.
func (o *exploreOptions) pages(s *terminal.Streams, net *opened, bar *terminal.Progress) *explore.Pages {
	return &explore.Pages{
		Begin:  explore.Page{Title: o.title, Model: net.Name(), Software: "bagnet " + version(), Outputs: net.info.Outputs, Total: len(net.classes)},
		Stride: o.stride, AllClasses: o.allClasses, Replacing: &o.replacing, Out: s.Write, Progress: bar.Tiles,
		Notice: func(text string) { s.Notef("%s", text) },
		Say: func(x explore.Summary) error {
			bar.Hide()
			return printRow(s, &x, o.format)
		},
	}
}

// resolveClasses finds the classes that --class and --versus name, which a page shows first.
func (o *exploreOptions) resolveClasses(s *terminal.Streams, net *opened, page *explore.Page) error {
	var queries []string
	if o.class != "" {
		queries = []string{o.class}
	}
	shown, err := findClasses(s, net.classes, queries)
	if err != nil {
		return err
	}
	if len(shown) > 0 {
		page.Class = (*bagnet.Class)(&shown[0])
	}
	versus, err := findVersus(s, net.classes, o.versus, shown)
	page.Versus = (*bagnet.Class)(versus)
	return err
}
