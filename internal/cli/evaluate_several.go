package cli

import (
	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment/accuracy"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
)

// ofOne are the flags of evaluate that make no sense with several networks, and why.
var ofOne = [][2]string{
	{"confusion", "a confusion matrix is about one network"},
	{"width", "it is about the picture of a confusion matrix"},
	{"dpi", "they are of the picture of a confusion matrix"},
	{"positive", "sensitivity and specificity are about one network"},
	{"ordinal", "kappa is about one network"},
	{"mistakes", "they are about one network ('bagnet experiment errors' compares those of several)"},
	{"shard", "parts have one network each"},
	{"part", "parts have one network each"},
}

// runEvaluateSeveral compares networks on the same images: it is an experiment with
// evaluate's flags.
func runEvaluateSeveral(cmd *cobra.Command, s *terminal.Streams, o *evaluateOptions, args []string) error {
	for _, of := range ofOne {
		if cmd.Flags().Changed(of[0]) {
			return hint.Add(usageErrorf("--%s with several networks: %s", of[0], of[1]), "run it with one -m after the other")
		}
	}
	if err := o.sampleFlags.check(); err != nil {
		return err
	}
	flags := &experimentFlags{
		inputs: o.inputs, networks: o.networks, model: o.model, preprocessing: o.preprocessing, decode: o.decode, truth: o.truth,
		seed: o.seed, limit: o.limit, records: o.saved.file, kind: predictionsKind, results: o.saved.resultsFlags, plot: o.plot, between: o.between, format: o.report.format,
	}
	x := &accuracy.Experiment{}
	run, err := newExperimentRun(cmd.Context(), s, flags, args, x)
	if err != nil {
		return err
	}
	run.compare = func(common *class.Common) error {
		err := x.Compare(common)
		if err != nil {
			err = hint.Add(err, "--labels names the classes of models that bring no names or other ones")
		}
		return err
	}
	if len(o.among) > 0 {
		x.Among = func(classes []class.Class) (class.Choice, error) { return class.Choose("--among", classes, o.among) }
		run.compare = nil
		run.choose = func(net *opened, truth *dataset.Truth) error {
			chosen, err := x.Choose(net.Name(), net.classes)
			if err == nil {
				truth.Restrict(chosen.Places, "those of --among")
			}
			return err
		}
	}
	if err := run.run(cmd.Context()); err != nil {
		return err
	}
	return run.publish(cmd.Context(), accuracy.NewReport(run.Run, x))
}
