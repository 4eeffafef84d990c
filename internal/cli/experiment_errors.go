package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/experiment/agreement"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
)

// errorsOptions are the flags of experiment errors.
type errorsOptions struct {
	experimentFlags
	examples int
}

func newErrorsCmd(s *terminal.Streams) *cobra.Command {
	o := &errorsOptions{}
	cmd := &cobra.Command{
		Use:   "errors [flags] -m MODEL -m MODEL... DIR|FILE.tar|FILE.csv...",
		Short: "Measure whether networks are wrong about the same images",
		Long: `Classify the same images with two networks or more, and compare where they are
right and wrong. Networks with different classes are compared among those that all
of them have, by WordNet id or else by label: their answers are the likeliest of
these, with probabilities among these alone, and images of other classes are left
out and counted. For each pair of networks:

  kappa     error consistency: how far they agree in being right or wrong beyond
            what their accuracies alone make them agree, 1 at most, 0 if they err
            independently; with a 95% interval (bootstrap over images)
  agreement the share of images that both are right on or both are wrong on
  expected  that share if they erred independently
  r         the correlation of their accuracies over classes
  overlap   of the images that either is wrong on, the share that both are
  same      of the images that both are wrong on, the share they give one answer to

and for each network the images that no other gets right. Only images that every
network has an answer to count.

--plot draws the accuracy on each class: the first network's against the others'.`,
		Example: `  bagnet experiment errors -m bagnet33 -m resnet50 -m vgg16 ILSVRC2012/val
  bagnet experiment errors -m bagnet33-imagenette -m mine.pth --plot errors.png imagenette/val
  bagnet experiment errors -m a.pth -m b.pth --format json val/ | jq '.networks[].only_right'`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runErrors(cmd.Context(), s, o, args)
		}),
	}
	cmd.Flags().IntVar(&o.examples, "examples", 5, "print `N` of the images that only one network gets right, for each network (JSON has all)")
	o.register(cmd)
	return cmd
}

func runErrors(ctx context.Context, s *terminal.Streams, o *errorsOptions, args []string) error {
	switch {
	case o.examples < 0:
		return usageErrorf("--examples %d: want 1 or more, or 0 for none", o.examples)
	case len(o.networks) < 2:
		return hint.Add(usageErrorf("errors are compared between networks: want two or more"), "give each with a -m of its own: -m bagnet33 -m resnet50")
	}
	x := &agreement.Experiment{}
	run, err := newExperimentRun(ctx, s, &o.experimentFlags, args, x)
	if err != nil {
		return err
	}
	run.compare = func(common *class.Common) error {
		if err := x.Compare(common); err != nil {
			return hint.Add(err, "--labels names the classes of models that bring no names or other ones")
		}
		return nil
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	report, err := agreement.NewReport(run.Run, o.examples)
	if err != nil {
		return err
	}
	return run.publish(ctx, report)
}
