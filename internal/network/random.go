package network

import (
	"bagnet/internal/architecture"
	"bagnet/internal/images"
)

// Random makes a published network, known by its name, with random weights: it answers at
// random, but takes as long. known reports whether there is such a network.
func Random(name string, o Options) (n *Network, known bool, err error) {
	shapes, known := architecture.Of(name)
	if !known {
		return nil, false, nil
	}
	n = &Network{Name: name, Format: "random weights", Found: &Found{}, Preprocessing: images.ImageNet()}
	if err := n.recognise(architecture.NewRandom(shapes), o); err != nil {
		return nil, true, err
	}
	return n, true, n.label()
}
