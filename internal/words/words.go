// Package words has bags of visual words, the classical ancestors of BagNets (Csurka and
// others, 2004): each patch of an image is described by its gradients and its colours,
// takes the nearest word of a vocabulary of each, and votes for every class with what the
// class has learnt of that word. An image's logits are the means of its patches' votes, so
// they have the same geometry as a BagNet's.
package words

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"gorgonia.org/tensor"

	"bagnet/internal/grid"
	"bagnet/internal/inference"
	"bagnet/internal/weights"
)

// Family is what these networks are called.
const Family = "words"

// Stride is the distance in pixels between neighbouring patches of the native grid.
const Stride = 8

// Names of the tensors of a network.
const (
	ShapeName  = "words.shape"       // [words, ShapeLength]
	ColourName = "words.colour"      // [words, ColourLength]; there may be none
	WeightName = "classifier.weight" // [classes, words of both]: votes, of shapes first
	BiasName   = "classifier.bias"   // [classes]
)

// ErrUnknown is the error for the tensors of another kind of network.
var ErrUnknown = errors.New("this is no bag of visual words")

// Patches are the sizes of patches that there are, pixels: those of the published BagNets.
func Patches() []int { return []int{9, 17, 33} }

// CheckPatch refuses other sizes of patches.
func CheckPatch(patch int) error {
	if slices.Contains(Patches(), patch) {
		return nil
	}
	return fmt.Errorf("patches of %d pixels: a bag of visual words has patches of 9, 17 or 33", patch)
}

// Options are what the tensors do not say.
type Options struct {
	Patch   int    // side of a patch, pixels: one of Patches
	Threads int    // CPUs used by one pass; 0 means all
	Kernel  string // "avx512", "avx2", "neon", "generic"; "" means BAGNET_KERNEL or the best
}

// A Network is a bag of visual words ready to run. Its methods may be called concurrently,
// as those of the other networks.
type Network struct {
	architecture weights.Architecture
	patch        int
	vocabularies []*Vocabulary // of shapes, and of colours if there is one
	votes        []float32     // [words, classes]
	bias         []float32     // [classes]
	runners      *inference.Runners
}

// New checks the tensors and makes the network. It keeps no reference to w.
func New(w weights.Source, o Options) (*Network, error) {
	set, err := weights.NewSet(w, nil)
	if err != nil {
		return nil, err
	}
	a, err := architecture(set)
	if err != nil {
		return nil, err
	}
	if o.Patch == 0 {
		return nil, errors.New("a bag of visual words whose file does not say how large its patches are (metadata \"patch_size\")")
	}
	if err := CheckPatch(o.Patch); err != nil {
		return nil, err
	}
	n, err := vocabularies(set, o)
	if err != nil {
		return nil, err
	}
	n.architecture = a
	n.architecture.Patch = o.Patch
	err = weights.Guard("the votes", func() error {
		n.bias = slices.Clone(set.Floats(BiasName))
		total := n.Channels()
		n.votes = make([]float32, total*a.Classes)
		for c := range a.Classes {
			for k, v := range set.Floats(WeightName)[c*total:][:total] {
				n.votes[k*a.Classes+c] = v
			}
		}
		return nil
	})
	return n, err
}

// vocabularies makes a network that counts words and has no classes.
func vocabularies(set *weights.Set, o Options) (*Network, error) {
	n := &Network{patch: o.Patch}
	var err error
	if n.runners, err = inference.NewRunners(o.Kernel, o.Threads); err != nil {
		return nil, err
	}
	err = weights.Guard("the words", func() error {
		n.vocabularies = append(n.vocabularies, NewVocabulary(n.runners.Kernel(), "shapes", set.Floats(ShapeName), ShapeLength))
		if set.Has(ColourName) {
			n.vocabularies = append(n.vocabularies, NewVocabulary(n.runners.Kernel(), "colours", set.Floats(ColourName), ColourLength))
		}
		return nil
	})
	return n, err
}

// A Counter counts words.
type Counter interface {
	Counts(ctx context.Context, img inference.Pixels) (counts []float64, patches int, err error)
}

// NewCounter returns what counts the words of a network that has no classes yet: only
// ShapeName and ColourName of its tensors, of which there may be one alone.
func NewCounter(w weights.Source, o Options) (Counter, error) {
	set, err := weights.NewSet(w, nil)
	if err != nil {
		return nil, err
	}
	return vocabularies(set, o)
}

// Recognise returns the names that the tensors of a network have here, by those in its
// file, all of which begin with prefix.
func Recognise(names []string, prefix string, shape func(name string) []int) (map[string]string, error) {
	set, err := weights.NewShapes(names, prefix, shape, nil)
	if err != nil {
		return nil, err
	}
	_, err = architecture(set)
	return set.Canonical(), err
}

// architecture checks the shapes of the tensors.
func architecture(set *weights.Set) (a weights.Architecture, err error) {
	if !set.Has(ShapeName) {
		return a, ErrUnknown
	}
	shapes, colours, classes := max(1, set.Dim(ShapeName, 0)), set.Dim(ColourName, 0), max(1, set.Dim(WeightName, 0))
	// What is learned are words and votes: two layers beside those of networks.
	a.Family, a.Classes, a.Layers, a.Words = Family, classes, 2, []int{shapes}
	want := weights.Shapes{ShapeName: {shapes, ShapeLength}, WeightName: {classes, shapes + colours}, BiasName: {classes}}
	if set.Has(ColourName) {
		want[ColourName] = []int{max(1, colours), ColourLength}
		a.Words = append(a.Words, colours)
	}
	a.Parameters, err = set.Check(want, "a bag of visual words")
	return a, err
}

// Architecture returns the network's family, its vocabularies and its classes.
func (n *Network) Architecture() weights.Architecture { return n.architecture }

// Kernel returns the name of the engine's kernel in use.
func (n *Network) Kernel() string { return n.runners.Kernel().Name() }

// Threads returns how many CPUs a pass uses.
func (n *Network) Threads() int { return n.runners.Threads() }

// WithThreads returns the network with passes of that many CPUs each, all if threads is 0.
// The two share the weights, and wait for passes of their own only.
func (n *Network) WithThreads(threads int) *Network {
	other := *n
	other.runners = n.runners.WithThreads(threads)
	return &other
}

// Peak returns what no pass can exceed, in floating-point operations a second, measured
// for about d.
func (n *Network) Peak(d time.Duration) float64 { return n.runners.Peak(d) }

// Release gives back the memory that passes keep for the next ones.
func (n *Network) Release() { n.runners.Release() }

// Warnings returns nothing: there is none.
func (n *Network) Warnings() []string { return nil }

// Layers returns none: there are no gradients.
func (n *Network) Layers() []string { return nil }

// Gradient returns inference.ErrNoGradient.
func (n *Network) Gradient(context.Context, inference.Pixels, inference.Derivative) (inference.Gradient, error) {
	return inference.Gradient{}, inference.ErrNoGradient
}

// GradientBytes returns inference.ErrNoGradient.
func (n *Network) GradientBytes(int, int, inference.Derivative) (int, error) {
	return 0, inference.ErrNoGradient
}

// CheckSize returns an error if an image of h x w pixels has no patch.
func (n *Network) CheckSize(h, w int) error { return CheckSize(h, w, n.patch) }

// CheckSize returns an error if an image of h x w pixels has no patch of that size.
func CheckSize(h, w, patch int) error {
	if h < patch || w < patch {
		return fmt.Errorf("image of %dx%d pixels is too small for patches of %d pixels: give a larger one, or resize it", w, h, patch)
	}
	return nil
}

// MACs counts the multiply-adds of looking up the words of an image of h x w pixels.
func (n *Network) MACs(h, w int) int64 {
	g := nativeGrid(h, w, n.patch)
	each := 0
	for _, v := range n.vocabularies {
		each += v.Len * v.Length
	}
	return int64(g.Rows) * int64(g.Cols) * int64(each)
}

// Classify returns the [classes] float32 logits of a normalised image.
func (n *Network) Classify(ctx context.Context, img inference.Pixels) (logits []float32, err error) {
	counts, patches, err := n.Counts(ctx, img)
	if err != nil {
		return nil, err
	}
	return n.vote(counts, patches), nil
}

// Profile does what Classify does and measures the vocabularies; describing the patches is
// not counted.
func (n *Network) Profile(ctx context.Context, img inference.Pixels) (layers []inference.LayerProfile, err error) {
	h, w := img.Size()
	if err := n.CheckSize(h, w); err != nil {
		return nil, err
	}
	err = n.runners.Do(ctx, func(r *inference.Runner) error {
		layers, err = r.Profile(func() error { return n.look(ctx, r, img, Stride, nil, func(int, [][]int32) {}) })
		return err
	})
	return layers, err
}

// Counts returns how many of an image's patches have each word, [Channels], and how many
// patches there are. A patch without a word, whose pixels are not finite, makes all NaN.
func (n *Network) Counts(ctx context.Context, img inference.Pixels) (counts []float64, patches int, err error) {
	h, w := img.Size()
	if err := n.CheckSize(h, w); err != nil {
		return nil, 0, err
	}
	counts = make([]float64, n.Channels())
	err = n.runners.Do(ctx, func(r *inference.Runner) error {
		return n.look(ctx, r, img, Stride, nil, func(_ int, words [][]int32) {
			patches += len(words[0])
			n.each(words, func(_, word int) {
				if word < 0 {
					word = 0
					counts[word] = math.NaN()
				}
				counts[word]++
			})
		})
	})
	return counts, patches, err
}

// each calls do with every word of every patch, numbered through both vocabularies; -1
// for none.
func (n *Network) each(words [][]int32, do func(patch, word int)) {
	before := 0
	for i, own := range words {
		for patch, word := range own {
			if word >= 0 {
				word += int32(before)
			}
			do(patch, int(word))
		}
		before += n.vocabularies[i].Len
	}
}

// vote returns the logits of so many patches with these counts of words. Counts are whole
// numbers and sums are float64, so no order of patches changes the result.
func (n *Network) vote(counts []float64, patches int) []float32 {
	classes := len(n.bias)
	sums := make([]float64, classes)
	for k, count := range counts {
		if count == 0 {
			continue
		}
		for c, v := range n.votes[k*classes:][:classes] {
			sums[c] += count * float64(v)
		}
	}
	logits := make([]float32, classes)
	for c, v := range sums {
		logits[c] = float32(v/float64(patches) + float64(n.bias[c]))
	}
	return logits
}

// Features returns which words the patches on the native grid have, [rows, cols,
// Channels] float32: 1 for these, 0 for others.
func (n *Network) Features(ctx context.Context, img inference.Pixels) (*tensor.Dense, error) {
	maps, err := n.Maps(ctx, img, inference.MapOptions{Features: true, Stride: Stride})
	return maps.Values, err
}

// Head returns the logits of a map like those of Features, of any number of rows and
// columns.
func (n *Network) Head(_ context.Context, features *tensor.Dense) ([]float32, error) {
	s := features.Shape()
	if len(s) != 3 || s[2] != n.Channels() || features.Dtype() != tensor.Float32 {
		return nil, fmt.Errorf("running the classifier: feature map is %v of %v, expected [rows, cols, %d] of float32", []int(s), features.Dtype(), n.Channels())
	}
	counts := make([]float64, s[2])
	for i, v := range features.Float32s() {
		counts[i%s[2]] += float64(v)
	}
	return n.vote(counts, s[0]*s[1]), nil
}

// nativeGrid returns where the patches of the native grid lie in an h x w image: where
// those of a BagNet with patches of that size do.
func nativeGrid(h, w, patch int) grid.Grid {
	g := grid.Grid{Rows: (h-patch)/Stride + 1, Cols: (w-patch)/Stride + 1, Origin: patch / 2, Stride: Stride, Patch: patch, Sees: patch, Step: 1}
	g.NativeRows, g.NativeCols = g.Rows, g.Cols
	return g
}
