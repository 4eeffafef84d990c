package cli

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/experiment"
	"bagnet/internal/experiment/shuffle"
	"bagnet/internal/flagvalue"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// shuffleOptions are the flags of experiment shuffle.
type shuffleOptions struct {
	experimentFlags
	tiles    []int
	repeats  int
	features bool
	patches  int

	save      string // where shuffled images go; "" for nowhere
	noClobber bool
}

func newShuffleCmd(s *terminal.Streams) *cobra.Command {
	o := &shuffleOptions{}
	cmd := &cobra.Command{
		Use:   "shuffle [flags] DIR|FILE.tar|FILE.csv...",
		Short: "Measure what is left of the answers when parts of the images change places",
		Long: `Cut each prepared image into square tiles, put these in a random order, and
compare the network's answers with those to the intact image: how often they are
right, and how far the logits go together. What a network still knows then it
knew without the places of things.

--tiles are the sides of the tiles in pixels, divisors of the images' sides; those
from 7 to half the crop unless given. --repeats shuffles each image several times.

--features also shuffles the positions of the network's last feature map, before
what follows it. VGG and AlexNet have weights for every position there, so that
is a result; ResNets, DenseNets and BagNets take the mean of all positions, so
there it is a proof that nothing changes.

The report says which tiles leave half of the accuracy, above chance, by straight lines
between the sizes, with a 95% interval (bootstrap over images). --depth-plot draws
that of several networks against how deep they are, or what they see --against sees.

--save writes the shuffled images, as the first network saw them, to DIR: NAME.16px.png,
or with several repeats NAME.16px-1.png and so on, for each image and size of tile.

A BagNet must not notice when the patches that it sees themselves change places,
and that is proved for the first images of the run, --patches of them: every
patch is cut out and run alone, in a random order, and the mean of their logits
compared with the image's. It takes as long as many images do.`,
		Example: `  bagnet experiment shuffle imagenette/val
  bagnet experiment shuffle -m bagnet33 -m vgg16 --limit 200 --plot shuffle.png imagenette/val
  bagnet experiment shuffle --records shuffle.ndjson --resume --tiles 8,16,32 imagenette/val`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runShuffle(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.IntSliceVar(&o.tiles, "tiles", nil, "cut the images into tiles of `N,N,...` pixels (default: all that fit, from 7 pixels on)")
	flags.IntVar(&o.repeats, "repeats", 1, "shuffle each image `N` times for each size of tile")
	flags.StringVar(&o.save, "save", "", "write the shuffled images as PNG to `DIR`")
	complete(cmd, "save", cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs))
	flags.BoolVar(&o.noClobber, "no-clobber", false, noClobberUsage)
	flags.BoolVar(&o.features, "features", false, "shuffle the positions of the last feature map too")
	flags.IntVar(&o.patches, "patches", 8, "prove that the order of patches does not matter to a BagNet on `N` images")
	o.registerDepth(cmd, "draw, of each network, the side of the tiles that leave half of the accuracy in `FILE.png|FILE.svg|FILE.pdf` (repeatable)")
	registerPairs(cmd, &o.between)
	o.register(cmd)
	return cmd
}

// maxRepeats bounds --repeats, and with it the length of a record.
const maxRepeats = 100

func runShuffle(ctx context.Context, s *terminal.Streams, o *shuffleOptions, args []string) error {
	switch {
	case o.repeats < 1 || o.repeats > maxRepeats:
		return usageErrorf("--repeats %d: want 1 to %d", o.repeats, maxRepeats)
	case o.patches < 0:
		return usageErrorf("--patches %d: want 1 or more, or 0 for none", o.patches)
	}
	if len(o.tiles) > 0 {
		if err := flagvalue.CheckLengths("--tiles", o.tiles, 1); err != nil {
			return err
		}
	}
	x := shuffle.Experiment{Settings: shuffle.Settings{Tiles: o.tiles, Repeats: o.repeats, Patches: o.patches, Features: o.features}}
	run, err := newExperimentRun(ctx, s, &o.experimentFlags, args, x)
	if err != nil {
		return err
	}
	run.check = func(net *experiment.Network) error { return checkTiles(net, x.Settings) }
	if o.noClobber && o.save == "" {
		return usageErrorf("--no-clobber is about the pictures of --save")
	}
	to := shuffle.Where{Files: &output.Replacing{Keep: keeping(o.noClobber)}, Software: "bagnet " + version()}
	if o.save != "" {
		if to.Places, err = output.NewPlaces("--save", strings.TrimRight(o.save, `/\`)+"/", ".png", true, nil); err != nil {
			return err
		}
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	var saving error
	if to.Places != nil {
		saving = o.saveShuffled(ctx, x.Settings, run, to)
	}
	if err := run.publish(ctx, shuffle.NewReport(run.Run)); saving == nil || ctx.Err() != nil {
		return err
	}
	return saving
}

// saveShuffled writes what the first network was shown.
func (o *shuffleOptions) saveShuffled(ctx context.Context, x shuffle.Settings, run *experimentRun[shuffle.Record], to shuffle.Where) error {
	net, err := run.open(ctx, &terminal.Streams{Err: run.streams.Err, Quiet: true}, run.given[0])
	if err != nil {
		return err
	}
	pictures := net.decoder(o.decoding()).Pictures(ctx, slices.Values(run.Chosen), o.model.threads)
	written, err := x.Save(to, net.preprocessing, run.Chosen, pictures, run.Seed)
	run.streams.Notef("wrote %s in %s", text.Count(written, "shuffled image", "shuffled images"), text.Path(o.save))
	return err
}

// checkTiles refuses tiles that do not fit into a network's images.
func checkTiles(net *experiment.Network, s shuffle.Settings) error {
	w, h, fixed := net.Preprocessing.FixedSize()
	if !fixed {
		if len(s.Tiles) == 0 {
			return usageErrorf("model %s: without a crop, images differ in size: give --tiles, or --crop", net.Name)
		}
		return nil
	}
	if _, err := s.Sizes(h, w); err != nil {
		return usageErrorf("--tiles: %w", err)
	}
	return nil
}
