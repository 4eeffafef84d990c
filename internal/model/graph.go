package model

import (
	"fmt"

	"bagnet/internal/engine"
)

// features connects the convolutions up to the last feature map. Each has its
// BatchNorm folded in and its ReLU behind it; conv3 adds the residual before
// that. The map has one pixel every stride pixels of the image: the native
// stride, or that of the first stages, and then the later stages' 3x3
// convolutions are dilated instead, which gives the values in between too.
//
// Departures from ResNet-50: no max-pooling after the stem; conv2 is 3x3 only
// in some blocks, mostly the first of a stage; v1 pads nowhere, so such a block's output
// is smaller than its input and the residual is cropped at the bottom and right.
func (m pass) features(stride int) (*engine.Network, engine.Node) {
	net, x := engine.NewNetwork(m.runner.Kernel(), 3)
	net.Group("stem")
	x = net.Conv(m.convs["stem"], x) // v1's conv1 and conv2 merged, or v2's conv1
	reached, dilation := 1, 1
	for stage, depth := range m.config.Depths {
		net.Group(fmt.Sprintf("layer%d", stage+1))
		step := m.config.Strides[stage]
		if reached*step > stride {
			step = 1
		}
		for n := range depth {
			block := blockName(stage, n)
			t, residual := net.Conv(m.convs[block+"conv1"], x), x
			if n == 0 {
				t = net.Conv(m.convs[block+"conv2"].With(step, dilation), t)
				residual = net.Conv(m.convs[block+"downsample.0"].With(step, 1), x)
				reached *= step
				dilation *= m.config.Strides[stage] / step
			} else {
				t = net.Conv(m.convs[block+"conv2"].With(1, dilation), t)
			}
			x = net.ConvAdd(m.convs[block+"conv3"], t, residual)
		}
	}
	net.Group("classifier")
	return net, x
}
