package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/experiment/agreement"
	"bagnet/internal/experiment/entry"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// errorsOptions are the flags of experiment errors.
type errorsOptions struct {
	experimentFlags
	mapping   mappingFlag
	examples  int
	people    []string
	condition string
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

--people takes the decisions of people on the same images for one network more, each
subject of the trials that R. Geirhos et al. publish with model-vs-human, files of CSV
with the columns subj, object_response, category, condition and imagename. Networks
then answer by entry-level classes as people do (see --mapping), and the trials say
what an image shows. No response counts as wrong.

--plot draws the accuracy on each class: the first network's against the others'.`,
		Example: `  bagnet experiment errors -m bagnet33 -m resnet50 -m vgg16 ILSVRC2012/val
  bagnet experiment errors -m bagnet33-imagenette -m mine.pth --plot errors.png imagenette/val
  bagnet experiment errors -m resnet50 -m bagnet33 --people raw-data/contrast --condition c30 contrast/
  bagnet experiment errors -m a.pth -m b.pth --format json val/ | jq '.networks[].only_right'`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runErrors(cmd.Context(), s, o, args)
		}),
	}
	cmd.Flags().IntVar(&o.examples, "examples", 5, "print `N` of the images that only one network gets right, for each network (JSON has all)")
	cmd.Flags().StringArrayVar(&o.people, "people", nil, "compare with the decisions of people in `FILE.csv|DIR` (repeatable)")
	cmd.Flags().StringVar(&o.condition, "condition", "", "take the trials of people in condition `NAME` alone")
	o.mapping.register(cmd, "the networks' own classes; with --people as for bias")
	o.register(cmd)
	return cmd
}

func runErrors(ctx context.Context, s *terminal.Streams, o *errorsOptions, args []string) error {
	switch {
	case o.examples < 0:
		return usageErrorf("--examples %d: want 1 or more, or 0 for none", o.examples)
	case o.condition != "" && len(o.people) == 0:
		return usageErrorf("--condition %s: it chooses among the trials of --people", text.Abbreviated(o.condition))
	case len(o.networks) < 2 && len(o.people) == 0:
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
	people, err := o.enter(x, run)
	if err != nil {
		return err
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	if people() != nil {
		if err := people().Join(run.Run); err != nil {
			return err
		}
	}
	report, err := agreement.NewReport(run.Run, o.examples)
	if err != nil {
		return err
	}
	return run.publish(ctx, report)
}

// enter has the answers be entry-level classes, if they are to be. The trials of --people,
// nil without, are there as soon as these classes are known.
func (o *errorsOptions) enter(x *agreement.Experiment, run *experimentRun[agreement.Record]) (people func() *agreement.People, err error) {
	var trials *agreement.People
	people = func() *agreement.People { return trials }
	if o.mapping.value == "" && len(o.people) == 0 {
		return people, nil
	}
	x.Decider = &entry.Decider{}
	choose, err := o.mapping.choose(x.Decider)
	if err != nil {
		return nil, err
	}
	run.entry = func(net *opened) ([]class.Class, error) {
		classes, err := choose(net)
		if err == nil && len(o.people) > 0 && trials == nil {
			if trials, err = agreement.ReadPeople(o.people, o.condition, classes); err != nil {
				return nil, hint.Add(err, "the entry-level classes are %s: --mapping names others", x.Mapping.Name)
			}
			run.Known = trials.Class
		}
		return classes, err
	}
	return people, nil
}
