package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/dataset"
	"bagnet/internal/flagvalue"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/ranking"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// topPatchesOptions are the flags of top-patches.
type topPatchesOptions struct {
	sourceFlags
	classes  []string
	truth    []string
	n        int
	perImage int
	overlap  float64
	lowest   bool
	stride   int
	output   string
	context  bool
	format   flagvalue.Choice

	replacing output.Replacing
	noClobber bool
}

func newTopPatchesCmd(s *terminal.Streams) *cobra.Command {
	o := &topPatchesOptions{}
	cmd := &cobra.Command{
		Use:   "top-patches [flags] [IMAGE|DIR...]",
		Short: "Find the patches that speak most for a class, over any number of images",
		Long: `Find the patches with the most evidence for a class: what the class looks like
to the network. Each image goes through the network once, however many classes
are asked for; memory does not grow with the number of images.

An image's true class is the name of its directory, or of the nearest one above it
that names a class, by label, WordNet id or number; in a tar, what .cls or .json
beside it says goes before; with --truth, it is what that list says (see evaluate),
and directories and tars say nothing. Patches of images that are of the class
("correct") and of others ("distractor") are then ranked separately, whatever
the images were taken for. Without any known class there is one group ("all").

The sheet shows the patches enlarged, with their evidence, in logits, and under
distractors what the image really is. It is written to -o, or to
top-patches.CLASS.png in the working directory; with --format json, only if -o
is given. Several classes need a directory, which gets a sheet for each and
index.html. --context shows each patch in its image too.

An image contributes its strongest patch, or --per-image N, none of which covers
another by more than --overlap of its area. Only patches wholly inside the image
are ranked. Equal evidence is ordered by path, then position.

--format json prints an object for each patch:
  {"class","rank","group","path","x","y","size","evidence","label","predicted"}
x and y are the patch's top left pixel in the prepared image, label is the true
class or null, predicted what the image was taken for.`,
		Example: `  bagnet top-patches --class tench imagenette/val
  bagnet top-patches --class all -o sheets/ imagenette/val
  bagnet top-patches --class tench --context -n 16 -o tench.png imagenette/val
  bagnet top-patches --class tench --truth labels.csv --format json photos/
  bagnet top-patches --class tench --lowest -o against.png imagenette/val/n01440764`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runTopPatches(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.classes, "class", "c", nil, "rank the evidence for `CLASS`: its number, WordNet id or name, or all (repeatable; default for one image: the likeliest)")
	flags.IntVarP(&o.n, "number", "n", 8, "show `N` patches of each class and group")
	flags.IntVar(&o.perImage, "per-image", 1, "take at most `N` patches of an image")
	flags.Float64Var(&o.overlap, "overlap", 0, "share `F` of its area up to which a patch may be covered by a stronger one of its image, 0 to 1")
	flags.BoolVar(&o.lowest, "lowest", false, "rank the evidence against the class: the lowest first")
	flags.IntVar(&o.stride, "stride", 8, "distance of `N` pixels between neighbouring patches: 8 (native), 4, 2 or 1")
	flags.StringArrayVar(&o.truth, "truth", nil, "true classes of images: a `FILE` of path,label, .csv, .tsv or .txt (repeatable; default: the directories' names)")
	flags.StringVarP(&o.output, "output", "o", "", "write the sheet to `FILE|DIR|-` (default: top-patches.CLASS.png here)")
	flags.BoolVar(&o.context, "context", false, "show under each patch where in its image it is")
	registerChoice(cmd, &o.format, "format", "how to print the patches", formatText, formatJSON)
	flags.BoolVar(&o.noClobber, "no-clobber", false, noClobberUsage)
	o.register(cmd)
	complete(cmd, "class", completeClass(&o.model))
	return cmd
}

// check refuses flags that make no sense by themselves.
func (o *topPatchesOptions) check(s *terminal.Streams) error {
	switch {
	case o.n < 1 || o.n > maxPatches:
		return usageErrorf("--number %d: want 1 to %d", o.n, maxPatches)
	case o.perImage < 1:
		return usageErrorf("--per-image %d: want 1 or more", o.perImage)
	case !(o.overlap >= 0 && o.overlap <= 1):
		return usageErrorf("--overlap %v: want 0 to 1", o.overlap)
	}
	return checkPicture(s, o.output, o.format.Value)
}

// maxPatches bounds --number, and maxKept the bytes of all patches that may be
// held at once.
const (
	maxPatches = 10_000
	maxKept    = 4 << 30
)

// checkKept refuses more patches than there is room for.
func (r *topPatchesRun) checkKept() error {
	side := int64(r.net.info.Patch)
	one := int64(256) // what is known of a patch
	if r.sheets != nil {
		one += 4 * side * side
		if r.options.context {
			one += 4 * ranking.Thumbnail * ranking.Thumbnail
		}
	}
	kept := one * int64(r.options.n) * int64(max(1, len(r.classes))) * 2 // correct ones and distractors
	if kept > maxKept {
		return usageErrorf("--number %d: so many patches of %s may take %d MB, more than %d: ask for fewer patches or classes",
			r.options.n, text.Count(max(1, len(r.classes)), "class", "classes"), kept>>20, maxKept>>20)
	}
	return nil
}

func runTopPatches(ctx context.Context, s *terminal.Streams, o *topPatchesOptions, args []string) error {
	if err := o.check(s); err != nil {
		return err
	}
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	if err := src.net.checkPatches(o.stride); err != nil {
		return err
	}
	r := &topPatchesRun{streams: s, net: src.net, options: o, bar: terminal.NewProgress(s, src.inputs.Total)}
	r.N, r.PerImage, r.Overlap = o.n, o.perImage, o.overlap
	if slices.ContainsFunc(o.classes, func(q string) bool { return strings.EqualFold(q, "all") }) {
		r.classes = src.net.classes
	} else if r.classes, err = findClasses(s, src.net.classes, o.classes); err != nil {
		return err
	}
	if len(r.classes) == 0 && src.inputs.Total != 1 {
		return hint.Add(usageErrorf("no class given"), "which class's patches? give --class CLASS, or --class all with -o DIR")
	}
	if r.truth, err = dataset.NewTruth(src.net.classes, o.truth); err != nil {
		return err
	}
	r.truth.OneOutput = src.net.info.Outputs == 1
	if err := r.truth.InOrder(src.inputs.Total, src.inputs.Paths()); err != nil {
		return err
	}
	o.replacing.Keep = keeping(o.noClobber)
	if o.output != "" || o.format.Value == formatText {
		if r.sheets, err = newSheets(o.output, len(r.classes) > 1, args); err != nil {
			return err
		}
		r.sheets.source = sourcesOf(slices.Concat(args, o.inputs.tars), o.inputs.filesFrom)
		if err := r.sheets.checkFirst(&o.replacing, r.classes); err != nil {
			return err
		}
	}
	r.Pictures, r.Context = r.sheets != nil, o.context
	if err := r.checkKept(); err != nil {
		return err
	}
	err = eachPicture(ctx, s, src.pictures(ctx, o.model.threads), r.bar, o.format.Value == formatJSON, r.picture)
	if r.Images == 0 {
		return err
	}
	if finishing := r.finish(ctx); finishing != nil {
		return finishing
	}
	return err
}
