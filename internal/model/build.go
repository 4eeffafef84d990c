package model

import (
	"fmt"
	"strings"

	"bagnet/internal/engine"
	"bagnet/internal/weights"
)

// layers lists the convolutions of a network with the tensors they are packed
// from, the stem first.
func (c Config) layers(set *weights.Set, kernel *engine.Kernel) []weights.Layer {
	var list []weights.Layer
	pad := 0
	if c.Family == "v2" {
		pad = 1
	}
	add := func(name, norm string, in, out, size, stride int, relu bool) {
		shape := engine.Shape{In: in, Out: out, Size: size, Stride: stride, Dilation: 1, Pad: size / 2 * pad}
		list = append(list, weights.Layer{Conv: engine.NewConv(kernel, shape, relu), Weight: name + ".weight", Norm: norm})
	}
	add("conv1", "bn1", 3, c.StemWidth, 3, 1, true)
	if stem := &list[0]; c.Family == "v1" {
		stem.Weight = "conv2.weight"
		stem.Merge = func(scale []float64) []float32 {
			return mergeStem(set.Floats("conv1.weight"), set.Floats("conv2.weight"), c.StemWidth, scale)
		}
	}
	in := c.StemWidth
	for stage, planes := range c.Planes {
		for n := range c.Depths[stage] {
			block := blockName(stage, n)
			size, stride := c.Kernels[stage][n], c.blockStride(stage, n)
			if n == 0 {
				add(block+"downsample.0", block+"downsample.1", in, c.Widths[stage], 1, stride, false)
			}
			add(block+"conv1", block+"bn1", in, planes, 1, 1, true)
			add(block+"conv2", block+"bn2", planes, planes, size, stride, true)
			in = c.Widths[stage]
			add(block+"conv3", block+"bn3", planes, in, 1, 1, true)
		}
	}
	add("fc", "", in, c.Classes, 1, 1, false)
	list[len(list)-1].Bias = "fc.bias"
	return list
}

// convolutions returns the convolutions of layers by their tensors' names, but
// the stem, v1's conv1 and conv2 merged or v2's conv1, as "stem".
func convolutions(layers []weights.Layer) map[string]*engine.Conv {
	convs := map[string]*engine.Conv{"stem": layers[0].Conv}
	for _, l := range layers[1:] {
		convs[strings.TrimSuffix(l.Weight, ".weight")] = l.Conv
	}
	return convs
}

func blockName(stage, n int) string { return fmt.Sprintf("layer%d.%d.", stage+1, n) }

// mergeStem returns the single 3x3 convolution [out][3][3][3] that equals v1's
// 1x1 convolution [mid][3] followed by its 3x3 one [out][mid][3][3]: nothing
// stands between the two. It is exact to float64; scale, a factor for each
// output channel, is multiplied in before it is rounded.
func mergeStem(conv1, conv2 []float32, width int, scale []float64) []float32 {
	merged := make([]float64, width*3*9)
	for o := range width {
		for m := range width {
			for c := range 3 {
				a := float64(conv1[m*3+c])
				for t := range 9 {
					merged[(o*3+c)*9+t] += a * float64(conv2[(o*width+m)*9+t])
				}
			}
		}
	}
	floats := make([]float32, len(merged))
	for i, w := range merged {
		floats[i] = float32(w * scale[i/27])
	}
	return floats
}
