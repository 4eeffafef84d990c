package convnet

import (
	"regexp"

	"bagnet/internal/engine"
	"bagnet/internal/weights"
)

// spellings are those found in the wild beside torchvision's own.
var spellings = []weights.Spelling{
	oldDenseNet,
	weights.NamedBody,
}

// oldDenseNet spells norm1 and conv1 as norm.1 and conv.1: torchvision's
// published files, which are older than its module.
var oldDenseNet = weights.Spelling{
	Mark: regexp.MustCompile(`\.denselayer\d+\.norm\.1\.`),
	Rename: func(name string) string {
		return oldDenseLayer.ReplaceAllString(name, "$1$2.")
	},
}

var oldDenseLayer = regexp.MustCompile(`(\.denselayer\d+\.(?:norm|conv))\.([12])\.`)

// A family builds a network up to its last feature map, and the head for that.
type family func(*builder) (features engine.Node, h head)

// familyOf returns the family that the tensors belong to, by its first
// convolution; nil if there is none.
func familyOf(set *weights.Set) family {
	switch {
	case set.Dim("conv1.weight", 2) == 7 && set.Count("layer1.", 0) > 0:
		return resNet
	case set.Has("features.conv0.weight"):
		return denseNet
	case set.Dim("features.0.weight", 2) == 11:
		return alexNet
	case set.Dim("features.0.weight", 2) == 3 && set.Has("classifier.0.weight"):
		return vgg
	}
	return nil
}
