package engine

import (
	"math"
	"testing"
)

// TestInputsAreThoseOfTheWindows compares the ranges of input that outputs are
// computed from with the taps of their windows, one by one.
func TestInputsAreThoseOfTheWindows(t *testing.T) {
	for _, s := range []Shape{
		{Size: 1, Stride: 1, Dilation: 1}, {Size: 1, Stride: 3, Dilation: 1}, {Size: 3, Stride: 1, Dilation: 1, Pad: 1}, {Size: 3, Stride: 2, Dilation: 1, Pad: 2},
		{Size: 3, Stride: 1, Dilation: 2, Pad: 3}, {Size: 2, Stride: 2, Dilation: 3}, {Size: 7, Stride: 2, Dilation: 1, Pad: 3},
	} {
		for n := 10; n < 14; n++ {
			outputs := 0
			for outputs*s.Stride-s.Pad+(s.Size-1)*s.Dilation < n+s.Pad {
				outputs++
			}
			if got := s.output(n); got != outputs {
				t.Errorf("%+v: %d of %d pixels, want %d", s, got, n, outputs)
			}
			for a := range outputs {
				for b := a + 1; b <= outputs; b++ {
					first, last := n, 0
					for y := a; y < b; y++ {
						for k := range s.Size {
							if i := y*s.Stride - s.Pad + k*s.Dilation; i >= 0 && i < n {
								first, last = min(first, i), max(last, i)
							}
						}
					}
					from, to := s.inputs(a, b, n)
					// Between the first and the last tap some may be left out.
					if from > first || to <= last || s.Dilation == 1 && (from != first || to != last+1) {
						t.Errorf("%+v: outputs %d to %d of %d pixels need %d to %d, want %d to %d", s, a, b, n, from, to, first, last+1)
					}
				}
			}
		}
	}
}

// TestDilatedPools compares poolings whose taps are not neighbours with their
// definition; the input has a value of its own for each pixel and channel.
func TestDilatedPools(t *testing.T) {
	const h, w, channels = 9, 11, 3
	at := func(y, x, c int) float64 { return math.Sin(float64(7*y+13*x*x+5*c)) - 2 }
	in := make([]float32, 0, h*w*channels)
	for y := range h {
		for x := range w {
			for c := range channels {
				in = append(in, float32(at(y, x, c)))
			}
		}
	}
	for _, s := range []Shape{{Size: 2, Stride: 1, Dilation: 2}, {Size: 3, Stride: 2, Dilation: 2}, {Size: 2, Stride: 3, Dilation: 4}, {Size: 3, Stride: 2, Dilation: 2, Pad: 1}} {
		s.In, s.Out = channels, channels
		for _, kernel := range Kernels() {
			net, x := NewNetwork(kernel, channels)
			outs := []Node{net.MaxPool(s, x)}
			if s.Pad == 0 {
				outs = append(outs, net.AvgPool(s, x))
			}
			plan, err := net.Plan(h, w, 2, outs...)
			if err != nil {
				t.Fatal(err)
			}
			oh, ow, _ := plan.Size(0)
			got := make([][]float32, len(outs))
			for i := range got {
				got[i] = make([]float32, oh*ow*channels)
			}
			if err := plan.Run(t.Context(), new(Workspace), in, got...); err != nil {
				t.Fatal(err)
			}
			for i := range oh * ow * channels {
				y, x0, c := i/channels/ow, i/channels%ow, i%channels
				most, sum := math.Inf(-1), 0.0
				for ky := range s.Size {
					for kx := range s.Size {
						iy, ix := y*s.Stride-s.Pad+ky*s.Dilation, x0*s.Stride-s.Pad+kx*s.Dilation
						if iy >= 0 && iy < h && ix >= 0 && ix < w {
							most, sum = max(most, at(iy, ix, c)), sum+at(iy, ix, c)
						}
					}
				}
				if got[0][i] != float32(most) {
					t.Fatalf("%s %+v: maximum %v at (%d, %d), channel %d, want %v", kernel.Name(), s, got[0][i], y, x0, c, most)
				}
				if mean := sum / float64(s.Size*s.Size); len(got) > 1 && math.Abs(float64(got[1][i])-mean) > 1e-6 {
					t.Fatalf("%s %+v: mean %v at (%d, %d), channel %d, want %v", kernel.Name(), s, got[1][i], y, x0, c, mean)
				}
			}
		}
	}
}
