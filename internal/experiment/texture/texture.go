// Package texture measures what is left of a network's answers when images are replaced by
// others of the same texture.
package texture

import (
	"context"
	"crypto/sha256"
	"image"
	"math/rand/v2"

	"bagnet/internal/answer"
	"bagnet/internal/experiment"
	"bagnet/internal/images"
	"bagnet/internal/text"
	synthesis "bagnet/internal/texture"
)

// Settings are which textures are made. Ids of runs are made of them: other names or another
// order of the fields would part runs from their records.
type Settings struct {
	Filters  int      // at most, of a scale; 0 for a VGG
	Scales   int      // of random filters
	Features string   // what stands for the VGG, as the digest of its file; "" for random filters
	Layers   []string // of the VGG
	Steps    int
}

// Experiment is what the package measures. Measure makes the texture of an image once, for as
// many of the networks as read the same pixels of it and as many images as there is room for.
type Experiment struct {
	Settings
	Of   synthesis.Features
	made textures
}

// Record is what it finds in one image.
type Record struct {
	Class   int        `json:"predicted"`
	Logit   float32    `json:"logit"` // of the true class
	Texture Answer     `json:"texture"`
	Loss    text.Ratio `json:"loss"` // how far the statistics are from the image's
	Steps   int        `json:"steps"`
}

// Answer is what the network says of the texture.
type Answer struct {
	Class       int        `json:"predicted"`
	Logit       float32    `json:"logit"`
	Correlation text.Ratio `json:"correlation"`
}

// Name is the experiment's.
func (x *Experiment) Name() string { return "texture" }

// Basis is what results depend on.
func (x *Experiment) Basis() any { return x.Settings }

// Measure asks the network about an image and about a texture like it.
func (x *Experiment) Measure(ctx context.Context, net *experiment.Network, it *experiment.Sample) (Record, error) {
	a, err := net.Classify(ctx, it.Pixels())
	if err != nil {
		return Record{}, err
	}
	made, err := x.Make(ctx, Picture(it.Image, &net.Preprocessing), it.RNG)
	if err != nil {
		return Record{}, err
	}
	other, err := net.Classify(ctx, prepare(made.Picture, &net.Preprocessing).Pixels())
	if err != nil {
		return Record{}, err
	}
	s := experiment.Compare(other.Outputs, a.Outputs, it.Class)
	return Record{
		Class: answer.Best(a.Outputs), Logit: answer.Logit(a.Outputs, it.Class),
		Texture: Answer{s.Class, s.Logit, text.Ratio(s.Correlation)}, Loss: text.Ratio(made.Loss), Steps: made.Steps,
	}, nil
}

// Made is a texture.
type Made struct {
	Picture *image.NRGBA
	Loss    float64
	Steps   int
}

// Make makes a texture like a picture, from noise that rng draws, or returns the one that it
// has made of these pixels and this noise before.
func (x *Experiment) Make(ctx context.Context, picture *image.NRGBA, rng *rand.Rand) (*Made, error) {
	seed := rng.Uint64()
	key := keyOf(picture, seed)
	if made := x.made.find(key); made != nil {
		return made, nil
	}
	r, err := synthesis.Synthesise(ctx, x.Of, synthesis.FromImage(picture), synthesis.Settings{Seed: seed, Steps: x.Steps, Threads: 1})
	if err != nil {
		return nil, err
	}
	made := &Made{r.Image(), r.Loss, r.Steps}
	x.made.keep(key, made)
	return made, nil
}

// Picture is a normalised image in 8 bits, as it was before.
func Picture(img experiment.Image, p *images.Preprocessing) *image.NRGBA {
	unit := synthesis.Picture{Values: make([]float32, len(img.Values)), H: img.H, W: img.W}
	for i, v := range img.Values {
		unit.Values[i] = v*float32(p.Std[i%3]) + float32(p.Mean[i%3])
	}
	return unit.Image()
}

// prepare normalises a picture that has the size which the network wants.
func prepare(picture *image.NRGBA, p *images.Preprocessing) experiment.Image {
	img := experiment.NewImage(picture.Rect.Dy(), picture.Rect.Dx())
	p.Normalize(picture).Read(img.Values, 3*img.W, 0, 0, img.H, img.W)
	return img
}

// key stands for a picture's pixels and the noise that its texture begins with.
type key [sha256.Size]byte

func keyOf(picture *image.NRGBA, seed uint64) key {
	h := sha256.New()
	size := picture.Rect.Size()
	for _, n := range []uint64{seed, uint64(size.X), uint64(size.Y)} {
		var b [8]byte
		for i := range b {
			b[i] = byte(n >> (8 * i))
		}
		h.Write(b[:])
	}
	h.Write(picture.Pix)
	return key(h.Sum(nil))
}
