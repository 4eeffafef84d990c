package model

import (
	"fmt"
	"strings"

	"gorgonia.org/tensor"
)

// refuse explains why a checkpoint that looks like something else than a BagNet
// cannot be used; nil if nothing speaks against it.
func refuse(names map[string]string, get func(string) *tensor.Dense) error {
	has := func(name string) bool { _, ok := names[name]; return ok }
	for name, original := range names {
		lower := strings.ToLower(name)
		switch {
		case strings.Contains(lower, "prototype"):
			return fmt.Errorf("tensor %q belongs to a Proto-BagNet: it compares patches with prototypes instead of summing their evidence, so its decision is no sum of patch logits", original)
		case strings.HasPrefix(lower, "att_") || strings.Contains(lower, ".att_") || strings.HasPrefix(lower, "attention"):
			return fmt.Errorf("tensor %q belongs to an attention head: it weights the patches, so the image logits are not the plain mean of the patch logits", original)
		case len(get(name).Shape()) == 5:
			return fmt.Errorf("tensor %q has shape %v, a 3-D convolution: only networks for pictures, with 2-D convolutions, are supported", original, dims(get(name)))
		}
	}
	conv1 := get("conv1.weight")
	switch {
	case conv1 != nil && len(conv1.Shape()) == 4 && conv1.Shape()[2] == 7:
		return fmt.Errorf("conv1.weight has shape %v, the 7x7 stem of an ordinary ResNet: this is not a BagNet", dims(conv1))
	case has("layer1.0.conv2.weight") && !has("layer1.0.conv3.weight"):
		return fmt.Errorf("layer1.0 has no conv3: a network of basic blocks (SAR-BagNet, ResNet-18 or -34), where BagNets have bottleneck blocks")
	case conv1 == nil:
		return fmt.Errorf("no conv1.weight among its %d tensors%s: this is not a BagNet that is known here (original, bagnetsv2, Sparse BagNet, PatchGuard or pytorchcv)", len(names), example(names))
	}
	return nil
}

func example(names map[string]string) string {
	first := ""
	for _, original := range names {
		if first == "" || original < first {
			first = original
		}
	}
	if first == "" {
		return ""
	}
	return fmt.Sprintf(" (%q, ...)", first)
}

func dims(t *tensor.Dense) []int { return []int(t.Shape()) }
