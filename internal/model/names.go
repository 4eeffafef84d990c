package model

import (
	"fmt"
	"regexp"

	"bagnet/internal/weights"
)

// spellings are those found in the wild beside torchvision's, which the BagNet
// repositories use.
var spellings = []weights.Spelling{
	{ // pytorchcv
		Mark: regexp.MustCompile(`^features\.init_block\.`),
		Rename: rules{
			{regexp.MustCompile(`^features\.init_block\.conv1\.`), "conv1."},
			{regexp.MustCompile(`^features\.init_block\.conv2\.conv\.`), "conv2."},
			{regexp.MustCompile(`^features\.init_block\.conv2\.bn\.`), "bn1."},
			{regexp.MustCompile(`^features\.stage(\d+)\.unit(\d+)\.`), "layer$1.unit$2."},
			{regexp.MustCompile(`^(layer\d+\.unit\d+)\.body\.conv(\d)\.conv\.`), "$1.conv$2."},
			{regexp.MustCompile(`^(layer\d+\.unit\d+)\.body\.conv(\d)\.bn\.`), "$1.bn$2."},
			{regexp.MustCompile(`^(layer\d+\.unit\d+)\.identity_conv\.conv\.`), "$1.downsample.0."},
			{regexp.MustCompile(`^(layer\d+\.unit\d+)\.identity_conv\.bn\.`), "$1.downsample.1."},
			{regexp.MustCompile(`^output\.`), "fc."},
		}.numberedFromOne,
	},
	{ // Sparse BagNet and its sibling: the body as an nn.Sequential, where 3 is the ReLU
		Mark: regexp.MustCompile(`^(sequential|backbone)\.0\.weight$`),
		Rename: rules{
			{regexp.MustCompile(`^(conv2|classifier)\.`), "fc."}, // a 1x1 classifier, not the stem
			{regexp.MustCompile(`^(?:sequential|backbone)\.0\.`), "conv1."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.1\.`), "conv2."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.2\.`), "bn1."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.4\.`), "layer1."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.5\.`), "layer2."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.6\.`), "layer3."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.7\.`), "layer4."},
		}.apply,
	},
	weights.NamedBody,
}

// rules replace parts of a name, one after the other.
type rules []struct {
	from *regexp.Regexp
	to   string
}

func (r rules) apply(name string) string {
	for _, rule := range r {
		name = rule.from.ReplaceAllString(name, rule.to)
	}
	return name
}

// pytorchcvUnit numbers units from 1, everybody else from 0.
var pytorchcvUnit = regexp.MustCompile(`^(layer\d+\.)unit(\d+)(\..*)$`)

func (r rules) numberedFromOne(name string) string {
	name = r.apply(name)
	m := pytorchcvUnit.FindStringSubmatch(name)
	if m == nil {
		return name
	}
	n := 0
	fmt.Sscan(m[2], &n)
	return fmt.Sprintf("%s%d%s", m[1], n-1, m[3])
}
