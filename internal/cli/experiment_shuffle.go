package cli

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/spf13/cobra"
	"gorgonia.org/tensor"

	"bagnet/internal/experiment"
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
}

func newShuffleCmd(s *terminal.Streams) *cobra.Command {
	o := &shuffleOptions{}
	cmd := &cobra.Command{
		Use:   "shuffle [flags] DIR|FILE.csv...",
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
	flags.BoolVar(&o.features, "features", false, "shuffle the positions of the last feature map too")
	flags.IntVar(&o.patches, "patches", 8, "prove that the order of patches does not matter to a BagNet on `N` images")
	o.register(cmd)
	return cmd
}

// smallestTile is the least of the default sides, pixels.
const smallestTile = 7

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
		if err := checkLengths("--tiles", o.tiles, 1); err != nil {
			return err
		}
	}
	run, err := runExperiment(ctx, s, &o.experimentFlags, args, shuffling{o})
	if err != nil {
		return err
	}
	report := newShuffleReport(run)
	return run.publish(ctx, report, report.figure())
}

// shuffling is the experiment.
type shuffling struct{ *shuffleOptions }

// shuffleRecord is what it finds in one image.
type shuffleRecord struct {
	Side  int           `json:"side"` // the image's shorter one, pixels
	Class int           `json:"predicted"`
	Logit float32       `json:"logit"` // of the true class
	Tiles []tilesRecord `json:"tiles"`
	// Features is about the last feature map.
	Features *featuresRecord `json:"features,omitempty"`
	Patches  *text.Ratio     `json:"patches_deviation,omitempty"`
}

// tilesRecord is what it finds for one size of tile.
type tilesRecord struct {
	Tile    int             `json:"tile"` // pixels
	Repeats []shuffledImage `json:"repeats"`
}

// featuresRecord is what it finds when the positions of the last feature map
// change places.
type featuresRecord struct {
	Repeats   []shuffledImage `json:"repeats"`
	Deviation text.Ratio      `json:"deviation"` // the largest, of the range of the intact image's logits
}

// shuffledImage is what the network says of an image in another order.
type shuffledImage struct {
	Class       int        `json:"predicted"`
	Logit       float32    `json:"logit"`
	Correlation text.Ratio `json:"correlation"`
}

func newShuffledImage(logits, intact []float32, class int) shuffledImage {
	s := experiment.Compare(logits, intact, class)
	return shuffledImage{s.Class, s.Logit, text.Ratio(s.Correlation)}
}

func (x shuffling) name() string { return "shuffle" }

func (x shuffling) settings() any {
	return struct {
		Tiles            []int
		Repeats, Patches int
		Features         bool
	}{x.tiles, x.repeats, x.patches, x.features}
}

func (x shuffling) check(net *opened) error {
	w, h, fixed := net.preprocessing.FixedSize()
	if !fixed {
		if len(x.tiles) == 0 {
			return usageErrorf("model %s: without a crop, images differ in size: give --tiles, or --crop", net.Name())
		}
		return nil
	}
	_, err := x.sizes(h, w)
	if err != nil {
		return usageErrorf("--tiles: %w", err)
	}
	return nil
}

// sizes returns the sides of the tiles for images of h x w pixels.
func (x shuffling) sizes(h, w int) ([]int, error) {
	if len(x.tiles) == 0 {
		return experiment.TileSizes(h, w, smallestTile), nil
	}
	for _, t := range x.tiles {
		if h%t != 0 || w%t != 0 {
			return nil, fmt.Errorf("tiles of %d pixels do not cut an image of %dx%d without a rest: those of %s do", t, w, h,
				text.Numbers(",", experiment.TileSizes(h, w, 2)))
		}
	}
	return x.tiles, nil
}

func (x shuffling) measure(ctx context.Context, net *opened, it subject) (shuffleRecord, error) {
	r := shuffleRecord{Side: min(it.H, it.W)}
	sizes, err := x.sizes(it.H, it.W)
	if err != nil {
		return r, err
	}
	a, err := net.Classify(ctx, it.Pixels())
	if err != nil {
		return r, err
	}
	intact := a.Outputs
	r.Class, r.Logit = a.Best(), a.Logits[it.class]
	chance := it.rng.Uint64()
	for _, t := range sizes {
		rng := rand.New(rand.NewPCG(chance, uint64(t))) // whatever other sizes there are
		record := tilesRecord{Tile: t}
		for range x.repeats {
			shuffled, err := net.Classify(ctx, experiment.ShuffleTiles(it.Image, t, rng).Pixels())
			if err != nil {
				return r, err
			}
			record.Repeats = append(record.Repeats, newShuffledImage(shuffled.Outputs, intact, it.class))
		}
		r.Tiles = append(r.Tiles, record)
	}
	if x.features {
		if r.Features, err = x.shuffleFeatures(ctx, net, it, intact, rand.New(rand.NewPCG(chance, 0))); err != nil {
			return r, err
		}
	}
	if net.hasIndependentPatches() && it.index < x.patches {
		grid, err := net.NativeGrid(it.W, it.H)
		if err != nil {
			return r, err
		}
		mean, err := experiment.PatchMean(ctx, net, grid, it.Image, rand.New(rand.NewPCG(chance, 0)))
		if err != nil {
			return r, err
		}
		deviation := text.Ratio(experiment.Deviation(mean, intact))
		r.Patches = &deviation
	}
	return r, nil
}

// shuffleFeatures shuffles the positions of the last feature map.
func (x shuffling) shuffleFeatures(ctx context.Context, net *opened, it subject, intact []float32, rng *rand.Rand) (*featuresRecord, error) {
	features, err := net.Features(ctx, it.Pixels())
	if err != nil {
		return nil, err
	}
	s := features.Shape()
	r := &featuresRecord{}
	for range x.repeats {
		shuffled := experiment.ShufflePositions(features.Float32s(), s[2], rng)
		a, err := net.Head(ctx, tensor.New(tensor.WithShape(s...), tensor.WithBacking(shuffled)))
		if err != nil {
			return nil, err
		}
		logits := a.Outputs
		r.Repeats = append(r.Repeats, newShuffledImage(logits, intact, it.class))
		r.Deviation = max(r.Deviation, text.Ratio(experiment.Deviation(logits, intact)))
	}
	return r, nil
}

// hasIndependentPatches reports whether the network says the same of a patch that
// is cut out of its image: a BagNet without padding.
func (n *opened) hasIndependentPatches() bool { return n.info.Family == "v1" }
