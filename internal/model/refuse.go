package model

import (
	"fmt"
	"strings"

	"bagnet/internal/weights"
)

// refuse explains why a checkpoint that looks like something else than a BagNet
// cannot be used; nil if nothing speaks against it.
func refuse(set *weights.Set) error {
	for _, name := range set.Names() {
		original := set.Original(name)
		if err := RefuseHead(name, original); err != nil {
			return err
		}
		if len(set.Shape(name)) == 5 {
			return fmt.Errorf("tensor %q has shape %v, a 3-D convolution: only networks for pictures, with 2-D convolutions, are supported", original, set.Shape(name))
		}
	}
	conv1 := set.Shape("conv1.weight")
	switch {
	case len(conv1) == 4 && conv1[2] == 7:
		return fmt.Errorf("conv1.weight has shape %v, the 7x7 stem of an ordinary ResNet: this is not a BagNet", conv1)
	case set.Has("layer1.0.conv2.weight") && !set.Has("layer1.0.conv3.weight"):
		return fmt.Errorf("layer1.0 has no conv3: a network of basic blocks (SAR-BagNet, a ResNet without the 7x7 stem), where BagNets have bottleneck blocks")
	case conv1 == nil:
		return fmt.Errorf("no conv1.weight among its %d tensors%s: this is neither a BagNet that is known here (original, bagnetsv2, Sparse BagNet, PatchGuard or pytorchcv) nor a ResNet, VGG, DenseNet or AlexNet as torchvision has them", set.Len(), example(set))
	}
	return nil
}

// RefuseHead explains why a network with a tensor of that name does not decide by
// the sum of what patches say; nil if it may. original is its name in the file.
func RefuseHead(name, original string) error {
	lower := strings.ToLower(name)
	switch {
	case strings.Contains(lower, "prototype"):
		return fmt.Errorf("tensor %q belongs to a Proto-BagNet: it compares patches with prototypes instead of summing their evidence, so its decision is no sum of patch logits", original)
	case strings.HasPrefix(lower, "att_") || strings.Contains(lower, ".att_") || strings.HasPrefix(lower, "attention"):
		return fmt.Errorf("tensor %q belongs to an attention head: it weights the patches, so the image logits are not the plain mean of the patch logits", original)
	}
	return nil
}

func example(set *weights.Set) string {
	names := set.Names()
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%q, ...)", set.Original(names[0]))
}
