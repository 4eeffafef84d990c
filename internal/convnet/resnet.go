package convnet

import (
	"fmt"

	"bagnet/internal/engine"
)

// resNet builds K. He, X. Zhang, S. Ren, J. Sun, Deep Residual Learning for
// Image Recognition, CVPR 2016, as torchvision has it: blocks of two 3x3
// convolutions (ResNet-18, -34) or bottlenecks (-50, -101, -152), whose stride is
// in the 3x3 convolution. Wide ResNets differ in their widths alone.
func resNet(b *builder) (features engine.Node, h head) {
	b.architecture.Family = "resnet"
	b.Group("stem")
	x := b.conv(conv{name: "conv1", size: 7, stride: 2, pad: 3, norm: "bn1", relu: true}, b.image)
	x = b.maxPool(3, 2, 1, x)
	for stage := range 4 {
		layer := fmt.Sprintf("layer%d", stage+1)
		b.Group(layer)
		depth := max(1, b.set.Count(layer+".", 0))
		b.architecture.Depths = append(b.architecture.Depths, depth)
		for n := range depth {
			stride := 1
			if n == 0 && stage > 0 {
				stride = 2
			}
			x = b.residualBlock(fmt.Sprintf("%s.%d.", layer, n), n == 0, stride, x)
		}
	}
	return x, b.meanHead("fc", x)
}

// residualBlock is torchvision's BasicBlock or, if it has a conv3, Bottleneck.
func (b *builder) residualBlock(block string, first bool, stride int, x engine.Node) engine.Node {
	bottleneck := b.set.Has(block + "conv3.weight")
	last := block + "conv2"
	if bottleneck {
		last = block + "conv3"
	}
	residual := x
	if down := block + "downsample.0"; b.set.Has(down+".weight") || first && (stride != 1 || b.width(last) != b.Channels(x)) {
		residual = b.conv(conv{name: down, size: 1, stride: stride, norm: block + "downsample.1"}, x)
	}
	if !bottleneck {
		x = b.conv(conv{name: block + "conv1", size: 3, stride: stride, pad: 1, norm: block + "bn1", relu: true}, x)
		return b.convAdd(conv{name: last, size: 3, stride: 1, pad: 1, norm: block + "bn2", relu: true}, x, residual)
	}
	x = b.conv(conv{name: block + "conv1", size: 1, stride: 1, norm: block + "bn1", relu: true}, x)
	x = b.conv(conv{name: block + "conv2", size: 3, stride: stride, pad: 1, norm: block + "bn2", relu: true}, x)
	return b.convAdd(conv{name: last, size: 1, stride: 1, norm: block + "bn3", relu: true}, x, residual)
}
