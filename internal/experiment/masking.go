package experiment

import (
	"context"
	"math/rand/v2"

	"bagnet/internal/infill"
)

// A Fill is what masked pixels of an image become.
type Fill interface {
	// Fill replaces the pixels of an image that are in mask, [H, W].
	Fill(img Image, mask []bool) error
}

// MeanFill makes masked pixels 0, the mean colour of normalised pixels.
type MeanFill struct{}

// Fill fills with zeros; it never fails.
func (MeanFill) Fill(img Image, mask []bool) error {
	for p, masked := range mask {
		if masked {
			clear(img.Values[3*p:][:3])
		}
	}
	return nil
}

// RoadNoise is the standard deviation of a RoadFill's noise, for colours from 0 to 1.
const RoadNoise = 0.01

// RoadFill makes masked pixels the weighted mean of those around, as infill.Linear has it,
// and adds noise: noisy linear imputation (Y. Rong and others, A consistent and efficient
// evaluation strategy for attribution methods, ICML 2022). The noise of a pixel does not
// depend on what is masked beside it.
type RoadFill struct{ noise []float32 } // [H, W, 3]

// NewRoadFill returns the fill of an image of h x w pixels, normalised by deviation std.
func NewRoadFill(h, w int, std [3]float64, rng *rand.Rand) *RoadFill {
	f := &RoadFill{make([]float32, 3*h*w)}
	for i := range f.noise {
		f.noise[i] = float32(RoadNoise / std[i%3] * rng.NormFloat64())
	}
	return f
}

// Fill fills with what is around. An image of which nothing is left becomes noise about 0.
func (f *RoadFill) Fill(img Image, mask []bool) error {
	if err := infill.Linear(img.Values, img.H, img.W, mask); err != nil {
		return err
	}
	for p, masked := range mask {
		if masked {
			for c := 3 * p; c < 3*p+3; c++ {
				img.Values[c] += f.noise[c]
			}
		}
	}
	return nil
}

// A Masking is a network that looks at an image of which pixels are masked.
type Masking struct {
	net    Classifier
	image  Image // intact
	class  int
	intact Response
	fill   Fill
	masked Image
	mask   []bool    // [H, W]
	empty  *Response // with everything masked; nil if not known yet
}

// NewMasking returns a network's look at an image whose masked pixels become what fill
// makes them, for what it says of a class. intact are the logits of the image, which is
// only read.
func NewMasking(net Classifier, img Image, class int, intact []float32, fill Fill) *Masking {
	return &Masking{net, img, class, Respond(intact, class), fill, NewImage(img.H, img.W), make([]bool, img.H*img.W), nil}
}

// response runs the network on the image with n pixels masked, those of mask; none and
// all need no more than one pass, whatever the number of calls.
func (m *Masking) response(ctx context.Context, n int) (Response, error) {
	switch {
	case n == 0:
		return m.intact, nil
	case n == len(m.mask) && m.empty != nil:
		return *m.empty, nil
	}
	copy(m.masked.Values, m.image.Values)
	if err := m.fill.Fill(m.masked, m.mask); err != nil {
		return Response{}, err
	}
	logits, err := outputs(ctx, m.net, m.masked)
	if err != nil {
		return Response{}, err
	}
	r := Respond(logits, m.class)
	if n == len(m.mask) {
		m.empty = &r
	}
	return r, nil
}

// Occlusion returns the [cells] true sensitivity of the network: by how much the
// class's logit falls when one cell is masked.
func (m *Masking) Occlusion(ctx context.Context, cells Cells) ([]float64, error) {
	drops := make([]float64, cells.Len())
	places := cells.Places(nil)
	for cell := range drops {
		clear(m.mask)
		r, err := m.response(ctx, m.paint(places[cell:cell+1], cells.Side, true))
		if err != nil {
			return nil, err
		}
		drops[cell] = m.intact.Logit - r.Logit
	}
	return drops, nil
}

// paint masks squares, or puts their pixels back, and returns how many pixels that changed.
func (m *Masking) paint(places []Place, side int, masked bool) (changed int) {
	for _, at := range places {
		for y := at.Y; y < at.Y+side; y++ {
			for p := y*m.image.W + at.X; p < y*m.image.W+at.X+side; p++ {
				if m.mask[p] != masked {
					m.mask[p] = masked
					changed++
				}
			}
		}
	}
	return changed
}

// Deletion returns what the network says when the first squares are masked, for each count
// of them; without any, what it said of the intact image.
func (m *Masking) Deletion(ctx context.Context, s Squares) ([]Response, error) {
	return m.curve(ctx, s, true)
}

// Insertion returns what the network says of an image that is all masked but for the first
// squares, for each count of them.
func (m *Masking) Insertion(ctx context.Context, s Squares) ([]Response, error) {
	return m.curve(ctx, s, false)
}

// curve is one of them.
func (m *Masking) curve(ctx context.Context, s Squares, masked bool) ([]Response, error) {
	var curve []Response
	for _, n := range s.Counts {
		for i := range m.mask {
			m.mask[i] = !masked
		}
		pixels := m.paint(s.Places[:n], s.Side, masked)
		if !masked {
			pixels = len(m.mask) - pixels
		}
		r, err := m.response(ctx, pixels)
		if err != nil {
			return nil, err
		}
		curve = append(curve, r)
	}
	return curve, nil
}
