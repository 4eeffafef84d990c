package attribution

import (
	"fmt"
	"slices"

	"gorgonia.org/tensor"

	"bagnet"
)

// Baselines that are a colour.
const (
	Mean  = "mean" // of the network's training data: zeros, after normalisation
	Black = "black"
	White = "white"
)

// A Baseline is an image that shows nothing, as large as the one that is held against it. The
// zero value is the mean colour.
type Baseline struct {
	name   string
	colour [3]float32    // normalised, of a colour
	image  *bagnet.Image // of a picture
}

// Colour returns the baseline called name, for images of the given preprocessing; false if
// there is none.
func Colour(name string, p bagnet.Preprocessing) (b Baseline, ok bool) {
	b.name = name
	level := map[string]float64{Black: 0, White: 1}
	for c := range b.colour {
		if v, there := level[name]; there {
			b.colour[c] = float32((v - p.Mean[c]) / p.Std[c])
		}
	}
	return b, slices.Contains(Colours(), name)
}

// Colours returns the names that Colour knows.
func Colours() []string { return []string{Mean, Black, White} }

// Picture returns the baseline that is a picture, prepared as images are.
func Picture(name string, img *bagnet.Image) Baseline { return Baseline{name: name, image: img} }

// Name is what the baseline was made of.
func (b Baseline) Name() string {
	if b.name == "" {
		return Mean
	}
	return b.name
}

// of returns the baseline of an image.
func (b Baseline) of(img *bagnet.Image) (*bagnet.Image, error) {
	size := img.Size()
	if b.image != nil {
		if own := b.image.Size(); own != size {
			return nil, fmt.Errorf("the baseline %q has %dx%d pixels, the image %dx%d: have both resized alike, or give another baseline", b.name, own.X, own.Y, size.X, size.Y)
		}
		return b.image, nil
	}
	values := make([]float32, 3*size.X*size.Y)
	for i := range values {
		values[i] = b.colour[i%3]
	}
	return bagnet.FromTensor(tensor.New(tensor.WithShape(size.Y, size.X, 3), tensor.WithBacking(values)))
}
