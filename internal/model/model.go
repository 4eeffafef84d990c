// Package model turns the named tensors of a BagNet checkpoint into a network
// that computes the logits of an image and of each of its patches.
package model

import (
	"fmt"
	"runtime"
	"sync"

	"bagnet/internal/engine"
	"gorgonia.org/tensor"
)

// Options are what the weights do not say.
type Options struct {
	Strides [4]int // of the four stages; zero means 2, 2, 2, 1
	Threads int    // CPUs used by one forward pass; 0 means all
	Kernel  string // "avx2", "generic", ...; "" means BAGNET_KERNEL or the best
}

// A Model is a BagNet ready to run. Its methods may be called concurrently;
// forward passes then take turns, each using all threads.
type Model struct {
	config   Config
	warnings []string
	kernel   *engine.Kernel
	threads  int

	stem   *engine.Conv // 3x3: v1's conv1 and conv2 merged, or v2's conv1; bn1, ReLU
	stages [4][]block
	fc     *engine.Conv // the linear classifier, as a 1x1 convolution

	mu   sync.Mutex // guards bufs
	bufs buffers
}

// A block is a bottleneck. Each convolution has its BatchNorm folded in, and
// conv3 the sum with the residual and the ReLU after it.
type block struct {
	conv1, conv2, conv3 *engine.Conv
	downsample          *engine.Conv // of the residual; nil except in the first block of a stage
}

// New infers the architecture of w, checks every tensor and packs the weights.
// It keeps no reference to w.
func New(w Weights, o Options) (*Model, error) {
	kernel, err := engine.Choose(o.Kernel)
	if err != nil {
		return nil, err
	}
	b, err := newBuilder(w, kernel, o.Strides)
	if err != nil {
		return nil, err
	}
	m := &Model{config: b.config, kernel: kernel, threads: o.Threads, bufs: buffers{}}
	if m.threads < 1 {
		m.threads = runtime.GOMAXPROCS(0)
	}
	b.build(m)
	m.warnings = b.warnings
	return m, b.err
}

// Config returns the architecture.
func (m *Model) Config() Config { return m.config }

// Kernel returns the name of the engine's kernel in use.
func (m *Model) Kernel() string { return m.kernel.Name() }

// Threads returns how many CPUs a forward pass uses.
func (m *Model) Threads() int { return m.threads }

// Warnings returns what a user should know about these weights, a line each.
func (m *Model) Warnings() []string { return m.warnings }

// CheckSize returns an error if an image of h x w pixels is smaller than a patch.
func (m *Model) CheckSize(h, w int) error {
	if q := m.config.PatchSize; h < q || w < q {
		return fmt.Errorf("image of %dx%d pixels is smaller than a patch of %dx%d: give a larger one, or resize it", w, h, q, q)
	}
	return nil
}

// A builder reads tensors by their canonical names and remembers the first error.
type builder struct {
	weights  Weights
	names    map[string]string
	config   Config
	kernel   *engine.Kernel
	warnings []string
	err      error
}

func newBuilder(w Weights, k *engine.Kernel, strides [4]int) (*builder, error) {
	names, err := canonical(w)
	if err != nil {
		return nil, err
	}
	b := &builder{weights: w, names: names, kernel: k}
	if err := refuse(names, b.tensor); err != nil {
		return nil, err
	}
	b.config, err = infer(names, b.tensor, strides)
	return b, err
}

// tensor returns the tensor of a canonical name, nil if there is none. A
// classifier stored as a 1x1 convolution [C,F,1,1] is returned as [C,F].
func (b *builder) tensor(name string) *tensor.Dense {
	original, ok := b.names[name]
	if !ok {
		return nil
	}
	t := b.weights.Tensor(original)
	if s := t.Shape(); name == "fc.weight" && len(s) == 4 && s[2] == 1 && s[3] == 1 {
		return tensor.New(tensor.WithShape(s[0], s[1]), tensor.WithBacking(t.Data()))
	}
	return t
}

func (b *builder) floats(name string) []float32 { return b.tensor(name).Float32s() }

func (b *builder) build(m *Model) {
	c := b.config
	if c.Family == "v1" {
		merged := mergeStem(b.floats("conv1.weight"), b.floats("conv2.weight"), c.StemWidth)
		m.stem = packed(b, "conv2.weight", merged, "bn1", engine.Shape{In: 3, Out: c.StemWidth, Size: 3, Stride: 1}, true)
	} else {
		m.stem = b.conv("conv1", "bn1", engine.Shape{In: 3, Out: c.StemWidth, Size: 3, Stride: 1}, true)
	}
	in := c.StemWidth
	for stage, planes := range c.Planes {
		width := c.Widths[stage]
		for n := range c.Depths[stage] {
			name := fmt.Sprintf("layer%d.%d.", stage+1, n)
			size, stride := 1, 1
			var downsample *engine.Conv
			if n == 0 { // only the first block has a stride, and may have a 3x3
				size, stride = c.Kernels[stage], c.Strides[stage]
				downsample = b.conv(name+"downsample.0", name+"downsample.1", engine.Shape{In: in, Out: width, Size: 1, Stride: stride}, false)
			}
			m.stages[stage] = append(m.stages[stage], block{
				conv1:      b.conv(name+"conv1", name+"bn1", engine.Shape{In: in, Out: planes, Size: 1, Stride: 1}, true),
				conv2:      b.conv(name+"conv2", name+"bn2", engine.Shape{In: planes, Out: planes, Size: size, Stride: stride}, true),
				conv3:      b.conv(name+"conv3", name+"bn3", engine.Shape{In: planes, Out: width, Size: 1, Stride: 1}, true),
				downsample: downsample,
			})
			in = width
		}
	}
	m.fc = engine.NewConv(b.kernel, engine.Shape{In: in, Out: c.Classes, Size: 1, Stride: 1, Dilation: 1},
		b.floats("fc.weight"), b.floats("fc.bias"), false)
}

// conv packs the convolution called name with the BatchNorm called norm folded in.
func (b *builder) conv(name, norm string, s engine.Shape, relu bool) *engine.Conv {
	return packed(b, name+".weight", b.floats(name+".weight"), norm, s, relu)
}

// packed folds the BatchNorm called norm into weights, which come from the
// tensor called name, and packs the result.
func packed[T float32 | float64](b *builder, name string, weights []T, norm string, s engine.Shape, relu bool) *engine.Conv {
	if b.err != nil {
		return nil
	}
	f, err := fold(name, weights, batchNorm{
		gamma: b.floats(norm + ".weight"), beta: b.floats(norm + ".bias"),
		mean: b.floats(norm + ".running_mean"), variance: b.floats(norm + ".running_var")})
	if err != nil {
		b.err = err
		return nil
	}
	if stored := b.weights.DType(b.names[name]); f.largest < 1e-4 && (stored == "F16" || stored == "BF16") {
		b.warnings = append(b.warnings, fmt.Sprintf("%s: its largest weight is %.1g, too small for the %s it is stored in: keep such a checkpoint in float32", b.names[name], f.largest, stored))
	}
	s.Dilation = 1
	return engine.NewConv(b.kernel, s, f.weights, f.bias, relu)
}
