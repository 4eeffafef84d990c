package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/evaluation"
	"bagnet/internal/experiment"
	"bagnet/internal/flagvalue"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
)

// evaluateOptions are the flags of evaluate.
type evaluateOptions struct {
	sourceFlags
	networks []string  // as --model names them
	plot     plotFlags // of several
	between  flagvalue.Choice
	report   reportFlags
	saved    savedFlags
	truth    []string
	among    []string
	sampleFlags
}

func newEvaluateCmd(s *terminal.Streams) *cobra.Command {
	o := &evaluateOptions{}
	o.inputs.lists = true
	cmd := &cobra.Command{
		Use:   "evaluate [flags] DIR|FILE.tar|FILE.csv...",
		Short: "Measure how often a model is right",
		Long: `Classify images whose true classes are known, and report how often the model is
right: on its first answer (top-1) and among its five likeliest (top-5), over all
images and for each class; which classes it takes for which; how far its
probabilities can be trusted; and the mistakes it was most confident of.

The class of an image is the name of the directory it lies in, or of the nearest
one above it that names a class: a class's label or one of its names, WordNet id
or number. ImageNet's validation set and Imagenette come so. In a tar, NAME.cls
beside NAME.jpg says it, or a field of NAME.json called label, cls or class, say;
else the directories in the tar, or a class's name before .tar. Or a list says it,
in lines of path,label: given as an argument, it names images and classes; given
with --truth, the classes of images named otherwise. If there is a list,
directories and tars say nothing. Its fields are separated by commas, tabs or
semicolons, in FILE.txt by spaces too, the label last. A header may name the
columns. Paths are relative to the list's directory or, failing that, to the
working directory; they may lack the extension. Or FILE.txt has one number a line,
from 0, for all images in their order. Images whose class is not known are left
out and counted.

--among, repeatable, takes the answers among some classes only, as ImageNet-A and
-R and Imagenette ask of networks with 1000: by class, or by a file that names one
a line (what names a class is not looked for as a file: ./FILE is one). Probabilities and
the top five are then those among these, and images of other classes count as of
unknown class. --limit takes that many of the images, chosen at random by --seed,
as experiments do.

With two classes, the report has the area under the ROC curve (by the difference of
their logits, equal ones counted half; of up to 10 million images),
the sensitivity, which is the share of positive images that are called so, and the
specificity, that of negative ones. A network of one output has two classes:
the positive one, whose probability is the output's sigmoid, and the negative one; it is
right where that class has 0.5 or more. Of two outputs the second is the positive
class, as in scikit-learn; --positive names another. --ordinal adds Cohen's kappa with quadratic
weights, of classes that are grades.

--predictions writes what the model said of each image, as it goes, to
FILE.part, which becomes FILE at the end; after Ctrl-C too, unless that would
replace a FILE of before, which takes --force. After an interruption of whatever kind, the same
command with --resume takes up those results and goes on; the report is the one
that an undisturbed run would have made. Each line is an
object, in the order of the images:
  {"path","run","label","predictions":
    [{"index","id","label","logit","probability"}, ...]}
  or {"path","run","label","error"}
run stands for the model's weights, its class names, the preprocessing and --among.

--shard I/N evaluates one part of the images only and writes what it finds to --part,
for 'bagnet merge evaluate' to make the report of all parts. Parts are neighbours:
whole tars if there are N tars or more, else images. A part that is there is not
computed again; one whose process was killed is gone on with. --shard auto takes I
and N from SLURM_ARRAY_TASK_ID and _COUNT; auto/N takes I from there, from
JOB_COMPLETION_INDEX or from PARALLEL_SEQ.

Several networks, each with a -m of its own, are compared on the same images: a table
has their accuracies, their speed, how many layers they have and what they see at
once, which --plot draws accuracy over: the side of a BagNet's patch, of others what a
position of the last feature map depends on, the whole image at most. Bars and
"interval" are 95% (Wilson's). Networks with different classes answer among those that
all of them have (by WordNet id, or else by label), unless --among names some.
--predictions keeps the answers of all, from which --resume goes on:
  {"path","run","model","image","label","result":{"predictions":[...]}}
What is about one network or a part of the images is refused: --confusion, --mistakes,
--positive, --ordinal, --shard and --part. With --format json:
  {"experiment":"accuracy","seed","images","of","interrupted","classes","chance",
   "networks":[{"model","family","patch","measured","failed","unlabelled","layers",
     "sees","sees_whole_image","top1","top1_interval","top5","top5_interval",
     "mean_class_accuracy","images_per_second","seconds"}, ...]}

--confusion writes how many images of each class (rows) were taken for each
class (columns).

--format json prints one object:
  {"model","images","failed","unlabelled","evaluated","top1","top5",
   "mean_class_accuracy","ece","images_per_second","seconds","interrupted",
   "classes":[{"class","images","top1","top5","mistaken_for"}, ...],
   "calibration":[{"from","to","images","accuracy","confidence"}, ...],
   "mistakes":[{"path","label","predicted","probability"}, ...]}
and, where they apply, "among", "of" and "seed" (of --limit), "positive", "auc",
"sensitivity", "specificity" and "quadratic_kappa". top5 is null among five classes or fewer.
Accuracies are shares of the evaluated images, null where there are none; the
mean over classes counts those that have images. mistaken_for is the class most
often given instead, and for how many images, and missing where there is none. ece is the expected calibration
error in 15 bins. The speed counts images that went through the network, from
the first one's decoding to the last one's result.

Exit status: 0 all images with a known class were evaluated; 1 some were not, or
an output could not be written; 2 the command line is wrong; 3 the model could
not be read; 130 interrupted: the report is about what was finished.`,
		Example: `  bagnet evaluate imagenette/val
  bagnet evaluate --confusion confusion.csv --confusion confusion.png imagenette/val
  bagnet evaluate -m bagnet33 --predictions val.ndjson --resume ILSVRC2012/val
  bagnet evaluate -m resnet50 --among imagenet_a_synsets.txt imagenet-a
  bagnet evaluate --limit 500 --seed 1 imagenette/val
  bagnet evaluate -m bagnet9 -m bagnet33 -m resnet50 --plot accuracy.svg ILSVRC2012/val
  bagnet evaluate --shard 0/8 --part parts/ ILSVRC2012/val
  bagnet evaluate -m binary.pth --labels two.txt --positive malignant scans/
  bagnet evaluate 'imagenet-validation-{00..63}.tar'
  bagnet evaluate holiday.csv
  bagnet evaluate --truth holiday.csv --format json photos/ | jq .top1`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			if len(o.networks) > 1 {
				return runEvaluateSeveral(cmd, s, o, args)
			}
			return runEvaluate(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.truth, "truth", nil, "read the images' true classes from `FILE`, .csv, .tsv or .txt, lines of path,label (repeatable)")
	o.saved.register(cmd, predictionsKind, "write the answer to each image to `FILE`, a line of JSON each")
	flags.StringArrayVar(&o.among, "among", nil, "take answers among these classes only: `CLASS|FILE`, a class a line (repeatable)")
	complete(cmd, "among", completeClassOfFirst(&o.model, &o.networks))
	o.report.register(cmd)
	complete(cmd, "positive", completeClassOfFirst(&o.model, &o.networks))
	o.sampleFlags.register(flags, "")
	complete(cmd, "truth", cobra.FixedCompletions(dataset.ListExtensions, cobra.ShellCompDirectiveFilterFileExt))
	registerPairs(cmd, &o.between)
	o.plot.register(cmd, "draw the accuracy of several networks over what they see at once in `FILE.png|FILE.svg|FILE.pdf` (repeatable)", networks)
	o.registerSeveral(cmd, &o.networks)
	return cmd
}

// check refuses flags and arguments that make no sense by themselves. lists are those that
// say what images show.
func (o *evaluateOptions) check(args, lists []string) error {
	if err := o.sampleFlags.check(); err != nil {
		return err
	}
	if len(o.plot.plots) > 0 || o.between.Value != experiment.CompareNone {
		return hint.Add(usageErrorf("--plot and --compare compare networks: want two or more"), "give each with a -m of its own: -m bagnet9 -m bagnet33")
	}
	if err := o.plot.check(nil, false, 1); err != nil {
		return err
	}
	if err := o.report.check(append(lists, o.saved.file)); err != nil {
		return err
	}
	if err := o.inputs.checkLabelled(args, ": bagnet evaluate imagenette/val"); err != nil {
		return err
	}
	if err := o.saved.check(".ndjson"); err != nil {
		return err
	}
	return o.saved.refuse("--confusion", len(o.report.confusion) > 0)
}

func runEvaluate(ctx context.Context, s *terminal.Streams, o *evaluateOptions, args []string) error {
	if len(o.networks) > 0 {
		o.model.model = o.networks[0]
	}
	lists := listsOf(o.truth, args)
	if err := o.check(args, lists); err != nil {
		return err
	}
	if o.limit == 0 { // else the shard is one of the images chosen
		o.inputs.shard = o.saved.chosen
	}
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	chosen, err := class.Choose("--among", src.net.classes, o.among)
	if err != nil {
		return err
	}
	about := evaluation.About{Model: src.net.Name(), Classes: src.net.classes, Outputs: src.net.info.Outputs, Among: chosen.Among}
	if about.Sampling, err = o.choose(ctx, src, &o.saved); err != nil {
		return err
	}
	if err := src.sideBySide(s, 0); err != nil {
		return err
	}
	truth, err := dataset.NewTruth(src.net.classes, lists)
	if err != nil {
		return err
	}
	truth.OneOutput = src.net.info.Outputs == 1
	if o.among != nil {
		truth.Restrict(chosen.Places, "those of --among")
	}
	report, err := newEvaluateReport(s, &o.report, about)
	if err != nil {
		return err
	}
	report.bar = terminal.NewProgress(s, src.inputs.Total)
	r := &evaluateRun{evaluateReport: report, source: src, options: o, truth: truth}
	trials, err := labelled(s, src.inputs, truth)
	if err != nil {
		return err
	}
	if r.saved, err = o.saved.begin(ctx, s, src, "evaluate", chosen.Settings(), about); r.saved == nil {
		return err
	}
	defer r.saved.abandon()
	return r.run(ctx, trials)
}
