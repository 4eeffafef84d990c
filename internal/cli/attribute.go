package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/dataset"
	"bagnet/internal/evidence"
	"bagnet/internal/flagvalue"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// attributeOptions are the flags of attribute.
type attributeOptions struct {
	sourceFlags
	mapFlags
	figureFlags
	classes  []string
	methods  flagvalue.Choices
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

--figure draws all maps as one figure, as heatmap does; with several --method, each has a
column with a scale of its own, which its head says: the bar then shows shares of it.

--format json prints an object for each map:
  {"path","class","method","settings","logit","probability","rows","cols",
   "baseline_logit","sum","residual","scale","output"}
rows, cols and sum are of the map before that, residual is sum - (f(x) - f(b)).`,
		Example: `  bagnet attribute photo.jpg
  bagnet attribute -m resnet50 --method gradcam --class tench --class 'golf ball' photo.jpg
  bagnet attribute --figure figure.pdf --method deeplift --method gradcam one.jpg two.jpg
  bagnet attribute -m vgg16 --method deeplift --baseline black --npy maps/ -o pictures/ val/`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			if err := o.check(s, cmd.Flags().Changed, args); err != nil {
				return err
			}
			if o.figure != "" {
				return runAttributeFigure(cmd.Context(), s, o, args)
			}
			return runAttribute(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.classes, "class", "c", nil, "show what matters to `CLASS`: its number, WordNet id or name (repeatable; default: the likeliest)")
	o.methods = flagvalue.Choices{Values: attribution.Names()[:1], Allowed: attribution.Names()}
	flags.Var(&o.methods, "method", "how to find what matters (repeatable with --figure)")
	complete(cmd, "method", cobra.FixedCompletions(o.methods.Allowed, cobra.ShellCompDirectiveNoFileComp))
	flags.StringVar(&o.settings.Layer, "layer", o.settings.Layer, "use the activations of layer `NAME` (gradcam, layercam)")
	flags.IntVar(&o.settings.Steps, "steps", o.settings.Steps, "take `N` steps from the baseline to the image (integrated-gradients)")
	flags.IntVar(&o.settings.Samples, "samples", o.settings.Samples, "take the mean over `N` noisy images (smoothgrad)")
	flags.Float64Var(&o.settings.Noise, "noise", o.settings.Noise, "standard deviation of the noise, as a `SHARE` of the range of the image's values (smoothgrad)")
	flags.Uint64Var(&o.settings.Seed, "seed", 0, "seed `N` of the noise (smoothgrad)")
	flags.IntVar(&o.settings.Cell, "patch", o.settings.Cell, "mask squares of `N` x N pixels (occlusion)")
	flags.StringVar(&o.baseline, "baseline", attribution.Mean, "let `mean|black|white|PATH` stand for nothing to be seen: a colour or a picture (integrated-gradients, deeplift, occlusion)")
	o.mapFlags.register(cmd, "METHOD", "float32 [height, width]")
	o.figureFlags.register(cmd, ", or a network of several -m, or a method of several --method")
	o.registerSeveral(cmd, &o.networks)
	complete(cmd, "class", completeClassOfFirst(&o.model, &o.networks))
	complete(cmd, "layer", completeFrom(&o.model, (*opened).Layers))
	complete(cmd, "baseline", cobra.FixedCompletions(attribution.Colours(), cobra.ShellCompDirectiveDefault))
	return cmd
}

// check refuses flags that make no sense by themselves, or that no method has a use for.
func (o *attributeOptions) check(s *terminal.Streams, given func(flag string) bool, args []string) error {
	if option, err := o.settings.CheckEach(o.methods.Values, given); err != nil {
		return usageErrorf("--%s: %w", option, err)
	}
	if err := o.mapFlags.check(s, given); err != nil {
		return err
	}
	return o.checkFigure(&o.mapFlags, given, args, len(o.classes), len(o.methods.Values))
}

func runAttribute(ctx context.Context, s *terminal.Streams, o *attributeOptions, args []string) error {
	o.model.model = o.networks[0]
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	bar := terminal.NewProgress(s, src.inputs.Total)
	r, err := o.run(s, src)
	if err != nil {
		return err
	}
	out, err := o.writer(s, bar, "."+r.Methods[0].Method, src.inputs.Total != 1 || len(r.Classes) > 1, args)
	if err != nil {
		return err
	}
	defer reportReplaced(s, &o.replacing)
	if err := o.sideBySide(s, src, r, bar); err != nil {
		return err
	}
	return eachPicture(ctx, s, src, bar, jsonFailures(s, o.format), r.Measure, out.Take)
}

// runAttributeFigure draws the maps of all images as one figure.
func runAttributeFigure(ctx context.Context, s *terminal.Streams, o *attributeOptions, args []string) error {
	f := o.figureRun(s, &o.mapFlags, &o.sourceFlags, len(o.classes), len(o.methods.Values))
	f.prepare = func(src *source) (cellsOf, error) {
		r, err := o.run(s, src)
		if err != nil {
			return nil, err
		}
		if err := f.agree(o.classes, r.Classes); err != nil {
			return nil, err
		}
		return r.Cells, o.sideBySide(s, src, r, f.bar)
	}
	return f.run(ctx, args, o.networks)
}

// run makes the run of a network, or refuses what the network cannot do.
func (o *attributeOptions) run(s *terminal.Streams, src *source) (*evidence.Attributions, error) {
	r := &evidence.Attributions{Methods: o.settings.Each(o.methods.Values)}
	layers := src.net.Layers()
	for _, of := range r.Methods {
		if layers == nil && of.Method != attribution.Occlusion {
			return nil, hint.Add(usageErrorf("--method %s: model %s: %w", of.Method, src.net.Name(), bagnet.ErrNoGradient),
				"--method %s works with it; heatmap draws its votes, which are the decision", attribution.Occlusion)
		}
	}
	if layers != nil && !slices.Contains(layers, o.settings.Layer) {
		return nil, usageErrorf("--layer %s: model %s has %s", text.OneLine(o.settings.Layer), src.net.Name(), strings.Join(layers, ", "))
	}
	var err error
	if r.Classes, err = findClasses(s, src.net.classes, o.classes); err != nil {
		return nil, err
	}
	baseline, err := src.baseline(o.baseline)
	for _, of := range r.Methods {
		of.Baseline = baseline
	}
	return r, err
}

// sideBySide lets several passes of a run's network run at once, with room for those that need
// most.
func (o *attributeOptions) sideBySide(s *terminal.Streams, src *source, r *evidence.Attributions, bar *terminal.Progress) error {
	size := func(m *bagnet.Model, w, h int) (int, error) { return attribution.MostBytes(r.Methods, m, w, h) }
	err := src.net.beside(s, src.decoder, src.threads, src.inputs.Total, false, size)
	limitMemory(0, src.net.memory)
	r.Maker = o.maker(src.net, bar)
	return err
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
