package engine

import "testing"

// TestField compares fields with what changes: of a network of positive weights, every
// pixel that an output depends on raises it.
func TestField(t *testing.T) {
	const side, channels = 90, 2
	conv := func(n *Network, in Node, out, size, stride, dilation, pad int) *Conv {
		s := Shape{In: n.Channels(in), Out: out, Size: size, Stride: stride, Dilation: dilation, Pad: pad}
		weights := make([]float32, s.Out*s.In*size*size)
		for i := range weights {
			weights[i] = 1 / float32(s.In)
		}
		return NewConv(n.kernel, s, false).Pack(weights, nil, nil)
	}
	pool := func(n *Network, in Node, size, stride, pad int) Shape {
		return Shape{In: n.Channels(in), Out: n.Channels(in), Size: size, Stride: stride, Dilation: 1, Pad: pad}
	}
	for name, build := range map[string]func(n *Network, x Node) Node{
		"nothing":      func(_ *Network, x Node) Node { return x },
		"padded":       func(n *Network, x Node) Node { return n.Conv(conv(n, x, 3, 5, 2, 1, 2), x) },
		"not padded":   func(n *Network, x Node) Node { return n.Conv(conv(n, x, 3, 5, 3, 1, 0), x) },
		"dilated":      func(n *Network, x Node) Node { return n.Conv(conv(n, x, 3, 3, 1, 4, 1), x) },
		"an even one":  func(n *Network, x Node) Node { return n.AvgPool(pool(n, x, 2, 2, 0), x) },
		"padded twice": func(n *Network, x Node) Node { return n.Conv(conv(n, x, 3, 3, 1, 1, 2), x) },
		"pooling": func(n *Network, x Node) Node {
			x = n.MaxPool(pool(n, x, 3, 2, 1), x)
			x = n.AvgPool(pool(n, x, 2, 2, 0), n.ScaleShiftReLU([]float32{1, 1}, []float32{0, 0}, x))
			return n.AvgPool(pool(n, x, 2, 2, 0), n.Conv(conv(n, x, 2, 3, 1, 1, 1), x))
		},
		"residual": func(n *Network, x Node) Node {
			y := n.ConvAdd(conv(n, x, 2, 3, 2, 1, 1), x, n.Conv(conv(n, x, 2, 1, 2, 1, 0), x))
			return n.ConvAdd(conv(n, y, 2, 1, 1, 1, 0), y, n.Conv(conv(n, y, 2, 3, 1, 1, 1), y))
		},
		"concatenation": func(n *Network, x Node) Node {
			y := n.Conv(conv(n, x, 2, 1, 2, 1, 0), x)
			z := n.Concat(y, n.Conv(conv(n, y, 3, 3, 1, 1, 1), y))
			return n.Conv(conv(n, z, 1, 3, 2, 1, 1), z)
		},
	} {
		n, in := NewNetwork(&genericKernel, channels)
		out := build(n, in)
		if out == in {
			out = n.ScaleShiftReLU([]float32{1, 1}, []float32{0, 0}, in)
		}
		rows, cols, err := n.Size(side, side+4, out)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := n.Plan(side, side+4, 1, out)
		if err != nil {
			t.Fatal(err)
		}
		if h, w, _ := plan.Size(0); h != rows || w != cols {
			t.Errorf("%s: %d x %d pixels, want %d x %d", name, cols, rows, w, h)
		}
		row, col := rows/2, cols/2-1
		result := func(y int) float32 {
			pixels, got := make([]float32, side*(side+4)*channels), make([]float32, rows*cols*n.Channels(out))
			for x := range (side + 4) * channels { // a whole row: one is found that is looked at
				if y >= 0 {
					pixels[y*(side+4)*channels+x] = 1
				}
			}
			if err := plan.Run(t.Context(), new(Workspace), pixels, got); err != nil {
				t.Fatal(err)
			}
			return got[(row*cols+col)*n.Channels(out)]
		}
		nothing, first, last := result(-1), side, 0
		for y := range side {
			if result(y) != nothing {
				first, last = min(first, y), max(last, y)
			}
		}
		f := n.Field(out)
		if from := f.Origin + row*f.Stride - (f.Size-1)/2; from != first || from+f.Size-1 != last {
			t.Errorf("%s: %+v says %d to %d for row %d, want %d to %d", name, f, from, from+f.Size-1, row, first, last)
		}
	}
	n, in := NewNetwork(&genericKernel, channels)
	if _, _, err := n.Size(4, 9, n.Conv(conv(n, in, 1, 5, 1, 1, 0), in)); err == nil {
		t.Error("nothing has a size")
	}
}
