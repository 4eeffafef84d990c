package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/certificate"
	"bagnet/internal/certify"
	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
)

// certifyOptions are the flags of certify.
type certifyOptions struct {
	sourceFlags
	stickers []string
	methods  []string
	tau      float64
	attack   int
	truth    []string
	summary  bool
	sample   sampleFlags
	report   certifyFlags
	saved    savedFlags
	output   string
	paper    paperFlags

	replacing output.Replacing
	noClobber bool
	settings  certificate.Settings // as the flags say, set by check
}

func newCertifyCmd(s *terminal.Streams) *cobra.Command {
	o := &certifyOptions{}
	o.inputs.lists = true
	cmd := &cobra.Command{
		Use:   "certify [flags] [IMAGE|DIR|FILE.csv...]",
		Short: "Prove how large a sticker may be before it could change an answer",
		Long: `Prove that no square sticker of a size changes a BagNet's answer to an image,
wherever it is put and whatever it shows. A sticker touches few of the patches
that the answer is the sum of, so all its places can be gone through.
docs/certificates.md says what is proved and what is not.

A certificate is about a defended answer, which leaves windows of patches out:
  double      the answer without any window, checked by leaving out a second one
              (PatchCURE's SecurePooling); the default
  patchguard  each class loses the window that speaks most for it (PatchGuard, T = 0)
  clipped     what a patch can say is bounded by tanh(0.05u - 1) (clipped BagNets)
  detect      the plain answer, withheld with an alert if leaving a window out gives
              another one with a probability of --tau or more (PatchGuard++)
--method is repeatable. --patch, repeatable too, is the sticker's side in pixels
of the prepared image, or its share of the image's area, rounded up to a whole side.

For each image it prints the answer, whether it is certified, the side of the
largest sticker for which it is by the first method, and the weakest window: where
the certificate ends for a larger one. -o draws that over the map of the answer.

--summary is for images whose true classes are known (see evaluate), and reports
how often the plain answer is right, how often the defended one is (clean), and how
often it is and is certified: by method, size and class. --limit, --seed, --shard
and --part are evaluate's, --records, --resume and --force what it has for
--predictions; --plot draws accuracy over size.

--attack N tries N times, greedily and at random, to change each answer by setting
the cells of one window to any values, more than a sticker can do.

--format json prints an object for each image:
  {"path","label","plain","results":[{"method","size","patch","window","answer",
   "certified","correct"}, ...],"largest","weakest":[x,y,w,h]}
label and correct are null where the truth is not known. window is how many cells a
side a sticker touches, weakest in pixels: what the window's cells see. "alert" is
true where the answer is withheld; "attacks" and "broken" are there with --attack.
With --summary it prints one:
  {"model","images","failed","unlabelled","evaluated","interrupted","plain",
   "results":[{"method","size","patch","window","clean","certified"}, ...],
   "median_largest","classes":[{"class","images","plain","clean":[],"certified":[]}, ...],
   "of","seed"}
with shares of the evaluated images; patch and window are null where images, and
stickers with them, differ in size.`,
		Example: `  bagnet certify photo.jpg
  bagnet certify --patch 24 --method double --method patchguard -o weakest.png photo.jpg
  bagnet certify --summary --plot certified.svg imagenette/val
  bagnet certify --summary -m bagnet17 --limit 1000 --patch 2% --records c.ndjson --resume ILSVRC2012/val
  bagnet certify --attack 200 --format json photos/ | jq .largest`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("attack") && o.attack == 0 {
				return usageErrorf("--attack 0: want 1 or more")
			}
			return runCertify(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.stickers, "patch", []string{"1%", "2%", "3%"}, "certify against a sticker of `N|P%`: pixels a side, or a share of the image's area (repeatable)")
	flags.StringArrayVar(&o.methods, "method", []string{string(certify.Double)}, "defend answers by `METHOD`: double, patchguard, clipped or detect (repeatable)")
	complete(cmd, "method", cobra.FixedCompletions(certify.Methods, cobra.ShellCompDirectiveNoFileComp))
	flags.Float64Var(&o.tau, "tau", 0, "detect: trust a masked answer from a probability of `P` on; 0 trusts every one")
	flags.IntVar(&o.attack, "attack", 0, "try `N` times to change each answer")
	flags.StringArrayVar(&o.truth, "truth", nil, "true classes of images: a `FILE` of path,label, .csv, .tsv or .txt (repeatable; default: the directories' names)")
	complete(cmd, "truth", cobra.FixedCompletions(dataset.ListExtensions, cobra.ShellCompDirectiveFilterFileExt))
	flags.BoolVar(&o.summary, "summary", false, "report how many answers are right and certified, instead of each")
	o.sample.register(flags, "with --summary: ")
	o.saved.register(cmd, certificatesKind, "with --summary: write what is found of each image to `FILE`, a line of JSON each")
	o.report.register(cmd)
	flags.StringVarP(&o.output, "output", "o", "", "draw the weakest window over the map of the answer in `FILE|DIR|-`, .png, .svg or .pdf")
	o.paper.register(cmd)
	flags.BoolVar(&o.noClobber, "no-clobber", false, noClobberUsage)
	o.register(cmd)
	return cmd
}

// The most that --patch, --method and --attack take.
const (
	maxStickers = 100
	maxAttacks  = 1_000_000
)

// check refuses flags that make no sense by themselves, and sets what they mean.
func (o *certifyOptions) check(s *terminal.Streams, args []string) error {
	switch {
	case !(o.tau >= 0 && o.tau <= 1):
		return usageErrorf("--tau %v: want 0 to 1", o.tau)
	case o.attack < 0 || o.attack > maxAttacks:
		return usageErrorf("--attack %d: want 1 to %d", o.attack, maxAttacks)
	case len(o.stickers) > maxStickers:
		return usageErrorf("--patch was given %d times, more than %d", len(o.stickers), maxStickers)
	}
	var err error
	if o.settings, err = certificate.ParseSettings(certificate.Flags{Patch: "--patch", Method: "--method"}, o.stickers, o.methods, o.tau, o.attack); err != nil {
		return usageErrorf("%w", err)
	}
	if o.tau > 0 && o.settings.Tau == 0 {
		return usageErrorf("--tau is for --method detect")
	}
	if err := o.paper.check(o.output); err != nil {
		return err
	}
	if !o.summary {
		if o.saved != (savedFlags{kind: certificatesKind}) || o.sample != (sampleFlags{}) || len(o.report.plot.plots) > 0 {
			return hint.Add(usageErrorf("--limit, --seed, --records, --resume, --force, --shard, --part and --plot are about images of known classes"), "add --summary")
		}
		return checkPicture(s, o.output, o.report.format.Value)
	}
	if o.output != "" {
		return usageErrorf("-o draws each image, --summary counts them: give one of them")
	}
	if err := o.sample.check(); err != nil {
		return err
	}
	if err := o.inputs.checkLabelled(args, ": bagnet certify --summary imagenette/val"); err != nil {
		return err
	}
	if err := o.saved.check(".ndjson"); err != nil {
		return err
	}
	return o.saved.refuse("--plot", len(o.report.plot.plots) > 0)
}

func runCertify(ctx context.Context, s *terminal.Streams, o *certifyOptions, args []string) error {
	if err := o.check(s, args); err != nil {
		return err
	}
	lists := listsOf(o.truth, args)
	if err := o.report.plot.check(append(lists, o.saved.file), false, len(o.settings.Methods)); err != nil {
		return err
	}
	if o.sample.limit == 0 { // else the shard is one of the images chosen
		o.inputs.shard = o.saved.chosen
	}
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	if err := src.net.checkSum("each position sees (nearly) the whole image, so a sticker changes what all of them say"); err != nil {
		return err
	}
	if src.net.info.Outputs == 1 && slices.Contains(o.settings.Methods, certify.Detect) {
		return usageErrorf("--method detect: model %s has one output, whose probability is no softmax; the other methods work", src.net.Name())
	}
	truth, err := dataset.NewTruth(src.net.classes, lists)
	if err != nil {
		return err
	}
	truth.OneOutput = src.net.info.Outputs == 1
	if o.summary {
		return summarize(ctx, s, o, src, truth)
	}
	return certifyEach(ctx, s, o, src, truth, args)
}
