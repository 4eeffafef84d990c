package convnet

import (
	"fmt"

	"bagnet/internal/engine"
)

// vgg builds K. Simonyan, A. Zisserman, Very Deep Convolutional Networks for
// Large-Scale Image Recognition, ICLR 2015, as torchvision has it: 3x3
// convolutions, with BatchNorm or without, and three linear layers. The
// torch.nn.Sequential "features" numbers poolings too, which have no tensors: a
// pooling is where a convolution could be and is none, and at the end.
func vgg(b *builder) (features engine.Node, h head) {
	a := &b.architecture
	a.Family = "vgg"
	step := 2 // a convolution and a ReLU
	if b.set.Has("features.1.running_mean") {
		a.Family, step = "vgg_bn", 3
	}
	x, stage, depth := b.image, 1, 0
	b.Group("block1")
	pool := func() {
		if b.average {
			x = b.avgPool(2, 2, x)
		} else {
			x = b.maxPool(2, 2, 0, x)
		}
		b.named = append(b.named, TrunkLayer{fmt.Sprintf("pool%d", stage), x})
		a.Depths = append(a.Depths, depth)
		stage, depth = stage+1, 0
		b.Group(fmt.Sprintf("block%d", stage))
	}
	for i := 0; i < b.set.Count("features.", 0); {
		c := conv{name: fmt.Sprintf("features.%d", i), size: 3, stride: 1, pad: 1, bias: true, relu: true}
		if !b.set.Has(c.name+".weight") && depth > 0 {
			pool()
			i++
			continue
		}
		if step == 3 {
			c.norm = fmt.Sprintf("features.%d", i+1)
		}
		x = b.conv(c, x)
		depth++
		b.named = append(b.named, TrunkLayer{fmt.Sprintf("conv%d_%d", stage, depth), x})
		i += step
	}
	pool()
	return x, b.threeLayers([3]string{"classifier.0", "classifier.3", "classifier.6"}, 7, x)
}

// threeLayers is the classifier of VGG and AlexNet: linear layers on a map that
// is brought to size x size pixels, each position with weights of its own.
// Dropout, before two of them, does nothing outside training.
func (b *builder) threeLayers(names [3]string, size int, features engine.Node) head {
	first := b.linear(names[0], b.Channels(features), size, true)
	second := b.linear(names[1], first.Out, 1, true)
	third := b.linear(names[2], second.Out, 1, false)
	return head{apply: func(net *engine.Network, x engine.Node) engine.Node {
		return net.Conv(third, net.Conv(second, net.Conv(first, net.AdaptiveAvgPool(size, x))))
	}}
}
