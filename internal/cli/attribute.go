package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/dataset"
	"bagnet/internal/flagvalue"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// attributeOptions are the flags of attribute.
type attributeOptions struct {
	sourceFlags
	mapFlags
	classes  []string
	method   flagvalue.Choice
	settings attribution.Settings
	baseline string
}

func newAttributeCmd(s *terminal.Streams) *cobra.Command {
	o := &attributeOptions{settings: attribution.Default("")}
	cmd := &cobra.Command{
		Use:   "attribute [flags] [IMAGE...]",
		Short: "Draw what in an image matters to any network, by its gradients or by masking",
		Long: `Draw what in an image matters to a class of any network, BagNet or not. x is the
prepared, normalised image, f the class's logit, b the baseline, an image that
shows nothing. Methods:

` + attribution.Describe("  ") + `
Values of integrated-gradients and deeplift add up to f(x) - f(b), nearly and up
to rounding. No such map is the decision, as a BagNet's heatmap is.

Each class makes a picture, NAME.CLASS.METHOD.png in the working directory unless
-o says otherwise; styles and colours are heatmap's, but maps that have no values
below 0 use the colours from 0 on. --npy writes a value for each pixel, as it is
drawn: those of a layer interpolated bilinearly, those of squares repeated.

--format json prints an object for each map:
  {"path","class","method","settings","logit","probability","rows","cols",
   "baseline_logit","sum","residual","scale","output"}
rows, cols and sum are of the map before that, residual is sum - (f(x) - f(b)).`,
		Example: `  bagnet attribute photo.jpg
  bagnet attribute -m resnet50 --method gradcam --class tench --class 'golf ball' photo.jpg
  bagnet attribute -m vgg16 --method deeplift --baseline black --npy maps/ -o pictures/ val/`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			if err := o.check(s, cmd.Flags().Changed); err != nil {
				return err
			}
			return runAttribute(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.classes, "class", "c", nil, "show what matters to `CLASS`: its number, WordNet id or name (repeatable; default: the likeliest)")
	registerChoice(cmd, &o.method, "method", "how to find what matters", attribution.Names()...)
	flags.StringVar(&o.settings.Layer, "layer", o.settings.Layer, "use the activations of layer `NAME` (gradcam, layercam)")
	flags.IntVar(&o.settings.Steps, "steps", o.settings.Steps, "take `N` steps from the baseline to the image (integrated-gradients)")
	flags.IntVar(&o.settings.Samples, "samples", o.settings.Samples, "take the mean over `N` noisy images (smoothgrad)")
	flags.Float64Var(&o.settings.Noise, "noise", o.settings.Noise, "standard deviation of the noise, as a `SHARE` of the range of the image's values (smoothgrad)")
	flags.Uint64Var(&o.settings.Seed, "seed", 0, "seed `N` of the noise (smoothgrad)")
	flags.IntVar(&o.settings.Cell, "patch", o.settings.Cell, "mask squares of `N` x N pixels (occlusion)")
	flags.StringVar(&o.baseline, "baseline", attribution.Mean, "let `mean|black|white|PATH` stand for nothing to be seen: a colour or a picture (integrated-gradients, deeplift, occlusion)")
	o.mapFlags.register(cmd, "METHOD", "float32 [height, width]")
	o.sourceFlags.register(cmd)
	complete(cmd, "class", completeClass(&o.model))
	complete(cmd, "layer", completeFrom(&o.model, (*opened).Layers))
	complete(cmd, "baseline", cobra.FixedCompletions(attribution.Colours(), cobra.ShellCompDirectiveDefault))
	return cmd
}

// check refuses flags that make no sense by themselves, or that the method has no use for.
func (o *attributeOptions) check(s *terminal.Streams, given func(flag string) bool) error {
	o.settings.Method = o.method.Value
	if option, err := o.settings.Check(given); err != nil {
		return usageErrorf("--%s: %w", option, err)
	}
	return o.mapFlags.check(s, given("scale"))
}

func runAttribute(ctx context.Context, s *terminal.Streams, o *attributeOptions, args []string) error {
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	net, total := src.net, src.inputs.Total
	layers := net.Layers()
	if layers == nil && o.settings.Method != attribution.Occlusion {
		return hint.Add(usageErrorf("--method %s: model %s: %w", o.settings.Method, net.Name(), bagnet.ErrNoGradient),
			"--method %s works with it; heatmap draws its votes, which are the decision", attribution.Occlusion)
	}
	if layers != nil && !slices.Contains(layers, o.settings.Layer) {
		return usageErrorf("--layer %s: model %s has %s", text.OneLine(o.settings.Layer), net.Name(), strings.Join(layers, ", "))
	}
	r := &attributeRun{net: net, settings: &o.settings, drawer: o.drawer(net), bar: terminal.NewProgress(s, total)}
	if r.classes, err = findClasses(s, net.classes, o.classes); err != nil {
		return err
	}
	if o.settings.Baseline, err = src.baseline(o.baseline); err != nil {
		return err
	}
	out, err := o.writer(s, r.bar, "."+o.settings.Method, total != 1 || len(r.classes) > 1, args)
	if err != nil {
		return err
	}
	defer reportReplaced(s, &o.replacing)
	if err := net.beside(s, src.decoder, src.threads, total, o.settings.Bytes); err != nil {
		return err
	}
	limitMemory(0, net.memory)
	return eachPicture(ctx, s, src, r.bar, o.format.Value == formatJSON, r.measure, out.take)
}

// baseline understands a value of --baseline.
func (s *source) baseline(value string) (attribution.Baseline, error) {
	if b, ok := attribution.Colour(value, s.net.Preprocessing()); ok {
		return b, nil
	}
	p := s.decoder.Decode(dataset.Image{Path: value})
	if p.Err != nil {
		return attribution.Baseline{}, usageErrorf("--baseline %s: want %s or a picture: %w", text.Path(value), strings.Join(attribution.Colours(), ", "), p.Err)
	}
	return attribution.Picture(value, p.Pixels), nil
}
