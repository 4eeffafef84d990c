package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/experiment"
	"bagnet/internal/experiment/interactions"
	"bagnet/internal/flagvalue"
	"bagnet/internal/terminal"
)

// interactionsOptions are the flags of experiment interactions.
type interactionsOptions struct {
	experimentFlags
	sizes, gaps []int
}

func newInteractionsCmd(s *terminal.Streams) *cobra.Command {
	o := &interactionsOptions{}
	cmd := &cobra.Command{
		Use:   "interactions [flags] DIR|FILE.tar|FILE.csv...",
		Short: "Measure whether the parts of an image count by themselves or together",
		Long: `Mask four square regions of each prepared image, in two rows and two columns with
a gap between them, and compare how much the logit of the true class (or of
--class) changes when all are masked together with the sum of the changes from
masking each alone. For a network that adds up what parts of an image say, the
two are the same. Regions are filled with the mean colour of the training data,
and lie at a random place of each image.

--sizes are the sides of the regions and --gaps the distances between them, in
pixels; those that do not fit are left out, and the report says so. In a BagNet,
regions that no patch touches two of must add up exactly, which is checked: a
gap of one pixel less than the side of a patch always suffices.

The report says from which gap on 90% of the joint effect adds up, by straight lines
between the gaps, with a 95% interval (bootstrap over images). --depth-plot draws
that of several networks against how deep they are, or what they see --against sees.`,
		Example: `  bagnet experiment interactions --limit 200 imagenette/val
  bagnet experiment interactions -m bagnet33 -m resnet50 --plot interactions.png imagenette/val
  bagnet experiment interactions --sizes 16,32 --gaps 0,8,16,24,32,48 --records i.ndjson --resume imagenette/val`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runInteractions(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.IntSliceVar(&o.sizes, "sizes", []int{16, 32}, "mask squares of `N,N,...` pixels")
	flags.IntSliceVar(&o.gaps, "gaps", []int{0, 8, 16, 32}, "leave `N,N,...` pixels between them")
	o.registerDepth(cmd, "draw, of each network, the gap from which on 90% of the joint effect adds up in `FILE.png|FILE.svg|FILE.pdf` (repeatable)")
	o.registerClass(cmd)
	registerPairs(cmd, &o.between)
	o.register(cmd)
	return cmd
}

func runInteractions(ctx context.Context, s *terminal.Streams, o *interactionsOptions, args []string) error {
	if err := flagvalue.CheckLengths("--sizes", o.sizes, 1); err != nil {
		return err
	}
	if err := flagvalue.CheckLengths("--gaps", o.gaps, 0); err != nil {
		return err
	}
	x := interactions.Experiment{Settings: interactions.Settings{Sizes: o.sizes, Gaps: o.gaps}}
	run, err := newExperimentRun(ctx, s, &o.experimentFlags, args, x)
	if err != nil {
		return err
	}
	run.check = func(net *experiment.Network) error {
		w, h, fixed := net.Preprocessing.FixedSize()
		if least := 2*o.sizes[0] + o.gaps[0]; fixed && least > min(w, h) {
			return usageErrorf("model %s: four regions of %d pixels, %d apart, do not fit into its images of %dx%d: give smaller --sizes", net.Name, o.sizes[0], o.gaps[0], w, h)
		}
		return nil
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	return run.publish(ctx, interactions.NewReport(run.Run, x.Settings))
}
