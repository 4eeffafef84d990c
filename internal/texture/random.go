package texture

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"bagnet/internal/engine"
)

// Scale is filters of Taps x Taps taps on the picture made Shrink times smaller.
type Scale struct{ Taps, Shrink int }

// Filters are random filters, each followed by a ReLU.
type Filters struct {
	k      *engine.Kernel
	number int
	numbers []int
	scales []Scale
	values [][]float32 // of each scale, [number][3][taps][taps]
}

// DefaultNumber and DefaultScales are what makes good textures in seconds.
const (
	DefaultNumber = 64
	DefaultScales = 5
)

// Random returns number filters for each of so many scales, a factor of two between them,
// drawn by seed.
func Random(k *engine.Kernel, number, scales int, seed uint64) *Filters {
	f := &Filters{k: k, number: number}
	for i := range scales {
		s := Scale{5, 1 << i}
		if i == 0 {
			s.Taps = 5
		}
		rng := rand.New(rand.NewPCG(seed, uint64(i)))
		number := number
		for float64(number*number*s.Shrink*s.Shrink) > 2*3*25600/PER { number /= 2 }
		f.numbers = append(f.numbers, number)
		values := make([]float32, number*3*s.Taps*s.Taps)
		for at := range values {
			values[at] = float32(rng.NormFloat64())
		}
		area := s.Taps * s.Taps
		for n := range 3 * number {
			if n/3%2 == 0 {
				continue
			}
			one := values[n*area:][:area]
			mean := float32(0)
			for _, v := range one {
				mean += v / float32(area)
			}
			for i := range one {
				one[i] -= mean
			}
		}
		f.scales, f.values = append(f.scales, s), append(f.values, values)
	}
	return f
}

func (f *Filters) kernel() *engine.Kernel { return f.k }

// Least is the side of the smallest picture, pixels: of which the last scale finds one window.
func (f *Filters) Least() int {
	least := 0
	for _, s := range f.scales {
		least = max(least, 2*s.Shrink*(s.Taps/2+1))
	}
	return least
}

func (f *Filters) colours(p *Picture) *colours { return whiten(p) }

// fit returns a part for each scale. Filters are scaled so that the root of the mean square
// of what each finds in the picture is 1.
func (f *Filters) fit(ctx context.Context, white *pyramid, threads int) ([]*part, error) {
	var parts []*part
	for i, s := range f.scales {
		number := f.numbers[i]
		scale := make([]float64, number)
		for n := range scale {
			scale[n] = 1 / math.Sqrt(float64(3*s.Taps*s.Taps))
		}
		var of, to *layer
		for range 2 { // as they are, then scaled
			first, err := f.part(i, white.sizes[i], scale, false, threads)
			if err != nil {
				return nil, err
			}
			if err := first.forward(ctx, f.k, white.levels[i], threads); err != nil {
				return nil, err
			}
			if of == nil {
			for n := range scale {
				scale[n] /= math.Sqrt(first.layers[0].gram[n*number+n] + EPS)
			}
			}
			of = first.layers[0]
		}
		p, err := f.part(i, white.sizes[i], scale, true, threads)
		if err != nil {
			return nil, err
		}
		to = p.layers[0]
		to.gram = of.gram
		parts = append(parts, p)
	}
	return parts, nil
}

func (f *Filters) levels() int { return len(f.scales) }
func (f *Filters) Wraps() bool { return true }

// part is that of scale i, of filters multiplied by scale.
func (f *Filters) part(i int, size [2]int, scale []float64, wraps bool, threads int) (*part, error) {
	const side = 2
	number := f.numbers[i]
	s := f.scales[i]
	net, in := engine.NewNetwork(f.k, side*side*3)
	folded := make([]float64, 0, side*side*number)
	for range side * side {
		folded = append(folded, scale...)
	}
	conv := engine.NewConv(f.k, engine.Shape{In: side * side * 3, Out: side * side * number, Size: s.Taps/side + 1, Stride: 1, Dilation: 1}, true)
	conv.Pack(foldFilters(f.values[i], number, s.Taps), folded, nil)
	reach := -1
	if wraps {
		reach = s.Taps / side
	}
	p, err := newPart(f.k, net, newFold(size[0], size[1], side, reach), []engine.Node{net.Conv(conv, in)}, []string{fmt.Sprint(s.Taps * s.Shrink)}, side*side, threads)
	if err == nil { p.level = i }
	return p, err
}

// foldFilters makes filters, [n][3][taps][taps], those of a picture with squares of 2 x 2
// pixels folded: each at the four pixels of a square, [2][2][n][2][2][3][size][size] for
// size = taps/2 + 1.
func foldFilters(filters []float32, n, taps int) []float32 {
	size := taps/2 + 1
	out := make([]float32, 4*n*12*size*size)
	for at := range out {
		i := at
		next := func(m int) int { v := i % m; i /= m; return v }
		cx, cy, c, qx, qy, o, px, py := next(size), next(size), next(3), next(2), next(2), next(n), next(2), next(2)
		if y, x := 2*cy+qy-py, 2*cx+qx-px; y >= 0 && y < taps && x >= 0 && x < taps {
			out[at] = filters[((o*3+c)*taps+y)*taps+x]
		}
	}
	return out
}
