package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

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
	mapFlags
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
			if err := o.check(s, cmd.Flags().Changed("scale")); err != nil {
				return err
			}
			o.strideGiven = cmd.Flags().Changed("stride")
			return runHeatmap(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.classes, "class", "c", nil, "show the evidence for `CLASS`: its number, WordNet id or name (repeatable; default: the likeliest)")
	flags.StringVar(&o.versus, "versus", "", "show how much more evidence there is than for `CLASS`")
	flags.IntVar(&o.stride, "stride", 1, "distance of `N` pixels between neighbouring patches: 8 (native), 4, 2 or 1 (a ResNet or DenseNet has its own alone)")
	o.mapFlags.register(cmd, "heatmap", "float32 [rows, cols]")
	o.sourceFlags.register(cmd)
	complete(cmd, "class", completeClass(&o.model))
	complete(cmd, "versus", completeClass(&o.model))
	return cmd
}

func runHeatmap(ctx context.Context, s *terminal.Streams, o *heatmapOptions, args []string) error {
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	net, total := src.net, src.inputs.Total
	if err := net.checkMaps(s, &o.stride, o.strideGiven); err != nil {
		return err
	}
	r := &heatmapRun{streams: s, net: net, options: o, drawer: o.drawer(net), bar: terminal.NewProgress(s, total)}
	if err := r.resolveClasses(); err != nil {
		return err
	}
	out, err := o.writer(s, r.bar, ".heatmap", total != 1 || len(r.Classes) > 1, args)
	if err != nil {
		return err
	}
	defer reportReplaced(s, &o.replacing)
	if err := src.sideBySide(s, o.stride); err != nil {
		return err
	}
	return eachPicture(ctx, s, src, r.bar, o.format.Value == formatJSON, r.measure, out.take)
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
