package model

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gorgonia.org/tensor"
)

// Weights are the named tensors of a checkpoint, float32 and contiguous.
type Weights interface {
	Names() []string
	Tensor(name string) *tensor.Dense // nil if there is none of that name
	DType(name string) string         // how it was stored: "F32", "F16", ...
}

// wrappers are prefixes that training code puts before every name.
var wrappers = []string{"module.", "model.", "_orig_mod.", "net."}

// renames bring the spellings found in the wild to torchvision's, which the
// BagNet repositories use. The first family whose mark occurs is taken; all its
// rules are applied to every name, in order.
var renames = []struct {
	mark  *regexp.Regexp // a name that only this family has
	rules []rule
}{
	{ // pytorchcv
		mark: regexp.MustCompile(`^features\.init_block\.`),
		rules: []rule{
			{regexp.MustCompile(`^features\.init_block\.conv1\.`), "conv1."},
			{regexp.MustCompile(`^features\.init_block\.conv2\.conv\.`), "conv2."},
			{regexp.MustCompile(`^features\.init_block\.conv2\.bn\.`), "bn1."},
			{regexp.MustCompile(`^features\.stage(\d+)\.unit(\d+)\.`), "layer$1.unit$2."},
			{regexp.MustCompile(`^(layer\d+\.unit\d+)\.body\.conv(\d)\.conv\.`), "$1.conv$2."},
			{regexp.MustCompile(`^(layer\d+\.unit\d+)\.body\.conv(\d)\.bn\.`), "$1.bn$2."},
			{regexp.MustCompile(`^(layer\d+\.unit\d+)\.identity_conv\.conv\.`), "$1.downsample.0."},
			{regexp.MustCompile(`^(layer\d+\.unit\d+)\.identity_conv\.bn\.`), "$1.downsample.1."},
			{regexp.MustCompile(`^output\.`), "fc."},
		},
	},
	{ // Sparse BagNet and its sibling: the body as an nn.Sequential, where 3 is the ReLU
		mark: regexp.MustCompile(`^(sequential|backbone)\.0\.weight$`),
		rules: []rule{
			{regexp.MustCompile(`^(conv2|classifier)\.`), "fc."}, // a 1x1 classifier, not the stem
			{regexp.MustCompile(`^(?:sequential|backbone)\.0\.`), "conv1."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.1\.`), "conv2."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.2\.`), "bn1."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.4\.`), "layer1."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.5\.`), "layer2."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.6\.`), "layer3."},
			{regexp.MustCompile(`^(?:sequential|backbone)\.7\.`), "layer4."},
		},
	},
	{ // a named body beside a classifier of its own
		mark: regexp.MustCompile(`^(sequential|backbone)\.conv1\.weight$`),
		rules: []rule{
			{regexp.MustCompile(`^(?:sequential|backbone)\.`), ""},
			{regexp.MustCompile(`^classifier\.`), "fc."},
		},
	},
}

type rule struct {
	from *regexp.Regexp
	to   string
}

// pytorchcvUnit numbers units from 1, everybody else from 0.
var pytorchcvUnit = regexp.MustCompile(`^(layer\d+\.)unit(\d+)(\..*)$`)

// canonical maps every name to torchvision's spelling: the result's keys are
// conv1.weight, layer1.0.bn2.bias, fc.weight, ...; its values the names in w.
func canonical(w Weights) (map[string]string, error) {
	names := w.Names()
	prefix := commonPrefix(names)
	rules := rulesFor(names, prefix)
	out := make(map[string]string, len(names))
	for _, name := range names {
		short := strings.TrimPrefix(name, prefix)
		for _, r := range rules {
			short = r.from.ReplaceAllString(short, r.to)
		}
		short = fromOne(short)
		if strings.HasSuffix(short, ".num_batches_tracked") {
			continue
		}
		if other, taken := out[short]; taken {
			return nil, fmt.Errorf("reading tensor names: %q and %q both stand for %s", other, name, short)
		}
		out[short] = name
	}
	return out, nil
}

// commonPrefix returns the wrappers, possibly several, that all names begin with.
func commonPrefix(names []string) string {
	prefix := ""
	for {
		i := slices.IndexFunc(wrappers, func(p string) bool {
			return !slices.ContainsFunc(names, func(n string) bool { return !strings.HasPrefix(n, prefix+p) })
		})
		if i < 0 || len(names) == 0 {
			return prefix
		}
		prefix += wrappers[i]
	}
}

func rulesFor(names []string, prefix string) []rule {
	for _, family := range renames {
		if slices.ContainsFunc(names, func(n string) bool { return family.mark.MatchString(strings.TrimPrefix(n, prefix)) }) {
			return family.rules
		}
	}
	return nil
}

func fromOne(name string) string {
	m := pytorchcvUnit.FindStringSubmatch(name)
	if m == nil {
		return name
	}
	n := 0
	fmt.Sscan(m[2], &n)
	return fmt.Sprintf("%s%d%s", m[1], n-1, m[3])
}
