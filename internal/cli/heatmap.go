package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/evidence"
	"bagnet/internal/flagvalue"
	"bagnet/internal/heatmap"
	"bagnet/internal/terminal"
)

// heatmapOptions are the flags of heatmap.
type heatmapOptions struct {
	sourceFlags
	figureFlags
	classes     []string
	versus      string
	stride      int
	strideGiven bool
	border      flagvalue.Choice
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
replaced, which is said if it shows another image; --no-clobber keeps it. A name
that ends in .svg or .pdf makes a vector figure; --as does so in a directory,
--width says how wide it is in print. --versus CLASS shows by how much the
evidence for --class exceeds that for the other class.

Styles:
  panel    the image, the map with its colour bar, both together, and a caption
  overlay  the map over the image
  heatmap  the map alone, a pixel for a pixel of the image
  edges    the map under the edges of the image
--zoom makes them larger, --bar gives the last three a colour bar.

Colours are symmetric around 0; the strongest stand for the value below which
--percentile of the map's values lie, or for --scale, which makes pictures
comparable with each other. --npy writes the values themselves: float32
[rows, cols]. Patches that reach beyond the image took no part in the decision:
what they say is drawn pale and counts for no scale, unless --border is show.

--figure draws all maps as one figure, in the colours of one bar (--scale shared, or a
value): a row an image, which is its first picture, and a column a class; or, with several
-m, a network. Maps of one class or of the likeliest ones stand in pairs with their images.
--titles letters has letters for the files' names, none no words. An image that fails is
left out, and exit status 1 says so. docs/figures.md shows some.

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
  bagnet heatmap --figure figure.pdf --class tench --class 'golf ball' one.jpg two.jpg
  bagnet heatmap --figure figure.pdf -m bagnet9 -m bagnet33 --titles letters one.jpg two.jpg
  bagnet heatmap --width 85 -o figure.pdf photo.jpg
  bagnet heatmap -o - --style heatmap photo.jpg | display`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			if err := o.check(s, cmd.Flags().Changed); err != nil {
				return err
			}
			if err := o.checkFigure(&o.mapFlags, cmd.Flags().Changed, args, len(o.classes), 1); err != nil {
				return err
			}
			o.strideGiven = cmd.Flags().Changed("stride")
			if o.figure != "" {
				return runHeatmapFigure(cmd.Context(), s, o, args)
			}
			return runHeatmap(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.classes, "class", "c", nil, "show the evidence for `CLASS`: its number, WordNet id or name (repeatable; default: the likeliest)")
	flags.StringVar(&o.versus, "versus", "", "show how much more evidence there is than for `CLASS`")
	flags.IntVar(&o.stride, "stride", 1, "distance of `N` pixels between neighbouring patches: 8 (native), 4, 2 or 1 (a ResNet or DenseNet has its own alone)")
	registerChoice(cmd, &o.border, "border", "how to draw what patches that reach beyond the image say, which is no part of the decision", string(heatmap.PaleBorder), string(heatmap.ShowBorder))
	o.mapFlags.register(cmd, "heatmap", "float32 [rows, cols]")
	o.figureFlags.register(cmd, ", or a network of several -m")
	o.registerSeveral(cmd, &o.networks)
	complete(cmd, "class", completeClassOfFirst(&o.model, &o.networks))
	complete(cmd, "versus", completeClassOfFirst(&o.model, &o.networks))
	return cmd
}

func runHeatmap(ctx context.Context, s *terminal.Streams, o *heatmapOptions, args []string) error {
	o.model.model = o.networks[0]
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	net, total := src.net, src.inputs.Total
	if err := net.checkMaps(s, &o.stride, o.strideGiven); err != nil {
		return err
	}
	bar := terminal.NewProgress(s, total)
	asked, err := o.question(s, net)
	if err != nil {
		return err
	}
	out, err := o.writer(s, bar, ".heatmap", total != 1 || len(asked.Classes) > 1, args)
	if err != nil {
		return err
	}
	defer reportReplaced(s, &o.replacing)
	if err := src.sideBySide(s, o.stride); err != nil {
		return err
	}
	r := o.run(net, bar, asked, o.stride)
	return eachPicture(ctx, s, src, bar, jsonFailures(s, o.format), r.Measure, out.Take)
}

// runHeatmapFigure draws the maps of all images as one figure.
func runHeatmapFigure(ctx context.Context, s *terminal.Streams, o *heatmapOptions, args []string) error {
	f := o.figureRun(s, &o.mapFlags, &o.sourceFlags, len(o.classes), 1)
	f.prepare = func(src *source) (cellsOf, error) {
		stride := o.stride // the network may have another
		if err := src.net.checkMaps(s, &stride, o.strideGiven); err != nil {
			return nil, err
		}
		asked, err := o.question(s, src.net)
		if err != nil {
			return nil, err
		}
		if err := f.agree(o.classes, asked.Classes); err != nil {
			return nil, err
		}
		err = src.sideBySide(s, stride)
		return o.run(src.net, f.bar, asked, stride).Cells, err
	}
	return f.run(ctx, args, o.networks)
}

// run makes the maps of a network that are asked for.
func (o *heatmapOptions) run(net *opened, bar *terminal.Progress, asked evidence.Question, stride int) *evidence.Heatmaps {
	r := &evidence.Heatmaps{Maker: o.maker(net, bar), Question: asked, Stride: stride}
	r.Look.Border = o.border.Value
	return r
}

// question finds the classes of a network that --class and --versus name.
func (o *heatmapOptions) question(s *terminal.Streams, net *opened) (q evidence.Question, err error) {
	if q.Classes, err = findClasses(s, net.classes, o.classes); err != nil {
		return q, err
	}
	q.Versus, err = findVersus(s, net.classes, o.versus, q.Classes)
	return q, err
}
