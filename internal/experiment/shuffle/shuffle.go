// Package shuffle measures what is left of a network's answers when parts of the images
// change places.
package shuffle

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"

	"gorgonia.org/tensor"

	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// smallestTile is the least of the default sides, pixels.
const smallestTile = 7

// Settings are what is shuffled. Ids of runs are made of them: other names or another
// order of the fields would part runs from their records.
type Settings struct {
	Tiles    []int // sides of the tiles, pixels; none for all that fit
	Repeats  int   // of each size of tile
	Patches  int   // images on which the patches of a BagNet change places
	Features bool  // the positions of the last feature map change places too
}

// Experiment is what the package measures.
type Experiment struct{ Settings }

// Record is what it finds in one image.
type Record struct {
	Side  int           `json:"side"` // the image's shorter one, pixels
	Class int           `json:"predicted"`
	Logit float32       `json:"logit"` // of the true class
	Tiles []TilesRecord `json:"tiles"`
	// Features is about the last feature map.
	Features *FeaturesRecord `json:"features,omitempty"`
	Patches  *text.Ratio     `json:"patches_deviation,omitempty"`
}

// TilesRecord is what it finds for one size of tile.
type TilesRecord struct {
	Tile    int        `json:"tile"` // pixels
	Repeats []Shuffled `json:"repeats"`
}

// FeaturesRecord is what it finds when the positions of the last feature map
// change places.
type FeaturesRecord struct {
	Repeats   []Shuffled `json:"repeats"`
	Deviation text.Ratio `json:"deviation"` // the largest, of the range of the intact image's logits
}

// Shuffled is what the network says of an image in another order.
type Shuffled struct {
	Class       int        `json:"predicted"`
	Logit       float32    `json:"logit"`
	Correlation text.Ratio `json:"correlation"`
}

func newShuffled(logits, intact []float32, class int) Shuffled {
	s := experiment.Compare(logits, intact, class)
	return Shuffled{s.Class, s.Logit, text.Ratio(s.Correlation)}
}

// Name is the experiment's.
func (x Experiment) Name() string { return "shuffle" }

// Basis is what results depend on.
func (x Experiment) Basis() any { return x.Settings }

// Sizes returns the sides of the tiles for images of h x w pixels.
func (x Settings) Sizes(h, w int) ([]int, error) {
	if len(x.Tiles) == 0 {
		return experiment.TileSizes(h, w, smallestTile), nil
	}
	for _, t := range x.Tiles {
		if h%t != 0 || w%t != 0 {
			return nil, fmt.Errorf("tiles of %d pixels do not cut an image of %dx%d without a rest: those of %s do", t, w, h,
				text.Numbers(",", experiment.TileSizes(h, w, 2)))
		}
	}
	return x.Tiles, nil
}

// Measure puts the parts of one image into other places.
func (x Experiment) Measure(ctx context.Context, net *experiment.Network, it *experiment.Sample) (Record, error) {
	r := Record{Side: min(it.H, it.W)}
	sizes, err := x.Sizes(it.H, it.W)
	if err != nil {
		return r, err
	}
	a, err := net.Classify(ctx, it.Pixels())
	if err != nil {
		return r, err
	}
	intact := a.Outputs
	r.Class, r.Logit = a.Best(), a.Logits[it.Class]
	chance := it.RNG.Uint64()
	for t, image := range x.shuffles(it.Image, sizes, chance) {
		shuffled, err := net.Classify(ctx, image.Pixels())
		if err != nil {
			return r, err
		}
		if n := len(r.Tiles); n == 0 || r.Tiles[n-1].Tile != t {
			r.Tiles = append(r.Tiles, TilesRecord{Tile: t})
		}
		record := &r.Tiles[len(r.Tiles)-1]
		record.Repeats = append(record.Repeats, newShuffled(shuffled.Outputs, intact, it.Class))
	}
	if x.Features {
		if r.Features, err = x.shuffleFeatures(ctx, net, it, intact, rand.New(rand.NewPCG(chance, 0))); err != nil {
			return r, err
		}
	}
	// A BagNet without padding says the same of a patch that is cut out; so does a bag of words.
	independent := net.Patch > 0 && net.Family != "v2"
	if independent && it.Index < x.Patches {
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

// shuffles yields an image cut into tiles of each of the sizes, in other orders, so many times
// as there are repeats.
func (x Settings) shuffles(img experiment.Image, sizes []int, chance uint64) iter.Seq2[int, experiment.Image] {
	return func(yield func(int, experiment.Image) bool) {
		for _, t := range sizes {
			rng := rand.New(rand.NewPCG(chance, uint64(t))) // whatever other sizes there are
			for range x.Repeats {
				if !yield(t, experiment.ShuffleTiles(img, t, rng)) {
					return
				}
			}
		}
	}
}

// Pictures yields what Measure shows a network of an image, with the side of its tiles; rng is
// the image's.
func (x Settings) Pictures(img experiment.Image, rng *rand.Rand) (iter.Seq2[int, experiment.Image], error) {
	sizes, err := x.Sizes(img.H, img.W)
	return x.shuffles(img, sizes, rng.Uint64()), err
}

// shuffleFeatures shuffles the positions of the last feature map.
func (x Experiment) shuffleFeatures(ctx context.Context, net *experiment.Network, it *experiment.Sample, intact []float32, rng *rand.Rand) (*FeaturesRecord, error) {
	features, err := net.Features(ctx, it.Pixels())
	if err != nil {
		return nil, err
	}
	s := features.Shape()
	r := &FeaturesRecord{}
	for range x.Repeats {
		shuffled := experiment.ShufflePositions(features.Float32s(), s[2], rng)
		a, err := net.Head(ctx, tensor.New(tensor.WithShape(s...), tensor.WithBacking(shuffled)))
		if err != nil {
			return nil, err
		}
		r.Repeats = append(r.Repeats, newShuffled(a.Outputs, intact, it.Class))
		r.Deviation = max(r.Deviation, text.Ratio(experiment.Deviation(a.Outputs, intact)))
	}
	return r, nil
}
