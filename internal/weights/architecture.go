package weights

// An Architecture is what a network has to say about itself.
type Architecture struct {
	Family     string // "v1", "v2", "resnet", "vgg", "vgg_bn", "densenet", "alexnet" or "words"
	Patch      int    // side of a BagNet's or a bag of words' patch in pixels, 0 for other networks
	Layers     int    // with weights, by which ResNet-50 and its like are called
	StemWidth  int    // channels after the first convolution
	Depths     []int  // blocks (VGG, AlexNet: convolutions) in each stage
	Strides    []int  // of a BagNet's stages, nil for other networks
	Words      []int  // in each vocabulary of a bag of visual words
	Classes    int
	Parameters int64 // running statistics not counted
}
