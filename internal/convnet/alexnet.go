package convnet

import "bagnet/internal/engine"

// alexNet builds A. Krizhevsky, One weird trick for parallelizing convolutional
// neural networks, 2014, as torchvision has it: the network of 2012 without its
// two halves and without normalisation.
func alexNet(b *builder) (features engine.Node, h head) {
	b.architecture.Family, b.architecture.Depths = "alexnet", []int{1, 1, 3}
	b.Group("conv1")
	x := b.conv(conv{name: "features.0", size: 11, stride: 4, pad: 2, bias: true, relu: true}, b.image)
	x = b.maxPool(3, 2, 0, x)
	b.Group("conv2")
	x = b.conv(conv{name: "features.3", size: 5, stride: 1, pad: 2, bias: true, relu: true}, x)
	x = b.maxPool(3, 2, 0, x)
	b.Group("conv3-5")
	for _, name := range []string{"features.6", "features.8", "features.10"} {
		x = b.conv(conv{name: name, size: 3, stride: 1, pad: 1, bias: true, relu: true}, x)
	}
	x = b.maxPool(3, 2, 0, x)
	return x, b.threeLayers([3]string{"classifier.1", "classifier.4", "classifier.6"}, 6, x)
}
