// Package training makes bags of visual words of photographs whose classes are known: a
// vocabulary by k-means of their patches, then a linear classifier of how often each word
// occurs, by multinomial logistic regression.
package training

import (
	"context"
	"errors"
	"fmt"
	"image"
	"iter"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"gorgonia.org/tensor"

	"bagnet"
	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/images"
	"bagnet/internal/inference"
	"bagnet/internal/pipeline"
	"bagnet/internal/words"
)

// Settings say what to make.
type Settings struct {
	Words, Colours int     // of shapes and of colours; 0 colours for none
	Patch          int     // side of a patch, pixels
	Penalty        float64 // of the classifier's squared weights
	Seed           uint64
	Threads        int
	Kernel         string
}

// An Example is a photograph of a known class.
type Example struct {
	Image dataset.Image
	Class int
}

// A Run trains on examples of so many classes.
type Run struct {
	Settings
	Decoder  *pipeline.Decoder
	Examples []Example
	Classes  int
	// Looked is told of each photograph that words are made of, and Counted of each that the
	// classifier is trained on, all of them, and why it failed, if it did.
	Looked  func(image dataset.Image)
	Counted func(image dataset.Image, failed error)
	// Note says how far the work has come.
	Note func(format string, args ...any)

	runners *inference.Runners
}

// A Result is what a run has made.
type Result struct {
	Tensors map[string]*tensor.Dense // of the network
	Used    int                      // photographs that it was trained on
	Right   float64                  // share of these, and of their mirror images, that it takes for what they are
}

// perWord is how many patches k-means has for each word, and mostSampled how many
// photographs they come from, if there are so many.
const (
	perWord     = 100
	mostSampled = 2000
)

// Sampled returns how many of n photographs words are made of.
func Sampled(n int) int { return min(n, mostSampled) }

// Decoder returns one that makes photographs ready as p says, for a Run.
func Decoder(options images.DecodeOptions, p images.Preprocessing) *pipeline.Decoder {
	prepare := func(picture image.Image) (*bagnet.Image, error) {
		prepared, err := p.Apply(images.FromImage(picture))
		if err != nil {
			return nil, err
		}
		pixels := p.Normalize(prepared)
		h, w := pixels.Size()
		values := make([]float32, 3*h*w)
		pixels.Read(values, 3*w, 0, 0, h, w)
		return bagnet.FromTensor(tensor.New(tensor.WithShape(h, w, 3), tensor.WithBacking(values)))
	}
	return &pipeline.Decoder{Options: options, Preprocessing: p, Prepare: prepare}
}

// Train makes a network.
func (r *Run) Train(ctx context.Context) (Result, error) {
	if err := r.open(); err != nil {
		return Result{}, err
	}
	made, err := r.vocabularies(ctx)
	if err != nil {
		return Result{}, err
	}
	rows, err := r.count(ctx, made)
	if err != nil {
		return Result{}, err
	}
	return r.classify(ctx, made, rows)
}

// open makes ready what computes.
func (r *Run) open() (err error) {
	r.runners, err = inference.NewRunners(r.Kernel, r.Threads)
	return err
}

// vocabularies makes the words: the first tensors of the network.
func (r *Run) vocabularies(ctx context.Context) (map[string]*tensor.Dense, error) {
	shape, colour, err := r.sample(ctx)
	if err != nil {
		return nil, err
	}
	made := map[string]*tensor.Dense{}
	if made[words.ShapeName], err = r.cluster(ctx, "shapes", shape, r.Words, 1); err != nil {
		return nil, err
	}
	if r.Colours > 0 {
		made[words.ColourName], err = r.cluster(ctx, "colours", colour, r.Colours, 2)
	}
	return made, err
}

// random returns a source of chance of its own for each purpose.
func (r *Run) random(purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(r.Seed, purpose)) }

// sample returns descriptors of patches chosen by chance, of photographs chosen by chance:
// [patches, length] of shapes and of colours.
func (r *Run) sample(ctx context.Context) (shape, colour []float32, err error) {
	chosen := r.random(3).Perm(len(r.Examples))[:Sampled(len(r.Examples))]
	each := (perWord*max(r.Words, r.Colours) + len(chosen) - 1) / len(chosen)
	measure := func(_ context.Context, p pipeline.Picture) (words.Descriptors, error) {
		pixels, err := inference.FromTensor(p.Pixels.Tensor())
		if err != nil {
			return words.Descriptors{}, err
		}
		return words.Describe(pixels, r.Patch)
	}
	at := 0
	for m := range pipeline.Measure(ctx, r.pictures(ctx, chosen), r.Threads, measure) {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		if m.Err == nil {
			patches := m.Result.Shape.Shape()[0]
			for _, i := range rand.New(rand.NewPCG(r.Seed, 16+uint64(at))).Perm(patches)[:min(each, patches)] {
				shape = append(shape, m.Result.Shape.Float32s()[i*words.ShapeLength:][:words.ShapeLength]...)
				colour = append(colour, m.Result.Colour.Float32s()[i*words.ColourLength:][:words.ColourLength]...)
			}
		}
		at++
		r.Looked(m.Image) // failures are told when all are counted
	}
	return shape, colour, ctx.Err()
}

// pictures are those of the examples with these numbers, decoded.
func (r *Run) pictures(ctx context.Context, chosen []int) iter.Seq[pipeline.Picture] {
	found := func(yield func(dataset.Image) bool) {
		for _, i := range chosen {
			if !yield(r.Examples[i].Image) {
				return
			}
		}
	}
	return r.Decoder.Pictures(ctx, found, r.Threads)
}

// cluster makes k words of descriptors.
func (r *Run) cluster(ctx context.Context, group string, points []float32, k int, purpose uint64) (made *tensor.Dense, err error) {
	length := words.ShapeLength
	if group == "colours" {
		length = words.ColourLength
	}
	err = r.runners.Do(ctx, func(runner *inference.Runner) error {
		c := clustering{points: points, length: length, kernel: r.runners.Kernel(), runner: runner}
		centres, inertia, err := c.run(ctx, group, k, r.random(purpose))
		if err != nil {
			return err
		}
		n := float64(len(points) / length)
		r.Note("%d words of %s from %.0f patches: %.4f, then %.4f after %d rounds from a patch to its word", k, group, n,
			math.Sqrt(inertia[0]/n), math.Sqrt(inertia[len(inertia)-1]/n), len(inertia)-1)
		made = tensor.New(tensor.WithShape(k, length), tensor.WithBacking(centres))
		return nil
	})
	return made, err
}

// count returns which words the examples have, and their mirror images, which are of the
// same class: two rows for each that can be read.
func (r *Run) count(ctx context.Context, made map[string]*tensor.Dense) ([]row, error) {
	counter, err := words.NewCounter(source(made), words.Options{Patch: r.Patch, Threads: 1, Kernel: r.Kernel})
	if err != nil {
		return nil, err
	}
	all := make([]int, len(r.Examples))
	for i := range all {
		all[i] = i
	}
	measure := func(ctx context.Context, p pipeline.Picture) (both [2]row, err error) {
		pixels, err := inference.FromTensor(p.Pixels.Tensor())
		if err != nil {
			return both, err
		}
		for i, side := range []inference.Pixels{pixels, mirrored{pixels}} {
			counts, patches, err := counter.Counts(ctx, side)
			if err != nil {
				return both, err
			}
			both[i] = newRow(counts, patches)
		}
		return both, nil
	}
	var rows []row
	at, classes := 0, map[int]bool{}
	for m := range pipeline.Measure(ctx, r.pictures(ctx, all), r.Threads, measure) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if m.Err == nil {
			for _, one := range m.Result {
				one.class = r.Examples[at].Class
				rows = append(rows, one)
			}
			classes[r.Examples[at].Class] = true
		}
		r.Counted(m.Image, m.Err)
		at++
	}
	if len(classes) < r.Classes && ctx.Err() == nil {
		return nil, hint.Add(fmt.Errorf("photographs of %d of the %d classes can be read", len(classes), r.Classes), "give photographs of each class")
	}
	return rows, ctx.Err()
}

// errInfinite is the error about votes beyond float32.
var errInfinite = errors.New("training the classifier: votes beyond float32")

// objective returns what the classifier is to minimise. Words are scaled by the square root of
// how common they are: the variance of counts grows with their mean.
func (r *Run) objective(rows []row) *logistic {
	l := &logistic{rows: rows, scale: make([]float64, r.Words+r.Colours), classes: r.Classes, penalty: r.Penalty, threads: r.Threads}
	for _, one := range rows {
		for i, k := range one.words {
			l.scale[k] += float64(one.shares[i]) / float64(len(rows))
		}
	}
	for k, share := range l.scale {
		if share > 0 {
			l.scale[k] = 1 / math.Sqrt(share)
		}
	}
	return l
}

// classify trains the classifier and adds its tensors. The scale of words is multiplied into
// the votes, so what a patch adds stays a vote of its words.
func (r *Run) classify(ctx context.Context, made map[string]*tensor.Dense, rows []row) (Result, error) {
	l, total := r.objective(rows), r.Words+r.Colours
	x, err := l.minimise(ctx)
	if err != nil {
		return Result{}, err
	}
	weight, bias := make([]float32, r.Classes*total), make([]float32, r.Classes)
	for c := range r.Classes {
		bias[c] = float32(x[total*r.Classes+c])
		for k := range total {
			weight[c*total+k] = float32(l.scale[k] * x[k*r.Classes+c])
		}
	}
	for _, v := range append(bias, weight...) {
		if v-v != 0 {
			return Result{}, errInfinite
		}
	}
	made[words.WeightName] = tensor.New(tensor.WithShape(r.Classes, total), tensor.WithBacking(weight))
	made[words.BiasName] = tensor.New(tensor.WithShape(r.Classes), tensor.WithBacking(bias))
	return Result{Tensors: made, Used: len(rows) / 2, Right: float64(l.right(rows, x)) / float64(len(rows))}, nil
}

// newRow returns the row of a photograph that has so many patches of each word.
func newRow(counts []float64, patches int) (r row) {
	for k, count := range counts {
		if count > 0 {
			r.words, r.shares = append(r.words, int32(k)), append(r.shares, float32(count/float64(patches)))
		}
	}
	return r
}

// mirrored is an image with left and right exchanged.
type mirrored struct{ inference.Pixels }

func (m mirrored) Read(dst []float32, stride, y, x, h, w int) {
	_, width := m.Size()
	m.Pixels.Read(dst, stride, y, width-x-w, h, w)
	for i := range h {
		row := dst[i*stride:][:3*w]
		for a, b := 0, 3*(w-1); a < b; a, b = a+3, b-3 {
			for c := range 3 {
				row[a+c], row[b+c] = row[b+c], row[a+c]
			}
		}
	}
}

// source is tensors in memory.
type source map[string]*tensor.Dense

func (s source) Names() []string                  { return slices.Sorted(maps.Keys(s)) }
func (s source) Tensor(name string) *tensor.Dense { return s[name] }
func (s source) DType(string) string              { return "F32" }
