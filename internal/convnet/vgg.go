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
func vgg(b *builder) engine.Node {
	a := &b.architecture
	a.Family = "vgg"
	step := 2 // a convolution and a ReLU
	if b.set.Has("features.1.running_mean") {
		a.Family, step = "vgg_bn", 3
	}
	x, stage, depth := b.image, 1, 0
	b.Group("block1")
	pool := func() {
		x = b.maxPool(2, 2, 0, x)
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
		i += step
	}
	pool()
	b.Group("classifier")
	return b.classifier([3]string{"classifier.0", "classifier.3", "classifier.6"}, 7, x)
}

// classifier applies VGG's and AlexNet's linear layers to a map that is brought
// to size x size pixels. Dropout, before two of them, does nothing outside training.
func (b *builder) classifier(names [3]string, size int, x engine.Node) engine.Node {
	x = b.AdaptiveAvgPool(size, x)
	x = b.linear(names[0], size, true, x)
	x = b.linear(names[1], 1, true, x)
	return b.linear(names[2], 1, false, x)
}
