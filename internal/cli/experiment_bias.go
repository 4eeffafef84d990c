package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment/bias"
	"bagnet/internal/hint"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// biasOptions are the flags of experiment bias.
type biasOptions struct {
	experimentFlags
	mapping   mappingFlag
	to        string // where to make images; "" for none
	recipe    bias.Recipe
	noClobber bool
}

func newBiasCmd(s *terminal.Streams) *cobra.Command {
	o := &biasOptions{}
	cmd := &cobra.Command{
		Use:   "bias [flags] DIR|FILE.tar|FILE.csv...",
		Short: "Measure whether networks go by shape or by texture where these are in conflict",
		Long: `Classify images whose shape is of one class and whose texture is of another, and
count by which of them each network decides:

  shape bias = decisions by shape / (decisions by shape + decisions by texture)

by network and by class of the shape, with a 95% interval (bootstrap over images).
Images with shape and texture of one class are dropped; other decisions do not count.

Images are named as R. Geirhos et al. name theirs (ImageNet-trained CNNs are biased
towards texture, ICLR 2019): SHAPE/SHAPE3-TEXTURE1.png, as in cat/cat7-elephant1.png.
Decisions are among entry-level classes: of each, the mean probability of the network's
classes that belong to it, and the largest wins. --mapping says which they are.

--make DIR measures nothing, but makes such images of labelled photographs: the low
frequencies of each one with the high frequencies of another, of another class, cut
into tiles that change places. They are hybrid images, as large as the first network's
input, and no style transfer as the authors' are: the coarse part keeps colours as well
as the shape, and the fine part has no colours of large areas. How large the shape bias
is depends on --sigma, where coarse ends and fine begins. Networks can be compared on
one set; values are not comparable with the paper's, nor with those of another set.`,
		Example: `  bagnet experiment bias -m resnet50 -m resnet50-sin -m bagnet33 style-transfer-preprocessed-512
  bagnet experiment bias --make conflict --limit 500 imagenette/val
  bagnet experiment bias -m bagnet33-imagenette -m resnet18.pth --plot bias.svg conflict`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runBias(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&o.to, "make", "", "make images in conflict in `DIR`, and measure nothing")
	complete(cmd, "make", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs))
	flags.Float64Var(&o.recipe.Sigma, "sigma", 2, "for --make: part low from high frequencies by a Gaussian of `S` pixels")
	flags.IntVar(&o.recipe.Tile, "tile", 32, "for --make: cut the high frequencies into tiles of `N` pixels that change places; 0 for none")
	flags.BoolVar(&o.noClobber, "no-clobber", false, noClobberUsage)
	o.mapping.register(cmd, "16 if the network has members of all, else each")
	registerPairs(cmd, &o.between)
	o.register(cmd)
	return cmd
}

func runBias(ctx context.Context, s *terminal.Streams, o *biasOptions, args []string) error {
	if o.to != "" && (len(o.plot.plots) > 0 || o.records != "") {
		return usageErrorf("--make measures nothing: it goes without --plot and --records")
	}
	x := &bias.Experiment{}
	choose, err := o.mapping.choose(&x.Decider)
	if err != nil {
		return err
	}
	run, err := newExperimentRun(ctx, s, &o.experimentFlags, args, x)
	if err != nil {
		return err
	}
	if o.to != "" {
		return makeConflicts(ctx, o, run)
	}
	run.entry = func(net *opened) ([]class.Class, error) {
		classes, err := choose(net)
		if err != nil {
			return nil, err
		}
		return classes, checkCues(run.Chosen, class.NewIndex(classes))
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	return run.publish(ctx, bias.NewReport(run.Run, x.Mapping.Name))
}

// checkCues refuses images none of which has a name that says what is in conflict: a
// directory of photographs, say.
func checkCues(images []dataset.Image, index *class.Index) error {
	var last error
	for _, image := range images {
		if _, _, last = bias.Cues(image.Path, index); last == nil {
			return nil
		}
	}
	return hint.Add(usageErrorf("none of the images is named for a conflict; the last one: %w", last), "bagnet experiment bias --make DIR makes images in conflict of photographs")
}

// makeConflicts makes images in conflict of the run's, in their order.
func makeConflicts(ctx context.Context, o *biasOptions, run *experimentRun[bias.Record]) error {
	net, err := run.open(ctx, run.streams, run.given[0])
	if err != nil {
		return err
	}
	w, h, fixed := net.preprocessing.FixedSize()
	if !fixed {
		return hint.Add(usageErrorf("--make: images differ in size"), "--crop N gives them one")
	}
	if err := o.recipe.Check(h, w); err != nil {
		return usageErrorf("--make: %w", err)
	}
	labels, err := run.label(net, net.classes)
	if err != nil {
		return err
	}
	plan, err := bias.NewPlan(labels, net.classes, o.seed)
	if err != nil {
		return usageErrorf("--make: %w", err)
	}
	m := &bias.Maker{Recipe: o.recipe, Decoder: net.decoder(o.decoding()), Preprocessing: net.preprocessing, Seed: run.Seed, Files: output.Replacing{Keep: keeping(o.noClobber)}}
	bar := terminal.NewProgress(run.streams, len(plan.Pairs))
	defer bar.Hide()
	made, failed := m.MakeAll(ctx, plan, run.Chosen, o.to, bar.Step, func(image dataset.Image, err error) {
		bar.Hide()
		run.streams.Errorf("%s: %s", text.Path(image.Path), err)
	})
	bar.Hide()
	run.streams.Notef("made %s of %s in %s", text.Count(made-failed, "image", "images"), text.Count(len(plan.Pairs), "photograph", "photographs"), text.Path(o.to))
	return tally{made, failed}.outcome(ctx, run.streams)
}
