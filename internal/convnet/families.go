package convnet

import (
	"regexp"
	"strings"

	"bagnet/internal/engine"
	"bagnet/internal/weights"
)

// spellings are those found in the wild beside torchvision's own.
var spellings = []weights.Spelling{
	oldDenseNet,
	numberedBody,
	weights.NamedBody,
}

// numberedBody is a ResNet's body as an nn.Sequential, where 2 is the ReLU and 3
// the pooling, beside a 1x1 convolution: SoftCAM. A BagNet's has other numbers.
var numberedBody = weights.Spelling{
	Mark: regexp.MustCompile(`^(sequential|backbone)\.0\.weight$`),
	Rename: func(name string) string {
		if rest, ok := strings.CutPrefix(name, "classifier."); ok {
			return "fc." + rest
		}
		m := numberedChild.FindStringSubmatch(name)
		if m == nil {
			return name
		}
		return map[string]string{"0": "conv1", "1": "bn1", "4": "layer1", "5": "layer2", "6": "layer3", "7": "layer4"}[m[1]] + name[len(m[0])-1:]
	},
}

var numberedChild = regexp.MustCompile(`^(?:sequential|backbone)\.([014567])\.`)

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
		set.Head("fc", weights.Heads...)
		return resNet
	case set.Has("features.conv0.weight"):
		set.Head("classifier")
		return denseNet
	case set.Dim("features.0.weight", 2) == 11:
		return alexNet
	case set.Dim("features.0.weight", 2) == 3 && set.Has("classifier.0.weight"):
		return vgg
	}
	return nil
}
