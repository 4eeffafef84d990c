// Package noise measures what is left of a network's answers under uniform noise, or with
// little contrast.
package noise

import (
	"context"
	"math/rand/v2"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/experiment/entry"
)

// What images are changed by.
const (
	Uniform  = "uniform"  // noise; a level is its width
	Contrast = "contrast" // a level is the contrast that is left
)

// Settings are how images are changed. Ids of runs are made of them.
type Settings struct {
	Kind     string    // Uniform or Contrast
	Levels   []float64 // widths or contrasts, ascending
	Contrast float64   // before Uniform noise is added, 0 to 1
	Colour   bool      // images keep their colours
}

// Experiment is what the package measures. Answers are classes of the network, or, where
// there is a Decider, entry-level ones.
type Experiment struct {
	Settings
	*entry.Decider
}

// Record is what a network says of one image.
type Record struct {
	Intact Answer   `json:"intact"`
	Levels []Answer `json:"levels"` // in their order
}

// Answer is what a network says of an image in one state.
type Answer struct {
	Predicted   int     `json:"predicted"`
	Probability float64 `json:"probability"`
}

// Name is the experiment's.
func (x *Experiment) Name() string { return "noise" }

// Basis is what results depend on.
func (x *Experiment) Basis() any {
	if x.Decider == nil {
		return x.Settings
	}
	return struct {
		Settings Settings
		Mapping  any
	}{x.Settings, x.Decider.Basis()}
}

// Measure asks about an image as it is and at each level.
func (x *Experiment) Measure(ctx context.Context, net *experiment.Network, it *experiment.Sample) (r Record, err error) {
	if r.Intact, err = x.ask(ctx, net, it.Pixels()); err != nil {
		return r, err
	}
	colours := it.Colours(net.Preprocessing)
	if !x.Colour {
		colours = Grey(colours)
	}
	var noise []float32
	if x.Kind == Uniform {
		noise = Noise(it.H, it.W, it.RNG)
	}
	for _, level := range x.Levels {
		changed := WithContrast(colours, level)
		if x.Kind == Uniform {
			changed = WithNoise(WithContrast(colours, x.Settings.Contrast), noise, level)
		}
		a, err := x.ask(ctx, net, changed.Normalised(net.Preprocessing).Pixels())
		if err != nil {
			return r, err
		}
		r.Levels = append(r.Levels, a)
	}
	return r, nil
}

func (x *Experiment) ask(ctx context.Context, net *experiment.Network, img *bagnet.Image) (Answer, error) {
	a, err := net.Classify(ctx, img)
	if err != nil {
		return Answer{class.None, 0}, err
	}
	if x.Decider != nil {
		decided, mean, err := x.Decide(net, a)
		return Answer{decided.Index, mean}, err
	}
	best := a.Best()
	return Answer{best, a.Probabilities[best]}, nil
}

// The weights of red, green and blue in skimage.color.rgb2gray, which the authors used.
const red, green, blue = 0.2125, 0.7154, 0.0721

// Grey returns colours without hue: all three are 0.2125 R + 0.7154 G + 0.0721 B.
func Grey(m experiment.Image) experiment.Image {
	out := experiment.NewImage(m.H, m.W)
	for i := 0; i < len(m.Values); i += 3 {
		v := float32(red*float64(m.Values[i]) + green*float64(m.Values[i+1]) + blue*float64(m.Values[i+2]))
		out.Values[i], out.Values[i+1], out.Values[i+2] = v, v, v
	}
	return out
}

// WithContrast returns colours x as c x + (1-c)/2: all there is for c = 1, grey for 0.
func WithContrast(m experiment.Image, c float64) experiment.Image {
	out := experiment.NewImage(m.H, m.W)
	for i, v := range m.Values {
		out.Values[i] = float32(c*float64(v) + (1-c)/2)
	}
	return out
}

// Noise returns a value between -1 and 1 for each pixel, all equally likely.
func Noise(h, w int, rng *rand.Rand) []float32 {
	noise := make([]float32, h*w)
	for i := range noise {
		noise[i] = float32(2*rng.Float64() - 1)
	}
	return noise
}

// WithNoise returns colours with width times the noise of its pixel added to each, what lies
// beyond 0 and 1 cut off.
func WithNoise(m experiment.Image, noise []float32, width float64) experiment.Image {
	out := experiment.NewImage(m.H, m.W)
	for i, v := range m.Values {
		out.Values[i] = float32(min(1, max(0, float64(v)+width*float64(noise[i/3]))))
	}
	return out
}

// Levels returns the authors' levels of a kind, ascending.
func Levels(kind string) []float64 {
	if kind == Contrast {
		return []float64{0.01, 0.03, 0.05, 0.1, 0.15, 0.3, 0.5, 1}
	}
	return []float64{0, 0.03, 0.05, 0.1, 0.2, 0.35, 0.6, 0.9}
}
