package cli

import (
	"bytes"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/experiment"
	"bagnet/internal/experiment/shuffle"
	"bagnet/internal/flagvalue"
	"bagnet/internal/heatmap"
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

	save      string
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
	o.registerDepth(cmd, "draw, of each network, the side of the tiles that leave half of the accuracy in `FILE.png|FILE.svg` (repeatable)")
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
	var places *output.Places
	if o.save != "" {
		if places, err = output.NewPlaces("--save", strings.TrimRight(o.save, `/\`)+string(filepath.Separator), ".png", true, nil); err != nil {
			return err
		}
	} else if o.noClobber {
		return usageErrorf("--no-clobber is about the pictures of --save")
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	var saving error
	if places != nil {
		saving = saveShuffled(ctx, o, x.Settings, run, places)
	}
	if err := run.publish(ctx, shuffle.NewReport(run.Run)); saving == nil || ctx.Err() != nil {
		return err
	}
	return saving
}

// saveShuffled writes what the first network was shown, as far as the run came.
func saveShuffled(ctx context.Context, o *shuffleOptions, x shuffle.Settings, run *experimentRun[shuffle.Record], places *output.Places) error {
	net, err := run.open(ctx, &terminal.Streams{Err: run.streams.Err, Quiet: true}, run.given[0])
	if err != nil {
		return err
	}
	files, written, i := output.Replacing{Keep: keeping(o.noClobber)}, 0, -1
	for picture := range net.decoder(o.decoding()).Pictures(ctx, slices.Values(run.Chosen), o.model.threads) {
		if i++; picture.Err != nil { // the run has said so
			continue
		}
		image := run.Chosen[i]
		shuffled, err := x.Pictures(experiment.ImageOf(picture.Pixels), experiment.Chance(run.Seed, image.Ordinal))
		if err != nil {
			continue
		}
		repeats := map[int]int{}
		for tile, img := range shuffled {
			what := fmt.Sprintf("%dpx", tile)
			if repeats[tile]++; x.Repeats > 1 {
				what += fmt.Sprintf("-%d", repeats[tile])
			}
			var png bytes.Buffer
			if err := heatmap.WritePNG(&png, img.Colours(net.preprocessing).Picture(), []heatmap.Text{
				{Key: "Software", Value: "bagnet " + version()}, {Key: output.TextSource, Value: image.Path},
				{Key: "bagnet:tile", Value: fmt.Sprint(tile)}, {Key: "bagnet:seed", Value: fmt.Sprint(run.Seed)},
			}); err != nil {
				return err
			}
			if err := files.Write(places.Next(image.Path, what), png.Bytes()); err != nil {
				return err
			}
			written++
		}
	}
	run.streams.Notef("wrote %s in %s", text.Count(written, "shuffled image", "shuffled images"), text.Path(o.save))
	return nil
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
