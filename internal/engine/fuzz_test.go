package engine

import (
	"math"
	"testing"
)

// FuzzConv draws convolutions of any geometry that fits into a small input and
// compares every kernel with the definition, at the edges of guarded buffers.
func FuzzConv(f *testing.F) {
	for _, g := range geometries() {
		f.Add(uint8(g.h), uint8(g.w), uint8(g.in), uint8(g.out), uint8(g.size), uint8(g.stride), uint8(g.dila), uint8(g.pad), uint8(g.crop), uint8(3), g.residual, g.relu)
	}
	f.Fuzz(func(t *testing.T, h, w, in, out, size, stride, dilation, pad, crop, strip uint8, residual, relu bool) {
		g := geometry{
			h: 1 + int(h)%24, w: 1 + int(w)%24, in: 1 + int(in)%40, out: 1 + int(out)%80, size: 1 + int(size)%5,
			stride: 1 + int(stride)%4, dila: 1 + int(dilation)%4, residual: residual, relu: relu,
		}
		s := Shape{In: g.in, Out: g.out, Size: g.size, Stride: g.stride, Dilation: g.dila}
		g.pad = int(pad) % s.reach()
		if min(g.h, g.w)+2*g.pad < s.reach() {
			return
		}
		s.Pad = g.pad
		g.crop = int(crop) % min(s.output(g.h), s.output(g.w))
		p := newProblem(g, int(crop)%7, int(strip)%5)
		for _, k := range Kernels() {
			got := p.run(k, 1+int(strip)%4, int(crop)%7, int(strip)%5)
			if n := got.finite(); n != p.outH*p.outW*p.out {
				t.Fatalf("%s, %+v: %d values written, want %d", k.name, g, n, p.outH*p.outW*p.out)
			}
			got.each(func(y, x, c int, v *float32) {
				want, magnitude := p.want(y, x, c)
				if d := math.Abs(float64(*v) - want); !(d <= 4e-7*magnitude) {
					t.Fatalf("%s, %+v: (%d,%d,%d) = %v, want %v", k.name, g, y, x, c, *v, want)
				}
			})
		}
	})
}
