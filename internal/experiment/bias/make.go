package bias

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"

	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/output"
)

// A Recipe says how images in conflict are made of two photographs.
type Recipe struct {
	Sigma float64 // standard deviation of the Gaussian that parts coarse from fine, pixels
	Tile  int     // side of the tiles in which the fine parts change places, pixels; 0: they stay
}

// Conflict returns the coarse part of one image, its low frequencies, with the fine part of
// another, its high frequencies, in tiles that have changed places so that they keep no
// outline. Both are colours (experiment.Image.Colours) of one size; the result may leave
// 0 to 1 a little. Tiles that do not fit the sides leave a rest at the right and the bottom
// in its place.
//
// These are hybrid images (A. Oliva, A. Torralba, P. Schyns, 2006), no style transfer.
func (r Recipe) Conflict(shape, texture experiment.Image, rng *rand.Rand) experiment.Image {
	coarse, smooth := r.blur(shape), r.blur(texture)
	fine := experiment.NewImage(texture.H, texture.W)
	for i, v := range texture.Values {
		fine.Values[i] = v - smooth.Values[i]
	}
	if r.Tile > 0 {
		h, w := fine.H/r.Tile*r.Tile, fine.W/r.Tile*r.Tile
		fine.Paste(experiment.ShuffleTiles(fine.Crop(0, 0, h, w), r.Tile, rng), 0, 0)
	}
	for i, v := range fine.Values {
		coarse.Values[i] += v
	}
	return coarse
}

// Check refuses a recipe that does not suit images of h x w pixels.
func (r Recipe) Check(h, w int) error {
	if !(r.Sigma > 0) || r.Sigma > float64(min(h, w)) {
		return fmt.Errorf("a blur of %g pixels for images of %dx%d: want more than 0 and at most their shorter side", r.Sigma, w, h)
	}
	if r.Tile < 0 || r.Tile > min(h, w)/2 {
		return fmt.Errorf("tiles of %d pixels for images of %dx%d: want 1 to half their shorter side, or 0 for none", r.Tile, w, h)
	}
	return nil
}

// blur returns the image through a Gaussian, cut off at 4 standard deviations, edges
// repeated: scipy.ndimage.gaussian_filter with mode="nearest".
func (r Recipe) blur(m experiment.Image) experiment.Image {
	radius := int(4*r.Sigma + 0.5)
	kernel, sum := make([]float64, 2*radius+1), 0.0
	for i := range kernel {
		d := float64(i-radius) / r.Sigma
		kernel[i] = math.Exp(-d * d / 2)
		sum += kernel[i]
	}
	for i := range kernel {
		kernel[i] /= sum
	}
	along := experiment.NewImage(m.H, m.W)
	for y := range m.H {
		for x := range m.W {
			weigh(along, m, y, x, func(i int) (int, int) { return y, min(m.W-1, max(0, x+i-radius)) }, kernel)
		}
	}
	out := experiment.NewImage(m.H, m.W)
	for y := range m.H {
		for x := range m.W {
			weigh(out, along, y, x, func(i int) (int, int) { return min(m.H-1, max(0, y+i-radius)), x }, kernel)
		}
	}
	return out
}

// weigh sets one pixel of dst to the weighted sum of those of src that place gives.
func weigh(dst, src experiment.Image, y, x int, place func(i int) (y, x int), kernel []float64) {
	var sums [3]float64
	for i, k := range kernel {
		fromY, fromX := place(i)
		from := src.Values[3*(fromY*src.W+fromX):]
		for c := range sums {
			sums[c] += k * float64(from[c])
		}
	}
	for c, v := range sums {
		dst.Values[3*(y*dst.W+x)+c] = float32(v)
	}
}

// A Pair is two photographs to be made one, by their places among all.
type Pair struct{ Shape, Texture int }

// Pairs gives each photograph a random one of another class for its texture. Photographs of
// no known class, class.None, are left out. If all are of one class, there are no pairs.
func Pairs(labels []int, rng *rand.Rand) []Pair {
	var pairs []Pair
	for i, label := range labels {
		var others []int
		for j, other := range labels {
			if other != class.None && other != label {
				others = append(others, j)
			}
		}
		if label == class.None || len(others) == 0 {
			continue
		}
		pairs = append(pairs, Pair{i, others[rng.IntN(len(others))]})
	}
	return pairs
}

// Names returns the photographs' names, NAME3 for the third of its class among all, "" for
// those of no known class, and the names of the classes' directories.
func Names(labels []int, classes []class.Class) (names []string, directories []string) {
	counts := map[int]int{}
	for _, c := range classes {
		directories = append(directories, strings.TrimRight(output.FileName(class.FirstName(c)), "0123456789"))
	}
	for _, label := range labels {
		if label == class.None {
			names = append(names, "")
			continue
		}
		counts[label]++
		names = append(names, fmt.Sprintf("%s%d", directories[label], counts[label]))
	}
	return names, directories
}

// CheckNames refuses photographs whose names do not say their class.
func CheckNames(labels []int, names []string, classes []class.Class) error {
	index := class.NewIndex(classes)
	for i, label := range labels {
		if label == class.None {
			continue
		}
		if found, ok := cue(names[i], index); !ok || found != label {
			return fmt.Errorf("the name of class %s, with a number behind it, would not say which class it is", class.Full(classes[label]))
		}
	}
	return nil
}

// A Plan is which images in conflict are made of photographs, and what they are called.
type Plan struct {
	Pairs []Pair

	labels             []int
	names, directories []string
}

// NewPlan pairs photographs of classes by chance, which begins at seed. It refuses those that
// cannot be paired, or whose names would not say what is in them.
func NewPlan(labels []int, classes []class.Class, seed uint64) (*Plan, error) {
	p := &Plan{labels: labels}
	p.names, p.directories = Names(labels, classes)
	p.Pairs = Pairs(labels, rand.New(rand.NewPCG(seed, math.MaxUint64)))
	if len(p.Pairs) == 0 {
		return nil, errors.New("the images are of one class: shape and texture come of two")
	}
	return p, CheckNames(labels, p.names, classes)
}

// path is the file of a pair's image in a directory.
func (p *Plan) path(directory string, of Pair) string {
	return filepath.Join(directory, p.directories[p.labels[of.Shape]], p.names[of.Shape]+"-"+p.names[of.Texture]+".png")
}
