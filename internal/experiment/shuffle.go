package experiment

import (
	"context"
	"math"
	"math/rand/v2"

	"bagnet"
	"bagnet/internal/answer"
)

// TileSizes returns the sides of tiles that an image of h x w pixels can be cut
// into without a rest, from smallest to at most half of its shorter side,
// ascending.
func TileSizes(h, w, smallest int) []int {
	var sizes []int
	for t := max(1, smallest); t <= min(h, w)/2; t++ {
		if h%t == 0 && w%t == 0 {
			sizes = append(sizes, t)
		}
	}
	return sizes
}

// ShuffleTiles returns the image cut into tiles of t x t pixels, t a divisor of
// both its sides, in an order in which every permutation is equally likely.
func ShuffleTiles(img Image, t int, rng *rand.Rand) Image {
	if img.H%t != 0 || img.W%t != 0 {
		panic("experiment: tiles that do not cut the image without a rest")
	}
	out := NewImage(img.H, img.W)
	cols := img.W / t
	for to, from := range rng.Perm(img.H / t * cols) {
		img.copyTo(out, to/cols*t, to%cols*t, from/cols*t, from%cols*t, t, t)
	}
	return out
}

// ShufflePositions returns a [rows, cols, channels] map with its positions in an
// order in which every permutation is equally likely.
func ShufflePositions(values []float32, channels int, rng *rand.Rand) []float32 {
	out := make([]float32, 0, len(values))
	for _, from := range rng.Perm(len(values) / channels) {
		out = append(out, values[from*channels:][:channels]...)
	}
	return out
}

// A Shuffled is what a network says of an image whose parts have changed places.
type Shuffled struct {
	Class       int     // its answer
	Logit       float32 // of the class of interest
	Correlation float64 // Pearson's over classes with the logits of the intact image; NaN where undefined, and for two classes, where it could only be 1 or -1
}

// Compare returns what the logits of a shuffled image are beside those of the
// intact one, for a class of interest.
func Compare(shuffled, intact []float32, class int) Shuffled {
	s := Shuffled{answer.Best(shuffled), answer.Logit(shuffled, class), math.NaN()}
	if len(shuffled) > 2 {
		s.Correlation = Pearson(float64s(shuffled), float64s(intact))
	}
	return s
}

// PatchMean runs every patch of a grid, all within the image, alone through the
// network, in a random order, and returns the mean of their logits. Each patch is cut
// out, so the network has nothing but its pixels to go by.
func PatchMean(ctx context.Context, net Classifier, g bagnet.Grid, img Image, rng *rand.Rand) ([]float64, error) {
	var sums []float64
	for _, i := range rng.Perm(g.Rows * g.Cols) {
		at := g.Rect(i/g.Cols, i%g.Cols).Min
		logits, err := outputs(ctx, net, img.Crop(at.Y, at.X, g.Patch, g.Patch))
		if err != nil {
			return nil, err
		}
		if sums == nil {
			sums = make([]float64, len(logits))
		}
		for c, v := range logits {
			sums[c] += float64(v)
		}
	}
	for c := range sums {
		sums[c] /= float64(g.Rows * g.Cols)
	}
	return sums, nil
}
