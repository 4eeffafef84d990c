package experiment

import (
	"context"
	"image"
	"math/rand/v2"

	"bagnet"
	"bagnet/internal/answer"
)

// A Square is a square region of an image, its top left pixel at (Y, X).
type Square struct {
	Y, X, Side int // pixels
}

// FourSquares returns four squares in two rows and two columns with gap pixels
// between them, at a random place within an image of h x w pixels. It reports
// whether they fit.
func FourSquares(h, w, side, gap int, rng *rand.Rand) (squares [4]Square, fit bool) {
	whole := 2*side + gap
	if whole > min(h, w) {
		return squares, false
	}
	y, x := rng.IntN(h-whole+1), rng.IntN(w-whole+1)
	for i := range squares {
		squares[i] = Square{y + i/2*(side+gap), x + i%2*(side+gap), side}
	}
	return squares, true
}

// Masked returns the image with the squares, which lie within it, in the mean
// colour: zeros.
func (m Image) Masked(squares ...Square) Image {
	out := m.Crop(0, 0, m.H, m.W)
	for _, s := range squares {
		for y := range s.Side {
			clear(out.Values[3*((s.Y+y)*m.W+s.X):][:3*s.Side])
		}
	}
	return out
}

// An Interaction is how much less a class's logit becomes when regions of an
// image are masked.
type Interaction struct {
	Joint float64 // all of them together
	Sum   float64 // each of them alone, added up
}

// Interactions masks the squares of an image, whose logit of the class is
// intact, together and one by one.
func Interactions(ctx context.Context, net Classifier, img Image, intact float32, class int, squares []Square) (Interaction, error) {
	var n Interaction
	change := func(masked ...Square) (float64, error) {
		logits, err := outputs(ctx, net, img.Masked(masked...))
		if err != nil {
			return 0, err
		}
		return float64(intact) - float64(answer.Logit(logits, class)), nil
	}
	var err error
	if n.Joint, err = change(squares...); err != nil {
		return n, err
	}
	for _, s := range squares {
		alone, err := change(s)
		if err != nil {
			return n, err
		}
		n.Sum += alone
	}
	return n, nil
}

// Touch reports whether any of a grid's patches touches more than one of the squares.
// Where none does, a network that adds up what its patches say cannot but add up
// the squares.
func Touch(g bagnet.Grid, squares []Square) bool {
	for i := range g.Rows * g.Cols {
		patch := g.Rect(i/g.Cols, i%g.Cols)
		touched := 0
		for _, s := range squares {
			if patch.Overlaps(image.Rect(s.X, s.Y, s.X+s.Side, s.Y+s.Side)) {
				touched++
			}
		}
		if touched > 1 {
			return true
		}
	}
	return false
}
