// Package infill replaces pixels of an image by what the pixels around them suggest.
package infill

import (
	"errors"
	"math"
	"slices"
)

// The weights of a pixel's neighbours: those beside, above and below it, and those across
// its corners.
const (
	beside = 1.0 / 6
	across = 1.0 / 12
)

// neighbours are where a pixel's neighbours lie: the first half before it in an image, row
// by row, the others behind it; of each half two beside and two across.
var neighbours = [8]struct{ dy, dx int }{
	{0, -1}, {-1, 0}, {-1, -1}, {-1, 1},
	{0, 1}, {1, 0}, {1, 1}, {1, -1},
}

// weights are those of the neighbours.
var weights = [8]float64{beside, beside, across, across, beside, beside, across, across}

// channels of an image.
const channels = 3

// tolerance is the length of the residual at which a channel is solved, as a share of
// that of the right-hand side.
const tolerance = 1e-7

// errSlow is of a system that was not solved in the steps that it has. These are some times
// as many as the largest systems need.
var errSlow = errors.New("filling masked pixels: the linear system did not converge")

// Linear replaces the masked pixels of an image, values [h, w, 3] with mask [h, w], so that
// each is the weighted mean of its eight neighbours, masked ones included: 1/6 for each of
// the four beside it, 1/12 for each of the four across a corner; where the image ends, of
// those that there are. This is the imputation of Y. Rong, T. Leemann, V. Borisov,
// G. Kasneci and E. Kasneci (A consistent and efficient evaluation strategy for attribution
// methods, ICML 2022) without its noise. An image that is all masked becomes zeros.
//
// The sparse symmetric system is solved in float64 by conjugate gradients (M. Hestenes and
// E. Stiefel, 1952), to within 1e-5 of the range of the pixels around. The number of steps
// is bounded; a system that needs more is an error.
func Linear(values []float32, h, w int, mask []bool) error {
	s := newSystem(values, h, w, mask)
	switch len(s.pixels) {
	case 0:
		return nil
	case h * w:
		clear(values)
		return nil
	}
	x, err := s.solve(100 + 20*(h+w))
	if err != nil {
		return err
	}
	for i, p := range s.pixels {
		for c := range channels {
			values[channels*p+c] = float32(x[i][c])
		}
	}
	return nil
}

// A pixel is its values in the three channels.
type pixel [channels]float64

// A system is one equation for each masked pixel: its own weight times its value, minus
// the weighted values of its masked neighbours, is the weighted sum of the others.
type system struct {
	pixels []int // [n] the masked pixels, y*w+x
	own    []float64
	masked [][8]int32 // [n] which unknown each neighbour is; n, a zero, for none
	right  []pixel    // [n]
}

// newSystem sets up the equations of the masked pixels.
func newSystem(values []float32, h, w int, mask []bool) *system {
	s := &system{}
	number := make([]int32, h*w)
	for p, masked := range mask {
		if masked {
			number[p] = int32(len(s.pixels))
			s.pixels = append(s.pixels, p)
		}
	}
	n := len(s.pixels)
	s.own, s.masked, s.right = make([]float64, n), make([][8]int32, n), make([]pixel, n)
	for i, p := range s.pixels {
		for k, at := range neighbours {
			s.masked[i][k] = int32(n)
			y, x := p/w+at.dy, p%w+at.dx
			if y < 0 || y >= h || x < 0 || x >= w {
				continue
			}
			s.own[i] += weights[k]
			q := y*w + x
			if mask[q] {
				s.masked[i][k] = number[q]
				continue
			}
			for c := range channels {
				s.right[i][c] += weights[k] * float64(values[channels*q+c])
			}
		}
	}
	return s
}

// around returns the weighted sum of four neighbours of an unknown, before or behind it.
func around(x []pixel, at []int32) (sum pixel) {
	a, b, c, d := &x[at[0]], &x[at[1]], &x[at[2]], &x[at[3]]
	for ch := range sum {
		sum[ch] = beside*(a[ch]+b[ch]) + across*(c[ch]+d[ch])
	}
	return sum
}

// times sets out to the left-hand side for x, whose last pixel is zero, and returns the
// products of the two, a sum for each channel.
func (s *system) times(out, x []pixel) (product pixel) {
	for i, own := range s.own {
		before, behind := around(x, s.masked[i][:4]), around(x, s.masked[i][4:])
		for c := range channels {
			out[i][c] = own*x[i][c] - before[c] - behind[c]
			product[c] += out[i][c] * x[i][c]
		}
	}
	return product
}

// relaxation is that of sweep. Any between 0 and 2 gives the same answer; this one needs
// few steps where large parts of an image of some hundred pixels a side are masked.
const relaxation = 1.8

// sweep sets z, whose last pixel is zero, to what symmetric successive over-relaxation
// makes of a residual, a rough solution, and returns the products of the two.
func (s *system) sweep(z, r []pixel) (product pixel) {
	for i, own := range s.own { // forward: behind each pixel nothing is known yet
		before := around(z, s.masked[i][:4])
		for c := range channels {
			z[i][c] = relaxation * (r[i][c] + before[c]) / own
		}
	}
	for i, own := range slices.Backward(s.own) {
		behind := around(z, s.masked[i][4:])
		for c := range channels {
			z[i][c] = (2-relaxation)*z[i][c] + relaxation*behind[c]/own
			product[c] += z[i][c] * r[i][c]
		}
	}
	return product
}

// solve returns the values of the masked pixels, each channel in the same steps.
func (s *system) solve(steps int) ([]pixel, error) {
	n := len(s.pixels)
	x, r, q := make([]pixel, n), slices.Clone(s.right), make([]pixel, n)
	z, p := make([]pixel, n+1), make([]pixel, n+1) // the last one is zero
	enough := squares(r)
	for c := range enough {
		enough[c] *= tolerance * tolerance
	}
	product := s.sweep(z, r)
	copy(p, z)
	for range steps {
		if l := squares(r); l[0] <= enough[0] && l[1] <= enough[1] && l[2] <= enough[2] {
			return x, nil
		}
		curvature := s.times(q, p)
		var alpha, beta pixel
		for c := range channels {
			alpha[c] = ratio(product[c], curvature[c])
		}
		for i := range x {
			for c, a := range alpha {
				x[i][c] += a * p[i][c]
				r[i][c] -= a * q[i][c]
			}
		}
		next := s.sweep(z, r)
		for c := range channels {
			beta[c] = ratio(next[c], product[c])
		}
		for i := range r {
			for c, b := range beta {
				p[i][c] = z[i][c] + b*p[i][c]
			}
		}
		product = next
	}
	return nil, errSlow
}

// squares returns the squared length of a vector in each channel.
func squares(v []pixel) (sum pixel) {
	for i := range v {
		for c, x := range v[i] {
			sum[c] += x * x
		}
	}
	return sum
}

// ratio is a / b; 0 where a channel is solved exactly and both are 0.
func ratio(a, b float64) float64 {
	if r := a / b; !math.IsNaN(r) && !math.IsInf(r, 0) {
		return r
	}
	return 0
}
