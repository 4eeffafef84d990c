package model

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"gorgonia.org/tensor"
)

// fake is a checkpoint in memory.
type fake struct {
	tensors map[string]*tensor.Dense
	dtype   string
}

func (f fake) Names() []string {
	var names []string
	for n := range f.tensors {
		names = append(names, n)
	}
	sort.Strings(names)
	return names
}
func (f fake) Tensor(name string) *tensor.Dense { return f.tensors[name] }
func (f fake) DType(string) string              { return f.dtype }

// renamed returns the same tensors under other names.
func (f fake) renamed(to func(string) string) fake {
	g := fake{map[string]*tensor.Dense{}, f.dtype}
	for n, t := range f.tensors {
		g.tensors[to(n)] = t
	}
	return g
}

// with returns the checkpoint with one tensor replaced, or removed if nil.
func (f fake) with(name string, t *tensor.Dense) fake {
	g := f.renamed(func(n string) string { return n })
	if delete(g.tensors, name); t != nil {
		g.tensors[name] = t
	}
	return g
}

func dense(shape []int, data []float32) *tensor.Dense {
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(data))
}

func filled(value float32, shape ...int) *tensor.Dense {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return dense(shape, slices.Repeat([]float32{value}, n))
}

// small is the config of a little BagNet with patches of q pixels.
func small(family string, q int) Config {
	c := Config{Family: family, PatchSize: q, StemWidth: 6, Planes: [4]int{4, 6, 8, 10}, Widths: [4]int{16, 20, 24, 36},
		Depths: [4]int{2, 1, 2, 1}, Kernels: [4][]int{{3, 1}, {3}, {1, 1}, {1}}, Strides: [4]int{2, 2, 2, 1}, Classes: 5}
	if q >= 17 {
		c.Kernels[2][0] = 3
	}
	if q >= 33 {
		c.Kernels[3][0] = 3
	}
	if q >= 37 { // behind a stage's first block
		c.Kernels[0][1] = 3
	}
	return c
}

// random fills the tensors of a config: weights as He initialisation has them,
// statistics such that activations neither die nor explode.
func random(c Config, seed uint64) fake {
	r := rand.New(rand.NewPCG(seed, 7))
	f := fake{map[string]*tensor.Dense{}, "F32"}
	shapes := c.Shapes()
	var names []string
	for n := range shapes {
		names = append(names, n)
	}
	sort.Strings(names)
	for _, name := range names {
		shape := shapes[name]
		n := 1
		for _, s := range shape {
			n *= s
		}
		data := make([]float32, n)
		for i := range data {
			switch {
			case len(shape) > 1:
				data[i] = float32(r.NormFloat64() * math.Sqrt(2/float64(n/shape[0])))
			case name[len(name)-3:] == "var" || name[len(name)-6:] == "weight":
				data[i] = 0.5 + r.Float32()
			default:
				data[i] = float32(r.NormFloat64() * 0.1)
			}
		}
		f.tensors[name] = dense(shape, data)
	}
	return f
}

func randomImage(h, w int, seed uint64) *tensor.Dense {
	r := rand.New(rand.NewPCG(seed, 3))
	data := make([]float32, h*w*3)
	for i := range data {
		data[i] = r.Float32()*4 - 2
	}
	return dense([]int{h, w, 3}, data)
}

// The oracle: a BagNet in float64 by the definition, on [channel][y][x] planes,
// BatchNorm unfolded, v1's stem unmerged. It shares nothing with the engine and
// nothing with the builder but tensor names.
type planes struct {
	v       []float64
	c, h, w int
}

func (p planes) at(c, y, x int) float64 {
	if y < 0 || x < 0 || y >= p.h || x >= p.w {
		return 0
	}
	return p.v[(c*p.h+y)*p.w+x]
}

type oracle struct {
	f      fake
	config Config
}

func (o oracle) conv(x planes, name string, stride int) planes {
	t := o.f.Tensor(name)
	s, w := t.Shape(), t.Float32s()
	out, size, pad := s[0], s[2], 0
	if o.config.Family == "v2" {
		pad = size / 2
	}
	y := planes{c: out, h: (x.h+2*pad-size)/stride + 1, w: (x.w+2*pad-size)/stride + 1}
	y.v = make([]float64, y.c*y.h*y.w)
	for k := range out {
		for i := range y.h {
			for j := range y.w {
				sum := 0.0
				for c := range x.c {
					for a := range size {
						for b := range size {
							sum += x.at(c, i*stride+a-pad, j*stride+b-pad) * float64(w[((k*x.c+c)*size+a)*size+b])
						}
					}
				}
				y.v[(k*y.h+i)*y.w+j] = sum
			}
		}
	}
	return y
}

func (o oracle) norm(x planes, name string) planes {
	get := func(part string) []float32 { return o.f.Tensor(name + "." + part).Float32s() }
	gamma, beta, mean, variance := get("weight"), get("bias"), get("running_mean"), get("running_var")
	for i := range x.v {
		c := i / (x.h * x.w)
		x.v[i] = (x.v[i]-float64(mean[c]))/math.Sqrt(float64(variance[c])+1e-5)*float64(gamma[c]) + float64(beta[c])
	}
	return x
}

func relu(x planes) planes {
	for i := range x.v {
		x.v[i] = max(0, x.v[i])
	}
	return x
}

// patchLogits returns [rows][cols][classes] and the image's logits.
func (o oracle) patchLogits(img *tensor.Dense) (grid planes, logits []float64) {
	s := img.Shape()
	x := planes{c: 3, h: s[0], w: s[1], v: make([]float64, 3*s[0]*s[1])}
	for i, v := range img.Float32s() {
		x.v[i%3*s[0]*s[1]+i/3] = float64(v)
	}
	x = o.conv(x, "conv1.weight", 1)
	if o.config.Family == "v1" {
		x = o.conv(x, "conv2.weight", 1)
	}
	x = relu(o.norm(x, "bn1"))
	for stage := range 4 {
		for n := range o.config.Depths[stage] {
			b := fmt.Sprintf("layer%d.%d.", stage+1, n)
			stride := 1
			if n == 0 {
				stride = o.config.Strides[stage]
			}
			y := relu(o.norm(o.conv(x, b+"conv1.weight", 1), b+"bn1"))
			y = relu(o.norm(o.conv(y, b+"conv2.weight", stride), b+"bn2"))
			y = o.norm(o.conv(y, b+"conv3.weight", 1), b+"bn3")
			r := x
			if n == 0 {
				r = o.norm(o.conv(x, b+"downsample.0.weight", stride), b+"downsample.1")
			}
			for c := range y.c {
				for i := range y.h {
					for j := range y.w {
						y.v[(c*y.h+i)*y.w+j] += r.at(c, i, j)
					}
				}
			}
			x = relu(y)
		}
	}
	weight, bias := o.f.Tensor("fc.weight").Float32s(), o.f.Tensor("fc.bias").Float32s()
	grid = planes{c: o.config.Classes, h: x.h, w: x.w}
	logits = make([]float64, grid.c)
	for i := range x.h {
		for j := range x.w {
			for k := range grid.c {
				sum := float64(bias[k])
				for c := range x.c {
					sum += float64(weight[k*x.c+c]) * x.at(c, i, j)
				}
				grid.v = append(grid.v, sum)
				logits[k] += sum / float64(x.h*x.w)
			}
		}
	}
	return grid, logits
}

// offBy returns the largest difference as a share of the range of want.
func offBy(got []float32, want []float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	worst, span := 0.0, 0.0
	for i, v := range want {
		d := math.Abs(float64(got[i]) - v)
		if math.IsNaN(d) {
			return d
		}
		worst, span = max(worst, d), max(span, math.Abs(v))
	}
	return worst / span
}
