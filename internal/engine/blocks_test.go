package engine

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
)

// TestBlocksAreTheSum walks through the blocks of many convolutions, over inputs
// whose pixels are neighbours and others: they must name every product once, in
// the order of the weights, and be cut where an input of any kind is.
func TestBlocksAreTheSum(t *testing.T) {
	for _, size := range []int{1, 2, 3, 5, 7, 11} {
		for _, in := range []int{1, 3, 46, 47, 64, 103, 170, 171, 256, 257, 509, 512, 513, 521, 1024, 1031, 2048} {
			var cuts string
			for _, how := range []struct{ dilation, pixelGap, rowGap int }{{1, 0, 0}, {1, 0, 5}, {1, 3, 0}, {2, 0, 0}, {4, 3, 5}} {
				c := NewConv(&genericKernel, Shape{In: in, Out: 1, Size: size, Stride: 1, Dilation: how.dilation}, false)
				v := view{pixel: in + how.pixelGap}
				v.row = 40*v.pixel + how.rowGap
				got := fmt.Sprint(checkBlocks(t, c, v))
				if cuts == "" {
					cuts = got
				}
				if got != cuts {
					t.Errorf("%+v, %+v: cut at %s, else at %s", c.Shape, how, got, cuts)
				}
			}
		}
	}
}

// checkBlocks returns where the sums of c are cut.
func checkBlocks(t *testing.T, c *Conv, in view) (cuts []int) {
	t.Helper()
	product := 0
	for _, b := range newBlocks(c, in) {
		cuts = append(cuts, product)
		if n := len(b.offsets) * b.run; b.first != product || n < 1 || n > blockLength {
			t.Fatalf("%+v: a block of %d products begins at %d, want %d", c.Shape, n, b.first, product)
		}
		for _, offset := range b.offsets {
			for i := range b.run {
				pixel, channel := product/c.In, product%c.In
				want := c.Dilation*(pixel/c.Size*in.row+pixel%c.Size*in.pixel) + channel
				if got := offset/4 + i; got != want {
					t.Fatalf("%+v: product %d reads float %d, want %d", c.Shape, product, got, want)
				}
				product++
			}
		}
	}
	if product != c.depth() {
		t.Fatalf("%+v: %d products, want %d", c.Shape, product, c.depth())
	}
	if least := (c.depth() + blockLength - 1) / blockLength; len(cuts) > 2*least+c.Size*c.Size {
		t.Errorf("%+v: %d blocks where %d could do", c.Shape, len(cuts), least)
	}
	return cuts
}

// TestLongSumIsOfBlocks compares sums of 1200 products, to the bit, with the
// additions that they are to be made of.
func TestLongSumIsOfBlocks(t *testing.T) {
	for _, k := range Kernels() {
		add := fused
		if k == &genericKernel {
			add = rounded
		}
		p := newProblem(geometry{h: 1, w: 7, in: 1200, out: 19, size: 1, stride: 1, dila: 1, residual: true}, 0, 0)
		p.run(k, 1, 0, 0).each(func(_, x, o int, v *float32) {
			block := func(from, to int) (sum float32) {
				for i := from; i < to; i++ {
					sum = add(float32(p.input.at(0, x, i)), p.weights[o*1200+i], sum)
				}
				return sum
			}
			want := block(0, 400) + p.bias[o] + float32(p.res.at(0, x, o))
			want = block(400, 800) + want
			want = block(800, 1200) + want
			if *v != want {
				t.Fatalf("%s: (%d,%d) = %v, want %v", k.name, x, o, *v, want)
			}
		})
	}
}

// TestFusedKernelsAgree compares the bits of all kernels with fused multiply-adds.
func TestFusedKernelsAgree(t *testing.T) {
	fused := Kernels()
	fused = fused[:len(fused)-1] // the last one is genericKernel
	if len(fused) < 2 {
		t.Skip("this machine has at most one")
	}
	for _, g := range geometries() {
		p := newProblem(g, 0, 0)
		first := p.run(fused[0], 5, 0, 0)
		for _, k := range fused[1:] {
			p.run(k, 3, 0, 0).each(func(y, x, c int, v *float32) {
				if w := first.data[first.view.at(y, x)+c]; math.Float32bits(*v) != math.Float32bits(w) {
					t.Fatalf("%s: (%d,%d,%d) is %v with %s, %v with %s", g.name, y, x, c, *v, k.name, w, fused[0].name)
				}
			})
		}
	}
}

// TestLongSumsStayExact bounds the error of sums as long as VGG's, of products
// most of which are positive, where one chain of additions is off by ten times as
// much and more.
func TestLongSumsStayExact(t *testing.T) {
	for _, k := range Kernels() {
		for _, in := range []int{4608, 25088} {
			const out = 64
			r := rand.New(rand.NewPCG(9, uint64(in)))
			x, weights := make([]float32, in), make([]float32, in*out)
			for i := range x {
				x[i] = r.Float32()
			}
			for i := range weights {
				weights[i] = r.Float32() - 0.25
			}
			c := NewConv(k, Shape{In: in, Out: out, Size: 1, Stride: 1, Dilation: 1}, false).Pack(weights, nil, nil)
			got, v := make([]float32, out), view{data: x, row: in, pixel: in}
			ti := tiler{edge: make([]float32, maxTile)}
			ti.conv(c, newBlocks(c, v), v, view{data: got, row: out, pixel: out}, nil, 1, 0, 1, 0, c.panelCount())
			square := 0.0
			for o, v := range got {
				want := 0.0
				for i := range x {
					want += float64(x[i]) * float64(weights[o*in+i])
				}
				square += math.Pow(float64(v)/want-1, 2) / out
			}
			if rms := math.Sqrt(square); !(rms <= 1.5e-7) {
				t.Errorf("%s: sums of %d are off by %.2g of their value", k.name, in, rms)
			}
		}
	}
}
