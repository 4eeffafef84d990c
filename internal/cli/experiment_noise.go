package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/experiment/entry"
	"bagnet/internal/experiment/noise"
	"bagnet/internal/flagvalue"
	"bagnet/internal/terminal"
)

// noiseOptions are the flags of experiment noise.
type noiseOptions struct {
	experimentFlags
	mapping  mappingFlag
	kind     flagvalue.Choice
	levels   []float64
	contrast float64
	colour   bool
}

func newNoiseCmd(s *terminal.Streams) *cobra.Command {
	o := &noiseOptions{}
	cmd := &cobra.Command{
		Use:   "noise [flags] DIR|FILE.tar|FILE.csv...",
		Short: "Measure what is left of the answers under uniform noise, or at low contrast",
		Long: `Change each prepared image and count how often the networks are still right. With
colours x from 0 to 1, as R. Geirhos et al. define it (Generalisation in humans and
deep neural networks, NeurIPS 2018):

  grey      0.2125 R + 0.7154 G + 0.0721 B, for all three; --colour keeps colours
  contrast  c x + (1-c)/2; with --kind contrast --levels are values of c
  uniform   the same with --contrast, 0.3 unless given; then each pixel gets a random
            number between -w and w, one for its three colours, and what lies beyond
            0 and 1 is cut off; --levels are values of w

An image has the same random numbers, by --seed, at all widths and in all networks
whose images have its size. Unlike the authors' files, images are not rounded to
8 bits. Answers are the likeliest class, or with --mapping an entry-level one.
Accuracies have a 95% interval (bootstrap over images, the same for all levels).`,
		Example: `  bagnet experiment noise imagenette/val
  bagnet experiment noise -m bagnet33 -m resnet50 -m vgg16 --mapping 16 --limit 1000 --plot noise.png ILSVRC2012/val
  bagnet experiment noise --kind contrast --colour --levels 0.1,0.3,1 imagenette/val`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runNoise(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	registerChoice(cmd, &o.kind, "kind", "what to change", noise.Uniform, noise.Contrast)
	flags.Float64SliceVar(&o.levels, "levels", nil, "the widths of the noise, or the contrasts, `X,X,...` ascending (default: the authors')")
	flags.Lookup("levels").DefValue = "" // pflag would print []
	flags.Float64Var(&o.contrast, "contrast", 0.3, "lower the contrast to `C`, 0 to 1, before noise is added")
	flags.BoolVar(&o.colour, "colour", false, "keep the colours")
	o.mapping.register(cmd, "the networks' own classes")
	registerPairs(cmd, &o.between)
	o.register(cmd)
	return cmd
}

// maxLevels bounds --levels.
const maxLevels = 100

func runNoise(ctx context.Context, s *terminal.Streams, o *noiseOptions, args []string) error {
	x := &noise.Experiment{Settings: noise.Settings{Kind: o.kind.Value, Levels: o.levels, Contrast: o.contrast, Colour: o.colour}}
	if len(o.levels) == 0 {
		x.Levels = noise.Levels(x.Kind)
	}
	if x.Kind == noise.Contrast {
		x.Settings.Contrast = 1 // the levels' affair
	}
	for i, level := range x.Levels {
		if !(level >= 0 && level <= 1) || i > 0 && level <= x.Levels[i-1] || i >= maxLevels {
			return usageErrorf("--levels: %g: want up to %d numbers from 0 to 1, ascending", level, maxLevels)
		}
	}
	if !(o.contrast >= 0 && o.contrast <= 1) {
		return usageErrorf("--contrast %g: want 0 to 1", o.contrast)
	}
	run, err := newExperimentRun(ctx, s, &o.experimentFlags, args, x)
	if err != nil {
		return err
	}
	if o.mapping.value != "" {
		x.Decider = &entry.Decider{}
		if run.entry, err = o.mapping.choose(x.Decider); err != nil {
			return err
		}
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	return run.publish(ctx, noise.NewReport(run.Run, x))
}
