package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/evidence"
	"bagnet/internal/flagvalue"
	"bagnet/internal/heatmap"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// heatmapOptions are the flags of heatmap.
type heatmapOptions struct {
	sourceFlags
	classes     []string
	versus      string
	stride      int
	strideGiven bool
	output      string
	npy         string
	style       flagvalue.Choice
	colormap    string
	percentile  float64
	scale       float64
	alpha       float64
	format      flagvalue.Choice
	replacing   output.Replacing
	noClobber   bool
}

func newHeatmapCmd(s *terminal.Streams) *cobra.Command {
	o := &heatmapOptions{}
	cmd := &cobra.Command{
		Use:   "heatmap [flags] [IMAGE...]",
		Short: "Draw what each patch of an image says about a class",
		Long: `Draw the evidence that each patch of an image gives for a class: the logit that
the network would give to that patch alone, in the network's own units. Red
speaks for the class, blue against it. On the native grid (--stride 8) the mean
of these values is the image's logit: the map is the decision.

--stride is the distance in pixels between neighbouring patches. 1, the
default, is every patch there is; 8, the native grid, takes the time of
classifying the image. Finer maps contain the native one's values.

ResNets and DenseNets have such maps too, a value every 32 pixels: their last
linear layer at each position of the last feature map, whose mean is the logit as
well (a class activation map). But each position saw (nearly) the whole image, or
"sees" pixels a side in JSON: evidence at a position is not evidence from there.

Without --class, the class that the image is classified as is shown. Each class
makes a picture, NAME.CLASS.heatmap.png in the working directory unless -o says
otherwise: a file, a directory, or - for standard output. A file of that name is
replaced, which is said if it shows another image; --no-clobber keeps it. --versus CLASS shows
by how much the evidence for --class exceeds that for the other class.

Styles:
  panel    the image, the map with its colour bar, both together, and a caption
  overlay  the map over the image
  heatmap  the map alone, a pixel for a pixel of the image
  edges    the map under the edges of the image

Colours are symmetric around 0; the strongest stand for the value below which
--percentile of the map's values lie, or for --scale, which makes pictures
comparable with each other. --npy writes the values themselves: float32
[rows, cols].

--format json prints an object for each map:
  {"path","class","logit","probability","patch","stride","rows","cols",
   "origin":[y,x],"mean","residual","scale","output"}
origin is the pixel of the prepared image at the centre of the first value's
patch; mean is that of the native grid, logit what classify gives, and residual
the difference between the two: rounding.`,
		Example: `  bagnet heatmap photo.jpg
  bagnet heatmap --class tench --class 'golf ball' --stride 8 photo.jpg
  bagnet heatmap --class tench --versus 'English springer' -o maps/ holiday/
  bagnet heatmap --resize none --crop none --style overlay -o large.png large.jpg
  bagnet heatmap --npy evidence.npy --format json photo.jpg
  bagnet heatmap -o - --style heatmap photo.jpg | display`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("scale") && o.scale == 0 {
				return usageErrorf("--scale 0: want a number above 0")
			}
			o.strideGiven = cmd.Flags().Changed("stride")
			return runHeatmap(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.classes, "class", "c", nil, "show the evidence for `CLASS`: its number, WordNet id or name (repeatable; default: the likeliest)")
	flags.StringVar(&o.versus, "versus", "", "show how much more evidence there is than for `CLASS`")
	flags.IntVar(&o.stride, "stride", 1, "distance of `N` pixels between neighbouring patches: 8 (native), 4, 2 or 1 (a ResNet or DenseNet has its own alone)")
	flags.StringVarP(&o.output, "output", "o", "", "write pictures to `FILE|DIR|-` (default: NAME.CLASS.heatmap.png here)")
	flags.StringVar(&o.npy, "npy", "", "also write the values to `FILE.npy|DIR` for NumPy: float32 [rows, cols]")
	var styles []string
	for _, style := range heatmap.Styles() {
		styles = append(styles, string(style))
	}
	registerChoice(cmd, &o.style, "style", "how to draw", styles...)
	flags.StringVar(&o.colormap, "colormap", "RdBu_r", "colours from evidence against to evidence for: matplotlib's `NAME`, as RdBu_r, coolwarm or viridis")
	complete(cmd, "colormap", cobra.FixedCompletions(heatmap.ColormapNames(), cobra.ShellCompDirectiveNoFileComp))
	flags.Float64Var(&o.percentile, "percentile", 99, "the strongest colours stand for the value that `P` percent of the map do not exceed")
	flags.Float64Var(&o.scale, "scale", 0, "the strongest colours stand for `VALUE` (default: see --percentile)")
	flags.Float64Var(&o.alpha, "alpha", heatmap.DefaultAlpha, "opacity `A` of the map over the image, 0 to 1")
	registerChoice(cmd, &o.format, "format", "how to print results", formatText, formatJSON)
	flags.BoolVar(&o.noClobber, "no-clobber", false, noClobberUsage)
	o.register(cmd)
	complete(cmd, "class", completeClass(&o.model))
	complete(cmd, "versus", completeClass(&o.model))
	return cmd
}

// check refuses flags that make no sense by themselves.
func (o *heatmapOptions) check(s *terminal.Streams) error {
	switch {
	case !(o.percentile > 0 && o.percentile <= 100):
		return usageErrorf("--percentile %v: want more than 0 and at most 100", o.percentile)
	case !(o.scale >= 0 && o.scale < 1e30):
		return usageErrorf("--scale %v: want a number above 0 and below 1e30", o.scale)
	case !(o.alpha >= 0 && o.alpha <= 1):
		return usageErrorf("--alpha %v: want 0 to 1", o.alpha)
	case o.npy == "-":
		return usageErrorf("--npy -: give a file or a directory")
	}
	return checkPicture(s, o.output, o.format.Value)
}

func runHeatmap(ctx context.Context, s *terminal.Streams, o *heatmapOptions, args []string) error {
	if err := o.check(s); err != nil {
		return err
	}
	if _, err := heatmap.ParseColormap(o.colormap); err != nil {
		return usageErrorf("--colormap: %w", err)
	}
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	net, total := src.net, src.inputs.Total
	if err := net.checkMaps(s, &o.stride, o.strideGiven); err != nil {
		return err
	}
	r := &heatmapRun{streams: s, net: net, options: o, bar: terminal.NewProgress(s, total)}
	r.drawer = evidence.Drawer{Software: "bagnet " + version(), Model: net.Name(), Style: o.style.Value, Colormap: o.colormap, Scale: o.scale, Percentile: o.percentile, Alpha: o.alpha}
	if err := r.resolveClasses(); err != nil {
		return err
	}
	several := total != 1 || len(r.Classes) > 1
	if r.pictures, err = output.NewPlaces("-o", o.output, ".heatmap.png", several, args); err != nil {
		return err
	}
	if o.npy != "" {
		if r.arrays, err = output.NewPlaces("--npy", o.npy, ".npy", several, args); err != nil {
			return err
		}
		if !several {
			if err := npy.Check("--npy", o.npy); err != nil {
				return err
			}
		}
	}
	o.replacing.Keep = keeping(o.noClobber)
	if err := o.replacing.CheckFirst(r.pictures, r.arrays); err != nil {
		return err
	}
	defer reportReplaced(s, &o.replacing)
	if err := src.sideBySide(s, o.stride); err != nil {
		return err
	}
	return eachPicture(ctx, s, src, r.bar, o.format.Value == formatJSON, r.measure, r.take)
}

// resolveClasses finds the classes that --class and --versus name.
func (r *heatmapRun) resolveClasses() error {
	var err error
	if r.Classes, err = findClasses(r.streams, r.net.classes, r.options.classes); err != nil || r.options.versus == "" {
		return err
	}
	versus, err := findNamed(r.streams, "--versus", r.net.classes, []string{r.options.versus})
	if err != nil {
		return err
	}
	c := versus[0]
	if slices.Contains(r.Classes, c) {
		return usageErrorf("--versus: class %q cannot be compared with itself", text.OneLine(c.Label))
	}
	r.Versus = &c
	return nil
}
