package texture

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"bagnet/internal/engine"
)

// Random are random filters, each followed by a ReLU, on a picture at several scales.
type Random struct {
	k       *engine.Kernel
	filters [][]float32 // of each scale, [number][3][taps][taps]
	most    int         // filters of a scale
}

const (
	taps = 5 // of a filter, along each axis: 5, 10, 20 ... pixels of the picture
	side = 2 // of the squares of pixels whose filters are computed at once

	// Fewer filters read a smaller picture, so that there are at least so many values of it
	// for each product in a Gram matrix: else the statistics leave room for that picture only.
	valuesPerProduct = 8

	// responseFloor is added to the mean square of what a filter finds before it is scaled
	// by it, so that those which find next to nothing do not count as much as others.
	responseFloor = 0.05
)

// Limits and defaults of NewRandom.
const (
	MaxFilters, DefaultFilters = 512, 64
	MaxScales, DefaultScales   = 8, 4
)

// NewRandom returns filters for so many scales, each half as large as the one before, drawn
// by seed: normally distributed weights, those of every second filter with a mean of zero for
// each colour, so that it finds no colours, but changes of them.
func NewRandom(k *engine.Kernel, filters, scales int, seed uint64) *Random {
	f := &Random{k: k, most: filters}
	for i := range scales {
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		values := make([]float32, filters*3*taps*taps)
		for at := range values {
			values[at] = float32(rng.NormFloat64() / math.Sqrt(3*taps*taps))
		}
		for n := 1; n < filters; n += 2 {
			for c := range 3 {
				one := values[(3*n+c)*taps*taps:][:taps*taps]
				mean := float32(0)
				for _, v := range one {
					mean += v
				}
				for i := range one {
					one[i] -= mean / (taps * taps)
				}
			}
		}
		f.filters = append(f.filters, values)
	}
	return f
}

func (f *Random) kernel() *engine.Kernel     { return f.k }
func (f *Random) levels() int                { return len(f.filters) }
func (f *Random) wraps() bool                { return true }
func (f *Random) colours(c *colours)         { c.whiten() }
func (f *Random) number(size [2]int) (n int) { return f.limit(3 * size[0] * size[1]) }
func (f *Random) least() int                 { return side * (taps/side + 1) << (len(f.filters) - 1) }
func (f *Random) hint() string               { return "fewer scales" }

// Bytes returns about how much memory a search needs for a picture of h x w pixels.
func (f *Random) Bytes(h, w int) int { return bytesOf(h, w, h*w*f.most*4/3) }

// limit returns how many filters read a picture of so many values.
func (f *Random) limit(values int) int {
	n := f.most
	for n > 1 && n*(n+1)/2*valuesPerProduct > values {
		n /= 2
	}
	return n
}

// fit scales the filters so that the mean square of what each finds in the picture is about 1.
func (f *Random) fit(ctx context.Context, white *pyramid, threads int) ([]*part, error) {
	var parts []*part
	for i, size := range white.sizes {
		n := f.number(size)
		scale := make([]float64, n)
		for at := range scale {
			scale[at] = 1
		}
		found, err := f.find(ctx, white, i, scale, threads)
		if err != nil {
			return nil, err
		}
		for at := range scale {
			scale[at] = 1 / math.Sqrt(found.gram[at*n+at]+responseFloor)
		}
		if found, err = f.find(ctx, white, i, scale, threads); err != nil {
			return nil, err
		}
		p, err := f.part(i, size, scale, true, threads)
		if err != nil {
			return nil, err
		}
		copy(p.layers[0].target, found.gram)
		parts = append(parts, p)
	}
	return parts, nil
}

// find returns the layer of scale i with its Gram matrix of the picture, which does not wrap.
func (f *Random) find(ctx context.Context, white *pyramid, i int, scale []float64, threads int) (*layer, error) {
	p, err := f.part(i, white.sizes[i], scale, false, threads)
	if err != nil {
		return nil, err
	}
	return p.layers[0], p.forward(ctx, f.k, white.levels[i], threads)
}

// part is that of scale i, with filters multiplied by scale, for pictures that wrap or not.
func (f *Random) part(i int, size [2]int, scale []float64, wraps bool, threads int) (*part, error) {
	n := len(scale)
	var scales []float64
	for range side * side {
		scales = append(scales, scale...)
	}
	net, in := engine.NewNetwork(f.k, side*side*3)
	conv := engine.NewConv(f.k, engine.Shape{In: side * side * 3, Out: side * side * n, Size: taps/side + 1, Stride: 1, Dilation: 1}, true)
	found := net.Conv(conv.Pack(foldFilters(f.filters[i], n), scales, nil), in)
	return newPart(f.k, net, i, newFold(size[0], size[1], side, taps/side, wraps), []engine.Node{found}, []string{fmt.Sprint(taps << i)}, side*side, threads)
}

// foldFilters makes the first n filters those of a picture with squares of 2 x 2 pixels
// folded: each at the four pixels of a square, [2][2][n][2][2][3][size][size] for size =
// taps/2 + 1.
func foldFilters(filters []float32, n int) []float32 {
	const size = taps/side + 1
	out := make([]float32, side*side*n*side*side*3*size*size)
	for at := range out {
		i := at
		next := func(m int) int { v := i % m; i /= m; return v }
		cx, cy, c, qx, qy, o, px, py := next(size), next(size), next(3), next(side), next(side), next(n), next(side), next(side)
		if y, x := side*cy+qy-py, side*cx+qx-px; y >= 0 && y < taps && x >= 0 && x < taps {
			out[at] = filters[((o*3+c)*taps+y)*taps+x]
		}
	}
	return out
}
