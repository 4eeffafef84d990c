package convnet

import (
	"fmt"

	"bagnet/internal/engine"
)

// denseNet builds G. Huang, Z. Liu, L. van der Maaten, K. Q. Weinberger, Densely
// Connected Convolutional Networks, CVPR 2017, as torchvision has it (DenseNet-BC):
// each layer sees what all layers of its block before it have put out.
func denseNet(b *builder) (features engine.Node, h head) {
	b.architecture.Family = "densenet"
	b.Group("stem")
	x := b.conv(conv{name: "features.conv0", size: 7, stride: 2, pad: 3, norm: "features.norm0", relu: true}, b.image)
	x = b.maxPool(3, 2, 1, x)
	blocks := b.set.Count("features.denseblock", 1)
	for n := 1; n <= blocks; n++ {
		block := fmt.Sprintf("denseblock%d", n)
		b.Group(block)
		depth := b.set.Count("features."+block+".denselayer", 1)
		b.architecture.Depths = append(b.architecture.Depths, depth)
		for i := 1; i <= depth; i++ {
			layer := fmt.Sprintf("features.%s.denselayer%d.", block, i)
			y := b.normReLU(layer+"norm1", x)
			y = b.conv(conv{name: layer + "conv1", size: 1, stride: 1, norm: layer + "norm2", relu: true}, y)
			x = b.Concat(x, b.conv(conv{name: layer + "conv2", size: 3, stride: 1, pad: 1}, y))
		}
		if n < blocks {
			b.Group(fmt.Sprintf("transition%d", n))
			transition := fmt.Sprintf("features.transition%d.", n)
			y := b.normReLU(transition+"norm", x)
			x = b.avgPool(2, 2, b.conv(conv{name: transition + "conv", size: 1, stride: 1}, y))
		}
	}
	b.Group("classifier")
	x = b.normReLU("features.norm5", x)
	return x, b.meanHead("classifier", x)
}
