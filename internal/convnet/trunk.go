package convnet

import (
	"fmt"
	"slices"
	"strings"

	"bagnet/internal/engine"
	"bagnet/internal/weights"
)

// A Trunk is a VGG's convolutions, with the mean of each window for its maximum, which gives
// smoother gradients: what textures are described by (L. Gatys, A. Ecker, M. Bethge, Texture
// synthesis using convolutional neural networks, NIPS 2015). It is read-only.
type Trunk struct {
	Net    *engine.Network
	Kernel *engine.Kernel
	Layers []TrunkLayer // in their order
}

// A TrunkLayer is called as Gatys has it: conv1_1 is the first convolution of the first block
// with its ReLU, pool1 the mean behind the block.
type TrunkLayer struct {
	Name string
	Node engine.Node
}

// NewTrunk packs the convolutions of the VGG that w has, for the kernel called as Options has
// it. It keeps no reference to w.
func NewTrunk(w weights.Source, o Options) (*Trunk, error) {
	kernel, err := engine.Choose(o.Kernel)
	if err != nil {
		return nil, err
	}
	set, err := weights.NewSet(w, spellings)
	if err != nil {
		return nil, err
	}
	b := newBuilder(set, kernel)
	b.average = true
	if family := familyOf(set); family == nil {
		return nil, ErrUnknown
	} else if family(b); !strings.HasPrefix(b.architecture.Family, "vgg") {
		return nil, fmt.Errorf("it is a network of family %s, no VGG", b.architecture.Family)
	}
	if _, err := b.check(); err != nil {
		return nil, err
	}
	b.layers = slices.DeleteFunc(b.layers, func(l weights.Layer) bool { return !strings.HasPrefix(l.Weight, "features.") })
	_, err = b.pack(max(o.Threads, 1))
	return &Trunk{b.Network, kernel, b.named}, err
}
