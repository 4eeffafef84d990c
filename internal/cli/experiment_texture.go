package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"bagnet"
	"bagnet/internal/experiment/texture"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
)

// textureExperimentOptions are the flags of experiment texture.
type textureExperimentOptions struct {
	experimentFlags
	textureFlags
	sheet string
	pairs int
}

func newTextureExperimentCmd(s *terminal.Streams) *cobra.Command {
	o := &textureExperimentOptions{}
	cmd := &cobra.Command{
		Use:   "texture [flags] DIR|FILE.tar|FILE.csv...",
		Short: "Measure what is left of the answers when images become textures",
		Long: `Replace each prepared image by a picture of the same texture, as 'bagnet texture'
makes it, and compare the network's answers to the two: how often they are right,
how often they are the same, and how far the logits go together. What a network
still knows then it knew from what there is in the image, not from where it is.

A texture is made once for all networks that see the same pixels, and takes a few
seconds of one CPU; with --features vgg19.pth, minutes. --sheet draws the first
images beside their textures.`,
		Example: `  bagnet experiment texture --limit 100 imagenette/val
  bagnet experiment texture -m bagnet33 -m vgg16 --sheet pairs.png --limit 200 imagenette/val
  bagnet experiment texture --records texture.ndjson --resume --steps 200 imagenette/val`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			if err := o.textureFlags.check(cmd.Flags().Changed); err != nil {
				return err
			}
			return runTextureExperiment(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&o.sheet, "sheet", "", "draw images and their textures in `FILE.png`")
	flags.IntVar(&o.pairs, "pairs", 24, "draw the first `N` in the sheet")
	complete(cmd, "sheet", cobra.FixedCompletions([]cobra.Completion{"png"}, cobra.ShellCompDirectiveFilterFileExt))
	o.textureFlags.register(cmd)
	registerPairs(cmd, &o.between)
	o.experimentFlags.register(cmd)
	return cmd
}

// maxPairs bounds --pairs, and with it the size of a sheet.
const maxPairs = 400

func runTextureExperiment(ctx context.Context, s *terminal.Streams, o *textureExperimentOptions, args []string) error {
	if o.pairs < 1 || o.pairs > maxPairs {
		return usageErrorf("--pairs %d: want 1 to %d", o.pairs, maxPairs)
	}
	var sheets []string
	if o.sheet != "" {
		sheets = []string{o.sheet}
	}
	if err := output.Check("--sheet", sheets, []string{"png"}, append(listsOf(o.truth, args), append(o.plot.plots, o.records)...)); err != nil {
		return err
	}
	x := &texture.Experiment{}
	run, err := newExperimentRun(ctx, s, &o.experimentFlags, args, x)
	if err != nil {
		return err
	}
	features, settings, err := o.textureFlags.open(ctx, s, o.seed, &o.model)
	if err != nil {
		return err
	}
	x.Of, x.Settings = features, *settings
	run.size = func(m *bagnet.Model, w, h int) (int, error) {
		bytes, err := m.PassBytes(w, h, 0)
		return bytes + features.Bytes(h, w), err
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	drawing := drawEach(s, sheets, run.Interrupted, func(string) ([]byte, error) { return drawPairs(ctx, o, x, run) })
	if err := run.publish(ctx, texture.NewReport(run.Run)); drawing == nil || ctx.Err() != nil {
		return err
	}
	return drawing
}

// drawPairs draws the first images beside their textures, as the first network sees them.
func drawPairs(ctx context.Context, o *textureExperimentOptions, x *texture.Experiment, run *experimentRun[texture.Record]) ([]byte, error) {
	quiet := &terminal.Streams{Err: run.streams.Err, Quiet: true}
	net, err := run.open(ctx, quiet, run.given[0])
	if err != nil {
		return nil, err
	}
	chosen := run.Chosen[:min(o.pairs, len(run.Chosen))]
	pictures := net.decoder(o.decoding()).Pictures(ctx, slices.Values(chosen), o.model.threads)
	return x.Sheet(ctx, "bagnet "+version(), &net.preprocessing, chosen, pictures, run.Seed)
}
