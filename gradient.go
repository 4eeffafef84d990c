package bagnet

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"bagnet/internal/answer"
	"bagnet/internal/inference"
)

// GradientOptions say which gradient to compute. Nil stands for the zero value: that of
// the first class's logit, at the image.
type GradientOptions struct {
	Class Class  // whose logit: its Index counts
	Layer string // one of Model.Layers; "" for the image
	// Against is another image of the same size. It asks, instead of for gradients, for the
	// multipliers of DeepLIFT's Rescale rule (Shrikumar, Greenside, Kundaje, ICML 2017),
	// which times the difference of the two images add up to the difference of their logits.
	Against *Image
}

// A Gradient is by how much a class's logit changes with each value of an image or of a
// layer's activations.
type Gradient struct {
	Answer Answer        // to the image
	Layer  *tensor.Dense // [rows, cols, channels] float32 activations of the layer; nil for the image
	Values *tensor.Dense // [rows, cols, channels] float32: of the image [H, W, 3], per unit of its normalised values
}

// Layers returns the names of the layers whose gradients Gradient computes, from the
// first on. Its last, "features", is what the last feature map is called in any network.
// A bag of visual words has none, and no gradients: the error of both is ErrNoGradient.
func (m *Model) Layers() []string { return m.net.Layers() }

// Gradient computes the gradient of a class's logit, by one pass forwards and one
// backwards. Unlike other passes it keeps all activations, and packs the weights
// once more when it is first called: it takes about twice the memory, and an image whose
// pass takes more than 4 GiB is an error.
func (m *Model) Gradient(ctx context.Context, img *Image, o *GradientOptions) (Gradient, error) {
	if o == nil {
		o = new(GradientOptions)
	}
	pixels, err := img.read()
	if err != nil {
		return Gradient{}, err
	}
	d := inference.Derivative{Layer: o.Layer}
	if d.Seed, err = m.seed(o.Class.Index); err != nil {
		return Gradient{}, err
	}
	if o.Against != nil {
		if d.Against, err = o.Against.read(); err != nil {
			return Gradient{}, err
		}
		if o.Against.Size() != img.Size() {
			one, other := img.Size(), o.Against.Size()
			return Gradient{}, fmt.Errorf("an image of %dx%d pixels against one of %dx%d", one.X, one.Y, other.X, other.Y)
		}
	}
	g, err := m.net.Gradient(ctx, pixels, d)
	if err != nil {
		return Gradient{}, err
	}
	a, err := m.answer(g.Logits)
	return Gradient{a, g.Layer, g.Values}, err
}

// GradientBytes returns about how much memory Gradient needs for a prepared picture of w x h
// pixels, weights not counted: at a layer, "" for the image, and with or without another
// image that it is held against.
func (m *Model) GradientBytes(w, h int, layer string, against bool) (int, error) {
	d := inference.Derivative{Seed: make([]float32, m.net.Architecture().Classes), Layer: layer}
	if against { // any will do
		var err error
		if d.Against, err = inference.FromTensor(tensor.New(tensor.Of(tensor.Float32), tensor.WithShape(1, 1, 3))); err != nil {
			return 0, err
		}
	}
	return m.net.GradientBytes(h, w, d)
}

// seed returns what each output counts for a class's logit.
func (m *Model) seed(class int) ([]float32, error) {
	if class < 0 || class >= len(m.classes) {
		return nil, fmt.Errorf("class %d of a model that has %d", class, len(m.classes))
	}
	seed := make([]float32, m.net.Architecture().Classes)
	output, sign := answer.Output(len(seed), class)
	seed[output] = float32(sign)
	return seed, nil
}
