// Package attribution computes maps of what in an image matters to a class of a network, any
// network: by gradients of the class's logit, or by masking parts of the image.
//
// But for a BagNet's own heat maps, which are its decision, such maps are approximations:
// docs/attribution.md says what each of them is and what it promises.
package attribution

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"bagnet"
	"bagnet/internal/answer"
)

// The methods. x is the image, normalised, f the class's logit, and b the baseline: an image
// that shows nothing.
const (
	Saliency            = "saliency"             // the largest |df/dx| of the channels
	GradientXInput      = "gradient-x-input"     // the sum of x df/dx over the channels
	SmoothGrad          = "smoothgrad"           // the saliency of the mean gradient over noisy images
	IntegratedGradients = "integrated-gradients" // (x - b) times the mean gradient between b and x, summed over the channels
	DeepLIFT            = "deeplift"             // (x - b) times the Rescale rule's multipliers, summed over the channels
	GradCAM             = "gradcam"              // a layer's channels, each weighted by its mean gradient
	LayerCAM            = "layercam"             // a layer's activations, each weighted by its own gradient
	Occlusion           = "occlusion"            // by how much f falls when b takes the place of a cell
)

// A Method is what there is to say about one of them.
type Method struct {
	Name     string
	Words    string // its name in a sentence
	Says     string // what its values are
	Formula  string // the same to those who know
	Unit     string // of the values
	Unsigned bool   // whether no value is below 0
	Complete bool   // whether the values add up to f(x) - f(b), as far as the computation is exact

	uses    []string // of the settings
	compute func(*Settings, context.Context, task) (*Map, error)
}

const (
	slope = "gradient" // logits by the unit of a normalised channel
	logit = "logit"
)

var methods = []Method{
	{Saliency, "saliency", "by how much the logit changes with a normalised channel, the largest of three", "the largest |df/dx| of a pixel's three channels", slope, true, false, nil, (*Settings).saliency},
	{GradientXInput, "gradient × input", "normalised pixels times the logit's gradient", "the sum of x df/dx over the channels", logit, false, false, nil, (*Settings).gradientXInput},
	{SmoothGrad, "SmoothGrad", "by how much the logit changes with a normalised channel in the mean, the largest of three", "the saliency of the mean gradient over noisy images", slope, true, false, []string{"samples", "noise", "seed"}, (*Settings).smoothGrad},
	{IntegratedGradients, "integrated gradients", "each pixel's share of the logit's difference to the baseline", "x - b times the mean gradient between b and x", logit, false, true, []string{"steps", "baseline"}, (*Settings).integratedGradients},
	{DeepLIFT, "DeepLIFT", "each pixel's share of the logit's difference to the baseline", "the same with DeepLIFT's multipliers (Rescale rule)", logit, false, true, []string{"baseline"}, (*Settings).deepLIFT},
	{GradCAM, "Grad-CAM", "activations weighted by their channel's mean gradient, where they are above 0 together", "a layer's activations, each channel times its mean\ngradient, where they add up to more than 0", logit, true, false, []string{"layer"}, (*Settings).gradCAM},
	{LayerCAM, "LayerCAM", "activations weighted by their own gradient, where they are above 0 together", "the same, each activation times its own gradient", logit, true, false, []string{"layer"}, (*Settings).layerCAM},
	{Occlusion, "occlusion", "by how much the logit falls when a square shows the baseline", "by how much f falls when b takes the place of a square", logit, false, false, []string{"patch", "baseline"}, (*Settings).occlusion},
}

// Names returns the names of the methods.
func Names() []string {
	var names []string
	for _, m := range methods {
		names = append(names, m.Name)
	}
	return names
}

// Describe returns a line or two about each method, behind indent.
func Describe(indent string) string {
	var b strings.Builder
	for _, m := range methods {
		name := m.Name
		for line := range strings.SplitSeq(m.Formula, "\n") {
			fmt.Fprintf(&b, "%s%-21s %s\n", indent, name, line)
			name = ""
		}
	}
	return b.String()
}

// Find returns the method of the given name.
func Find(name string) (Method, error) {
	if i := slices.IndexFunc(methods, func(m Method) bool { return m.Name == name }); i >= 0 {
		return methods[i], nil
	}
	return Method{}, fmt.Errorf("there is no method %q: want one of %s", name, strings.Join(Names(), ", "))
}

// Settings are a method and what it is about. Only those count that the method has a use for.
type Settings struct {
	Method   string
	Layer    string   // of GradCAM and LayerCAM, one of Model.Layers
	Steps    int      // images between baseline and image, of IntegratedGradients
	Samples  int      // noisy images, of SmoothGrad
	Noise    float64  // SmoothGrad's standard deviation, as a share of the range of the image's values
	Seed     uint64   // of SmoothGrad's noise
	Cell     int      // side of a cell, pixels, of Occlusion: the option "patch"
	Baseline Baseline // of IntegratedGradients, DeepLIFT and Occlusion; the zero value is the mean colour
}

// Check returns the name of a setting that makes no sense, or that is given though the method
// has no use for it, and why.
func (s *Settings) Check(given func(option string) bool) (option string, err error) {
	used := s.Used()
	for _, name := range []string{"layer", "steps", "samples", "noise", "seed", "patch", "baseline"} {
		if given(name) && !slices.ContainsFunc(used, func(u Setting) bool { return u.Name == name }) {
			return name, fmt.Errorf("method %s has no use for it", s.Method)
		}
	}
	for _, c := range []struct {
		name  string
		value int
	}{{"steps", s.Steps}, {"samples", s.Samples}, {"patch", s.Cell}} {
		if c.value < 1 {
			return c.name, fmt.Errorf("%d: want 1 or more", c.value)
		}
	}
	if !(s.Noise > 0 && s.Noise < 1e6) {
		return "noise", fmt.Errorf("%v: want a number above 0", s.Noise)
	}
	return "", nil
}

// A Setting is an option with its value.
type Setting struct {
	Name  string
	Value any
}

// Used returns the settings that the method has a use for.
func (s *Settings) Used() []Setting {
	m, err := Find(s.Method)
	if err != nil {
		return nil
	}
	values := map[string]any{"layer": s.Layer, "steps": s.Steps, "samples": s.Samples, "noise": s.Noise, "seed": s.Seed, "patch": s.Cell, "baseline": s.Baseline.Name()}
	var used []Setting
	for _, name := range m.uses {
		used = append(used, Setting{name, values[name]})
	}
	return used
}

// Default returns the usual settings of a method.
func Default(method string) Settings {
	return Settings{Method: method, Layer: "features", Steps: 50, Samples: 25, Noise: 0.15, Cell: 16}
}

// A Network is what maps are made of: a bagnet.Model.
type Network interface {
	Classify(ctx context.Context, img *bagnet.Image) (bagnet.Answer, error)
	Gradient(ctx context.Context, img *bagnet.Image, o *bagnet.GradientOptions) (bagnet.Gradient, error)
}

// A Map says how much each part of an image matters to a class.
type Map struct {
	Method
	Class       bagnet.Class
	Logit       float64 // of the image
	Probability float64
	Values      []float32 // [Rows*Cols], row by row, in the method's unit
	// Rows and Cols are those of the image's pixels, of GradCAM's and LayerCAM's layer, or of
	// Occlusion's cells, of Cell pixels, of which the last ones may be cut off by the image's edge.
	Rows, Cols, Cell int

	Against  float64 // the baseline's logit; NaN for a method without a baseline
	Sum      float64 // of the values
	Residual float64 // Sum - (Logit - Against) of a Complete method, else NaN
}

// A task is one map to be made.
type task struct {
	net   Network
	img   *bagnet.Image
	x     []float32 // [h, w, 3] of img
	h, w  int
	class bagnet.Class
	logit float64
	step  func(done, total int)
}

// ErrNotFinite is the error about an image of which the weights make infinite gradients, or
// NaN.
var ErrNotFinite = errors.New("the map's values are not finite: the network's weights do not suit this image")

// Map computes the map of one class of an image, a being the network's answer to it. progress
// is called as passes through the network are done. The same image and settings give the
// same bits, on however many threads.
func (s *Settings) Map(ctx context.Context, net Network, img *bagnet.Image, a bagnet.Answer, c bagnet.Class, progress func(done, total int)) (*Map, error) {
	method, err := Find(s.Method)
	if err != nil {
		return nil, err
	}
	if c.Index < 0 || c.Index >= len(a.Logits) {
		return nil, fmt.Errorf("class %d of a network that has %d", c.Index, len(a.Logits))
	}
	m, err := method.compute(s, ctx, newTask(net, img, a, c, progress))
	if err != nil {
		return nil, err
	}
	m.finish(method, a, c)
	if !answer.Finite(m.Values) {
		return nil, ErrNotFinite
	}
	return m, nil
}

func newTask(net Network, img *bagnet.Image, a bagnet.Answer, c bagnet.Class, progress func(done, total int)) task {
	size := img.Size()
	return task{net: net, img: img, x: img.Tensor().Float32s(), h: size.Y, w: size.X, class: c, logit: float64(a.Logits[c.Index]), step: progress}
}

// finish notes what a map is of.
func (m *Map) finish(method Method, a bagnet.Answer, c bagnet.Class) {
	m.Method, m.Class, m.Logit, m.Probability, m.Residual = method, c, float64(a.Logits[c.Index]), a.Probabilities[c.Index], math.NaN()
	for _, v := range m.Values {
		m.Sum += float64(v)
	}
	if method.Complete {
		m.Residual = m.Sum - (m.Logit - m.Against)
	}
}

// pixels is a map with a value a pixel.
func (t task) pixels(values []float32) *Map {
	return &Map{Values: values, Rows: t.h, Cols: t.w, Against: math.NaN()}
}

// gradient computes what o asks about the task's class, and counts as a step.
func (t task) gradient(ctx context.Context, img *bagnet.Image, o bagnet.GradientOptions, done, total int) (bagnet.Gradient, error) {
	o.Class = t.class
	g, err := t.net.Gradient(ctx, img, &o)
	if err == nil {
		t.step(done, total)
	}
	return g, err
}

// classify returns the logit of the task's class for another image.
func (t task) classify(ctx context.Context, img *bagnet.Image) (float64, error) {
	a, err := t.net.Classify(ctx, img)
	if err != nil {
		return 0, err
	}
	return float64(a.Logits[t.class.Index]), nil
}

// Bytes returns about how much memory a pass of the method's needs in m for prepared pictures
// of w x h pixels.
func (s *Settings) Bytes(m *bagnet.Model, w, h int) (int, error) {
	switch s.Method {
	case Occlusion:
		return m.PassBytes(w, h, 0)
	case GradCAM, LayerCAM:
		return m.GradientBytes(w, h, s.Layer, false)
	}
	return m.GradientBytes(w, h, "", s.Method == DeepLIFT)
}
