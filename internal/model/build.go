package model

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"bagnet/internal/engine"
	"gorgonia.org/tensor"
)

// A builder reads tensors by their canonical names and packs them.
type builder struct {
	weights  Weights
	names    map[string]string
	config   Config
	kernel   *engine.Kernel
	warnings []string
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

// A convolution is what is to be packed: the tensor name.weight with the
// BatchNorm norm behind it.
type convolution struct {
	name, norm string
	shape      engine.Shape
	relu       bool
}

// convolutions lists those of a network, the largest, last ones first, so that
// no worker is left with one of them in the end.
func (c Config) convolutions() []convolution {
	var list []convolution
	pad := 0
	if c.Family == "v2" {
		pad = 1
	}
	add := func(name, norm string, in, out, size, stride int, relu bool) {
		list = append(list, convolution{name, norm,
			engine.Shape{In: in, Out: out, Size: size, Stride: stride, Dilation: 1, Pad: size / 2 * pad}, relu})
	}
	in := c.StemWidth
	for stage, planes := range c.Planes {
		for n := range c.Depths[stage] {
			block := blockName(stage, n)
			size, stride := 1, 1
			if n == 0 { // only the first block has a stride, and may have a 3x3
				size, stride = c.Kernels[stage], c.Strides[stage]
				add(block+"downsample.0", block+"downsample.1", in, c.Widths[stage], 1, stride, false)
			}
			add(block+"conv1", block+"bn1", in, planes, 1, 1, true)
			add(block+"conv2", block+"bn2", planes, planes, size, stride, true)
			in = c.Widths[stage]
			add(block+"conv3", block+"bn3", planes, in, 1, 1, true)
		}
	}
	add("fc", "", in, c.Classes, 1, 1, false)
	for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
		list[i], list[j] = list[j], list[i]
	}
	add("stem", "bn1", 3, c.StemWidth, 3, 1, true)
	return list
}

func blockName(stage, n int) string { return fmt.Sprintf("layer%d.%d.", stage+1, n) }

// pack packs all convolutions on the given number of threads.
func (b *builder) pack(threads int) (map[string]*engine.Conv, error) {
	list := b.config.convolutions()
	packed := make([]*engine.Conv, len(list))
	warnings, errs := make([]string, len(list)), make([]error, len(list))
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(threads, len(list)) {
		wait.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= len(list) {
					return
				}
				packed[i], warnings[i], errs[i] = b.tryPack(list[i])
			}
		})
	}
	wait.Wait()
	convs := map[string]*engine.Conv{}
	for i, c := range list {
		if errs[i] != nil {
			return nil, errs[i]
		}
		if warnings[i] != "" {
			b.warnings = append(b.warnings, warnings[i])
		}
		convs[c.name] = packed[i]
	}
	return convs, nil
}

// tryPack is packOne, with an error where reading the weights faults: they may
// lie in a mapped file that was cut short meanwhile.
func (b *builder) tryPack(c convolution) (_ *engine.Conv, warning string, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		switch p := recover().(type) {
		case nil:
		case interface{ Addr() uintptr }: // see debug.SetPanicOnFault
			err = fmt.Errorf("reading the weights of %s: memory fault: was the file cut short meanwhile?", c.name)
		default:
			panic(p)
		}
	}()
	return b.packOne(c)
}

// packOne folds a convolution's BatchNorm in and packs it.
func (b *builder) packOne(c convolution) (_ *engine.Conv, warning string, _ error) {
	if c.norm == "" { // the classifier
		return engine.NewConv(b.kernel, c.shape, b.floats(c.name+".weight"), nil, b.floats(c.name+".bias"), c.relu), "", nil
	}
	name := c.name + ".weight"
	if c.name == "stem" {
		if name = "conv1.weight"; b.config.Family == "v1" {
			name = "conv2.weight"
		}
	}
	weights := b.floats(name)
	f, err := fold(name, weights, batchNorm{
		gamma: b.floats(c.norm + ".weight"), beta: b.floats(c.norm + ".bias"),
		mean: b.floats(c.norm + ".running_mean"), variance: b.floats(c.norm + ".running_var")})
	if err != nil {
		return nil, "", err
	}
	if stored := b.weights.DType(b.names[name]); f.largest < 1e-4 && (stored == "F16" || stored == "BF16") {
		warning = fmt.Sprintf("%s: its largest weight is %.1g, too small for the %s it is stored in: keep such a checkpoint in float32", b.names[name], f.largest, stored)
	}
	if c.name == "stem" && b.config.Family == "v1" {
		weights, f.scale = mergeStem(b.floats("conv1.weight"), weights, b.config.StemWidth, f.scale), nil
	}
	return engine.NewConv(b.kernel, c.shape, weights, f.scale, f.bias, c.relu), warning, nil
}
