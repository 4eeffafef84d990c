package inference

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"gorgonia.org/tensor"

	"bagnet/internal/engine"
)

// ErrNoGradient is the error about gradients of a network that is not differentiable.
var ErrNoGradient = errors.New("a bag of visual words has no gradients: a patch votes by its nearest word, which stays the same when pixels change a little and jumps when they change more")

// FeatureLayer is what the last feature map is called beside its layer's own name.
const FeatureLayer = "features"

// A Differentiable is a network whose gradients are asked for.
type Differentiable struct {
	Net              *engine.Network
	Features, Logits engine.Node
}

// Layers returns the names of the layers that have a feature map, from the first on.
func (d Differentiable) Layers() []string {
	var names []string
	for _, name := range d.Net.Layers() {
		if c, _ := d.Net.Layer(name); c <= d.Features {
			names = append(names, name)
		}
	}
	return append(names, FeatureLayer)
}

// layer returns the last feature map of a layer; that of "" is the image.
func (d Differentiable) layer(name string) (engine.Node, error) {
	switch {
	case name == "":
		return 0, nil
	case name == FeatureLayer:
		return d.Features, nil
	case slices.Contains(d.Layers(), name):
		c, _ := d.Net.Layer(name)
		return c, nil
	}
	return 0, fmt.Errorf("the network has no layer %q: want one of %s", name, strings.Join(d.Layers(), ", "))
}

// A Derivative says what of a network's gradients is wanted.
type Derivative struct {
	Seed  []float32 // [outputs] what each logit counts: one of them 1 is the gradient of that logit
	Layer string    // where: one of Layers; "" for the image
	// Against, of the same size as the image, asks for the multipliers of DeepLIFT's Rescale
	// rule (engine.Derivative) instead of gradients; nil for these.
	Against Pixels
}

// A Gradient is by how much a sum of logits changes with each value of a layer.
type Gradient struct {
	Logits []float32     // [outputs] of the image
	Layer  *tensor.Dense // [rows, cols, channels] float32 activations of the layer; nil for the image
	Values *tensor.Dense // [rows, cols, channels] float32, of the image [h, w, 3]
}

// maxGradientBytes bounds the memory of one pass forwards and backwards.
const maxGradientBytes = 4 << 30

// Gradient computes gradients. build makes the network on first use.
func (r *Runner) Gradient(ctx context.Context, build func() Differentiable, img Pixels, d Derivative) (Gradient, error) {
	h, w := img.Size()
	plan, err := r.gradientPlan(build, d, h, w)
	if err != nil {
		return Gradient{}, err
	}
	if bytes := gradientBytes(plan, h, w); bytes > maxGradientBytes {
		return Gradient{}, fmt.Errorf("the gradients of an image of %dx%d pixels need %d MB in this network, more than %d: give a smaller one, or resize it",
			w, h, bytes>>20, int64(maxGradientBytes)>>20)
	}
	ins := [][]float32{r.read(img, Whole(img))}
	if d.Against != nil {
		if oh, ow := d.Against.Size(); oh != h || ow != w {
			return Gradient{}, fmt.Errorf("an image of %dx%d pixels against one of %dx%d", w, h, ow, oh)
		}
		other := make([]float32, 3*h*w)
		d.Against.Read(other, 3*w, 0, 0, h, w)
		ins = append(ins, other)
	}
	g := Gradient{Logits: make([]float32, len(d.Seed))}
	outs := [][]float32{g.Logits}
	room := func() *tensor.Dense {
		rows, cols, channels := plan.Size(len(outs))
		t := tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(rows, cols, channels))
		outs = append(outs, t.Float32s())
		return t
	}
	if d.Layer != "" {
		g.Layer = room()
	}
	g.Values = room()
	return g, plan.RunInputs(ctx, r.workspace, append(ins, d.Seed), outs...)
}

// GradientBytes returns about how much memory Gradient needs for an image of h x w pixels,
// weights not counted. Of d, only the length of Seed, Layer and whether there is an Against
// count.
func (r *Runner) GradientBytes(build func() Differentiable, h, w int, d Derivative) (int, error) {
	plan, err := r.gradientPlan(build, d, h, w)
	if err != nil {
		return 0, err
	}
	return int(gradientBytes(plan, h, w)), nil
}

// gradientBytes is the memory of a pass by plan, with the image and its gradient.
func gradientBytes(plan *engine.Plan, h, w int) int64 {
	return int64(plan.Bytes()) + 2*4*3*int64(h)*int64(w)
}

// gradientPlan returns the plan for images of h x w pixels, made on first use.
func (r *Runner) gradientPlan(build func() Differentiable, d Derivative, h, w int) (*engine.Plan, error) {
	net := build()
	at, err := net.layer(d.Layer)
	if err != nil {
		return nil, err
	}
	if outputs := net.Net.Channels(net.Logits); outputs != len(d.Seed) {
		return nil, fmt.Errorf("the gradient of %d logits of a network that has %d", len(d.Seed), outputs)
	}
	g := r.graph(fmt.Sprint("gradient ", d.Layer, d.Against != nil), func() *Graph {
		what := engine.Derivative{Of: net.Logits, At: []engine.Node{at}, Outputs: []engine.Node{net.Logits}, Rescale: d.Against != nil}
		if d.Layer != "" {
			what.Outputs = append(what.Outputs, at)
		}
		return &Graph{outputs: len(what.Outputs) + 1, plan: func(h, w int) (*engine.Plan, error) {
			return net.Net.PlanGradient(h, w, r.threads, what)
		}}
	})
	return g.Plan(h, w)
}
