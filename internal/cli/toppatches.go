package cli

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
	"bagnet/internal/toppatches"
)

// topPatchesOptions are the flags of top-patches.
type topPatchesOptions struct {
	sourceFlags
	report      topPatchesFlags
	saved       savedFlags
	classes     []string
	truth       []string
	n           int
	perImage    int
	overlap     float64
	lowest      bool
	mistakes    bool
	stride      int
	strideGiven bool
	context     bool
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

With --mistakes, distractors are images of other classes that the network took for the
class (top-1), as in the paper's figure: which patches misled it. --together draws all
classes on one sheet, each with its correct patches above its distractors; --figure draws
them side by side, as a paper has them: patches without numbers, the strongest first.

An image contributes its strongest patch, or --per-image N, none of which covers
another by more than --overlap of its area. Only patches wholly inside the image
are ranked. Equal evidence is ordered by path, then position.

Of a ResNet or DenseNet the positions of its last feature map are ranked; shown is
the cell of 32 pixels around each, moved inside at the edge. Each saw (nearly) the
whole image ("sees" pixels in JSON): evidence at a position is not evidence from there.

--format json prints an object for each patch:
  {"class","rank","group","path","x","y","size","evidence","label","predicted"}
x and y are the patch's top left pixel in the prepared image, label is the true
class or null, predicted what the image was taken for.

--records keeps what was found in a file, from which --resume goes on. --shard I/N
finds the patches of one part of the images only (see evaluate) and writes them with
their pictures to --part, for 'bagnet merge top-patches' to print and draw.`,
		Example: `  bagnet top-patches --class tench imagenette/val
  bagnet top-patches --class all -o sheets/ imagenette/val
  bagnet top-patches --class tench --context -n 16 -o tench.png imagenette/val
  bagnet top-patches --class tench --class 'golf ball' --mistakes --together -o sheet.png imagenette/val
  bagnet top-patches --class tench --class 'golf ball' --figure figure.pdf imagenette/val
  bagnet top-patches --class tench --truth labels.csv --format json photos/
  bagnet top-patches --class tench --lowest -o against.png imagenette/val/n01440764`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			o.strideGiven = cmd.Flags().Changed("stride")
			return runTopPatches(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.classes, "class", "c", nil, "rank the evidence for `CLASS`: its number, WordNet id or name, or all (repeatable; default for one image: the likeliest)")
	flags.IntVarP(&o.n, "number", "n", 8, "show `N` patches of each class and group")
	flags.IntVar(&o.perImage, "per-image", 1, "take at most `N` patches of an image")
	flags.Float64Var(&o.overlap, "overlap", 0, "share `F` of its area up to which a patch may be covered by a stronger one of its image, 0 to 1")
	flags.BoolVar(&o.lowest, "lowest", false, "rank the evidence against the class: the lowest first")
	flags.BoolVar(&o.mistakes, "mistakes", false, "of images of other classes, take those alone that were taken for the class")
	flags.IntVar(&o.stride, "stride", 8, "distance of `N` pixels between neighbouring patches: 8 (native), 4, 2 or 1 (a ResNet or DenseNet has its own alone)")
	flags.StringArrayVar(&o.truth, "truth", nil, "true classes of images: a `FILE` of path,label, .csv, .tsv or .txt (repeatable; default: the directories' names)")
	flags.BoolVar(&o.context, "context", false, "show under each patch where in its image it is")
	o.report.register(cmd)
	o.saved.register(cmd, answersKind, "keep what was found in each image in `FILE`, for --resume")
	o.register(cmd)
	complete(cmd, "class", completeClass(&o.model))
	return cmd
}

// check refuses flags that make no sense by themselves.
func (o *topPatchesOptions) check(s *terminal.Streams) error {
	switch {
	case o.n < 1 || o.n > toppatches.MaxPatches:
		return usageErrorf("--number %d: want 1 to %d", o.n, toppatches.MaxPatches)
	case o.perImage < 1:
		return usageErrorf("--per-image %d: want 1 or more", o.perImage)
	case !(o.overlap >= 0 && o.overlap <= 1):
		return usageErrorf("--overlap %v: want 0 to 1", o.overlap)
	}
	if err := o.saved.check(".ndjson"); err != nil {
		return err
	}
	if o.saved.saving() && len(o.classes) == 0 {
		return usageErrorf("--records and --part need --class: the likeliest class is another in each image")
	}
	if err := cmp.Or(o.saved.refuse("-o", o.report.output != ""), o.saved.refuse("--figure", o.report.figure != "")); err != nil {
		return err
	}
	return checkPicture(s, o.report.output, o.report.format.Value)
}

func runTopPatches(ctx context.Context, s *terminal.Streams, o *topPatchesOptions, args []string) error {
	if err := o.check(s); err != nil {
		return err
	}
	o.inputs.shard = o.saved.chosen
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	if err := src.net.checkMaps(s, &o.stride, o.strideGiven); err != nil {
		return err
	}
	ranked := src.net.classes
	if !slices.ContainsFunc(o.classes, func(q string) bool { return strings.EqualFold(q, "all") }) {
		if ranked, err = findClasses(s, src.net.classes, o.classes); err != nil {
			return err
		}
	}
	whole := cmp.Or(src.inputs.Whole, src.inputs)
	if len(ranked) == 0 && whole.Total != 1 {
		return hint.Add(usageErrorf("no class given"), "which class's patches? give --class CLASS, or --class all with -o DIR")
	}
	truth, err := dataset.NewTruth(src.net.classes, o.truth)
	if err != nil {
		return err
	}
	truth.OneOutput = src.net.info.Outputs == 1
	if err := truth.InOrder(whole.Total, whole.Paths()); err != nil {
		return err
	}
	about := toppatches.About{
		Model: src.net.Name(), Patch: src.net.info.Patch, Classes: src.net.classes, Ranked: ranked, N: o.n, Lowest: o.lowest, Mistakes: o.mistakes, Context: o.context,
		Listed: len(o.truth) > 0, Source: toppatches.Sources(slices.Concat(args, o.inputs.tars), o.inputs.filesFrom),
	}
	if about.Patch == 0 {
		about.Patch, about.Sees = o.stride, src.net.info.Sees
	}
	report, err := newTopPatchesReport(s, &o.report, about, args, o.saved.part != "", truth)
	if err != nil {
		return err
	}
	r := &topPatchesRun{topPatchesReport: report, options: o, net: src.net, asked: publicClasses(ranked)}
	r.PerImage, r.Overlap, r.Record = o.perImage, o.overlap, o.saved.saving()
	if len(ranked) > 0 {
		r.Rank(ranked)
	}
	if err := src.sideBySide(s, o.stride); err != nil {
		return err
	}
	r.recording.streams, r.source, r.bar = s, src, terminal.NewProgress(s, src.inputs.Total)
	if r.saved, err = o.saved.begin(ctx, s, src, "top-patches", r.settings(), about); r.saved == nil {
		return err
	}
	defer r.saved.abandon()
	return r.run(ctx)
}
