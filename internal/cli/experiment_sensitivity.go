package cli

import (
	"context"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bagnet"
	"bagnet/internal/attribution"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/experiment/sensitivity"
	"bagnet/internal/flagvalue"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
	"bagnet/internal/words"
	"bagnet/models"
)

// sensitivityOptions are the flags of experiment sensitivity.
type sensitivityOptions struct {
	experimentFlags
	maps   []string
	patch  int
	stride int
	shares []float64 // percent
	follow flagvalue.Choice

	curve, fill, place, compare flagvalue.Choice
	correlation                 bool
	boxes                       string
	tolerance, top              int
}

func newSensitivityCmd(s *terminal.Streams) *cobra.Command {
	o := &sensitivityOptions{}
	cmd := &cobra.Command{
		Use:   "sensitivity [flags] DIR|FILE.tar|FILE.csv...",
		Short: "Measure how well maps tell which parts of the images matter to a network",
		Long: `Divide each prepared image into square cells, mask them in the order in which a
map ranks them, the highest first, and follow the probability of a class: the
better the map knows what matters to the network, the faster it falls. Masked is
the mean colour: zeros, after normalisation. The report has the curve for each
map, the area under it, and the correlation of the map with the network's true
sensitivity, which is by how much the class's logit falls when one cell is masked.

--map, repeatable, names the maps:
  occlusion    the true sensitivity itself
  random       cells in a random order
  NAME|PATH    the evidence that a BagNet finds for the class around each pixel,
               on the very pixels that the network sees (bagnet:NAME in doubt);
               --stride is the distance of the patches whose evidence is averaged
  METHOD       what a method of attribute makes of the network, with its defaults:
               saliency, gradient-x-input, smoothgrad, integrated-gradients,
               deeplift, gradcam or layercam
  DIR          what another program has made of the images: for NAME.jpg in the
               directory PARENT the first that is there of DIR/PARENT/NAME.npy,
               DIR/NAME.npy and DIR/NAME.CLASS.npy, as heatmap --npy writes them;
               float32 [rows, cols], a value for each pixel of the prepared image,
               for each cell, or for equal squares that make up a cell (not the native
               grid of heatmap --stride 8, which leaves the edges out)

A map's value for a cell is its mean there. It takes as many passes through the
network as there are cells, for each image: --limit some, or do without them by
--correlation=false. Each map takes one more for each share and curve.

--curve insertion puts cells back into an image that is all masked, instead; both
does one after the other. --fill road makes masked pixels the weighted mean of what
is around them, with a little noise. --place peaks masks squares around the highest
pixels of each map (--stride 1 for all pixels), which may overlap, instead of cells.

--compare has 95% intervals (bootstrap over images) of the areas and correlations,
and of how much these differ, on the same images, between each map and the first, or
all pairs.

--boxes reads where something is: lines of path,x0,y0,x1,y1 in pixels of the image as
decoded, and perhaps a class, without which a box is about any. The report then says
how often a map is highest in a box (pointing game), at most --tolerance pixels of the
prepared image beside it, and which share of its --top highest cells lies in one.`,
		Example: `  bagnet experiment sensitivity --limit 50 imagenette/val
  bagnet experiment sensitivity -m vgg16 --map bagnet33 --map occlusion --map random --limit 50 ILSVRC2012/val
  bagnet experiment sensitivity --curve both --fill road --compare all --limit 50 imagenette/val
  bagnet experiment sensitivity -m mine.pth --map deeplift/ --map bagnet:q17.pth --plot curves.svg val/`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runSensitivity(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.maps, "map", []string{models.DefaultName, sensitivity.OcclusionName, sensitivity.RandomName}, "mask what this map ranks highest: `occlusion|random|METHOD|NAME|PATH|DIR` (repeatable)")
	flags.IntVar(&o.patch, "patch", 16, "mask cells of `N` x N pixels, a divisor of the image's sides")
	flags.IntVar(&o.stride, "stride", 2, "distance of `N` pixels between the patches of BagNets' maps")
	flags.Float64SliceVar(&o.shares, "shares", []float64{0, 1, 2, 5, 10, 20, 50}, "mask these shares of the cells, `PERCENT,...`, ascending")
	flags.Lookup("shares").DefValue = "0,1,2,5,10,20,50" // without a row of zeros behind each
	registerChoice(cmd, &o.follow, "class", "follow the class that the network predicts for the intact image, or the true one", sensitivity.FollowPredicted, sensitivity.FollowTrue)
	registerChoice(cmd, &o.curve, "curve", "mask cells, put them back, or both", sensitivity.Deletion, sensitivity.Insertion, sensitivity.Both)
	registerChoice(cmd, &o.fill, "fill", "make masked pixels the mean colour, or what is around them", sensitivity.FillMean, sensitivity.FillRoad)
	registerChoice(cmd, &o.place, "place", "mask cells, or squares around a map's highest pixels", sensitivity.PlaceCells, sensitivity.PlacePeaks)
	registerChoice(cmd, &o.compare, "compare", "compare pairs of maps: none, each with the first, or all", sensitivity.CompareNone, sensitivity.CompareFirst, sensitivity.CompareAll)
	flags.BoolVar(&o.correlation, "correlation", true, "correlate maps with the true sensitivity, a pass for each cell")
	flags.StringVar(&o.boxes, "boxes", "", "hold the maps against boxes: lines of path,x0,y0,x1,y1[,class] in `FILE`, .csv or .tsv")
	flags.IntVar(&o.tolerance, "tolerance", 0, "let a map's highest point lie up to `N` pixels beside a box")
	flags.IntVar(&o.top, "top", 0, "count how many of a map's `N` highest cells are in boxes; 0 for as many as could be")
	complete(cmd, "boxes", cobra.FixedCompletions(dataset.ListExtensions, cobra.ShellCompDirectiveFilterFileExt))
	complete(cmd, "map", func(cmd *cobra.Command, args []string, begun string) ([]cobra.Completion, cobra.ShellCompDirective) {
		names, directive := completeModel(cmd, args, begun)
		return append(append(attribution.Names(), sensitivity.RandomName), names...), directive
	})
	o.plot.named = "maps"
	o.register(cmd)
	return cmd
}

// checkMaps refuses flags that make no sense by themselves.
func (o *sensitivityOptions) checkMaps() error {
	switch {
	case o.patch < 1:
		return usageErrorf("--patch %d: want 1 pixel or more", o.patch)
	case o.stride < 1 || o.patch%o.stride != 0:
		return usageErrorf("--stride %d: want a divisor of the cells' %d pixels", o.stride, o.patch)
	case len(o.shares) < 2:
		return usageErrorf("--shares: want two or more")
	case o.tolerance < 0 || o.top < 0:
		return usageErrorf("--tolerance %d, --top %d: want 0 or more", o.tolerance, o.top)
	case o.boxes == "" && (o.tolerance > 0 || o.top > 0):
		return usageErrorf("--tolerance and --top are about --boxes")
	}
	for i, p := range o.shares {
		if !(p >= 0 && p <= 100) || i > 0 && p <= o.shares[i-1] {
			return usageErrorf("--shares: want percentages from 0 to 100, ascending")
		}
	}
	for i, name := range o.maps {
		if slices.Contains(o.maps[:i], name) {
			return usageErrorf("--map %s is given twice", text.Path(name))
		}
	}
	o.named = len(o.maps)
	return nil
}

func runSensitivity(ctx context.Context, s *terminal.Streams, o *sensitivityOptions, args []string) error {
	if err := o.checkMaps(); err != nil {
		return err
	}
	if err := o.check(args); err != nil {
		return err
	}
	chosen, all, err := o.chooseImages(ctx, s, args)
	if err != nil {
		return err
	}
	x := &sensitivity.Experiment{Settings: sensitivity.Settings{Cell: o.patch, Stride: o.stride, Shares: o.shares, Follow: o.follow.Value,
		Curve: o.curve.Value, Fill: o.fill.Value, Place: o.place.Value, Compare: o.compare.Value, NoTruth: !o.correlation, Tolerance: o.tolerance, Top: o.top}}
	if o.boxes != "" {
		if x.Boxes, err = dataset.ReadBoxes(o.boxes, chosen); err != nil {
			return err
		}
	}
	run := runOn(s, &o.experimentFlags, args, x, chosen, all)
	for _, name := range o.maps {
		m, memory, err := o.openMap(ctx, s, name, chosen, all)
		if err != nil {
			return err
		}
		x.Maps = append(x.Maps, m)
		run.memory += memory
	}
	run.size = x.Bytes
	run.check = func(net *experiment.Network) error {
		if err := x.Boxes.Check(net.Classes); err != nil {
			return err
		}
		return o.checkNetwork(net, x.Maps)
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	return run.publish(ctx, sensitivity.NewReport(run.Run, x.Settings))
}

// bagnetPrefix may come before the name of a BagNet whose map is meant.
const bagnetPrefix = "bagnet:"

// openMap understands a value of --map, for images chosen of all. It returns what the map's
// passes need if several run at once, bytes.
func (o *sensitivityOptions) openMap(ctx context.Context, s *terminal.Streams, value string, chosen, all []dataset.Image) (sensitivity.Map, int, error) {
	name, forced := strings.CutPrefix(value, bagnetPrefix)
	if info, err := os.Stat(value); !forced && err == nil && info.IsDir() {
		return sensitivity.NewFiles(value, all), 0, nil
	}
	switch value {
	case sensitivity.OcclusionName:
		return sensitivity.Occlusion{}, 0, nil
	case sensitivity.RandomName:
		return sensitivity.Random{}, 0, nil
	}
	if _, err := attribution.Find(value); err == nil {
		return sensitivity.Attribution{Settings: attribution.Default(value)}, 0, nil
	}
	net, err := o.openBagNet(ctx, s, value, name)
	if err != nil {
		return nil, 0, err
	}
	if err := net.sideBySide(s, net.decoder(o.decoding()), o.model.threads, len(chosen), o.stride); err != nil {
		return nil, 0, err
	}
	m := &sensitivity.BagNet{Called: value, Net: net.network(), Stride: o.stride}
	if o.records != "" {
		digest, err := net.source.Digest(ctx)
		if err != nil {
			return nil, 0, err
		}
		m.SHA256 = digest.SHA256
	}
	return m, net.memory, nil
}

// openBagNet loads the BagNet called name for a map called value.
func (o *sensitivityOptions) openBagNet(ctx context.Context, s *terminal.Streams, value, name string) (*opened, error) {
	flags := o.model
	flags.model, flags.labels, flags.weights = name, "", ""
	net, err := flags.open(ctx, s, &o.preprocessing)
	if err != nil {
		return nil, hint.Add(err, "--map takes %s, %s, a directory of .npy files, or a BagNet: bagnet:NAME|PATH, or one of attribute's methods", sensitivity.OcclusionName, sensitivity.RandomName)
	}
	if !net.named() && o.model.labels != "" {
		if err := o.model.label(net); err != nil {
			return nil, err
		}
	}
	if err := net.checkPatches(o.stride, "--map bagnet: is for those that see patches alone"); err != nil {
		return nil, err
	}
	if strides := net.info.Strides; net.info.Family != "v2" && o.stride == strides[0] {
		return nil, usageErrorf("--stride %d is that of the native grid, on which model %s says nothing of the image's edges: want one of %v", o.stride, net.Name(), strides[1:])
	}
	return net, nil
}

// checkNetwork refuses networks whose images the cells do not divide, that see other
// pixels than the maps' BagNets, or have classes that these have not.
func (o *sensitivityOptions) checkNetwork(net *experiment.Network, maps []sensitivity.Map) error {
	if w, h, fixed := net.Preprocessing.FixedSize(); fixed {
		if _, err := experiment.NewCells(h, w, o.patch); err != nil {
			return usageErrorf("--patch %d, for model %s: %w", o.patch, net.Name, err)
		}
	}
	for _, m := range maps {
		if _, ok := m.(sensitivity.Attribution); ok && net.Family == words.Family {
			return usageErrorf("--map %s, for model %s: %w", m.Name(), net.Name, bagnet.ErrNoGradient)
		}
		if b, ok := m.(*sensitivity.BagNet); ok {
			if err := checkBagNet(b.Net, net); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkBagNet refuses a BagNet's map for a network that sees other pixels, or has classes
// that the BagNet has not.
func checkBagNet(b, net *experiment.Network) error {
	if own, other := b.Preprocessing, net.Preprocessing; own.Mean != other.Mean || own.Std != other.Std {
		return hint.Add(usageErrorf("--map %s: it was made for pixels normalised with mean %v and deviation %v, model %s for %v and %v",
			b.Name, own.Mean, own.Std, net.Name, other.Mean, other.Std), "--mean and --std set those of all")
	}
	if _, err := class.MatchClasses(net.Name, net.Classes, b.Name, b.Classes); err != nil {
		return hint.Add(usageErrorf("--map %s: its classes are not those of model %s: %w", b.Name, net.Name, err),
			"name other maps with --map: %s, %s, another BagNet, or a directory of .npy files", sensitivity.OcclusionName, sensitivity.RandomName)
	}
	if w, h, fixed := net.Preprocessing.FixedSize(); fixed {
		if _, err := b.NativeGrid(w, h); err != nil {
			return misfit(b.Name, net.Preprocessing, err)
		}
	}
	return nil
}
