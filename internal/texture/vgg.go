package texture

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bagnet/internal/convnet"
	"bagnet/internal/engine"
)

// VGG are layers of a VGG that pools by means.
type VGG struct {
	trunk     *convnet.Trunk
	names     []string
	nodes     []engine.Node
	mean, std [3]float64
}

// GatysLayers are those that the paper describes textures by.
var GatysLayers = []string{"conv1_1", "pool1", "pool2", "pool3", "pool4"}

// NewVGG returns the layers called names of a VGG whose pixels are normalised by mean and std.
func NewVGG(t *convnet.Trunk, names []string, mean, std [3]float64) (*VGG, error) {
	f := &VGG{trunk: t, mean: mean, std: std}
	var known []string
	for _, l := range t.Layers { // in their order, whatever that of names is
		known = append(known, l.Name)
		if slices.Contains(names, l.Name) {
			f.names, f.nodes = append(f.names, l.Name), append(f.nodes, l.Node)
		}
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, fmt.Errorf("no layer %q: want some of %s", name, strings.Join(known, ", "))
		}
	}
	if len(f.names) == 0 {
		return nil, fmt.Errorf("no layers: want some of %s", strings.Join(known, ", "))
	}
	return f, nil
}

func (f *VGG) kernel() *engine.Kernel { return f.trunk.Kernel }
func (f *VGG) levels() int            { return 1 }
func (f *VGG) wraps() bool            { return false }
func (f *VGG) hint() string           { return "earlier layers" }

func (f *VGG) colours(c *colours) {
	c.zero = f.mean
	for i, std := range f.std {
		c.matrix[i][i] = 1 / std
	}
}

// Bytes returns about how much memory a search needs for a picture of h x w pixels: of all
// layers, most are in the first blocks.
func (f *VGG) Bytes(h, w int) int {
	floats, pixels := 0, h*w
	for _, l := range f.trunk.Layers {
		if strings.HasPrefix(l.Name, "pool") {
			pixels /= 4
		}
		if floats += pixels * f.trunk.Net.Channels(l.Node); l.Node == f.nodes[len(f.nodes)-1] {
			break
		}
	}
	return bytesOf(h, w, floats)
}

// least is the side of which pooling leaves a pixel.
func (f *VGG) least() int {
	least := 1
	for _, name := range f.trunk.Layers {
		if name.Node <= f.nodes[len(f.nodes)-1] && strings.HasPrefix(name.Name, "pool") {
			least *= 2
		}
	}
	return least
}

func (f *VGG) fit(ctx context.Context, white *pyramid, threads int) ([]*part, error) {
	h, w := white.sizes[0][0], white.sizes[0][1]
	p, err := newPart(f.trunk.Kernel, f.trunk.Net, 0, newFold(h, w, 1, 0, false), f.nodes, f.names, 1, threads)
	if err != nil {
		return nil, err
	}
	if err := p.forward(ctx, f.trunk.Kernel, white.levels[0], threads); err != nil {
		return nil, err
	}
	for _, l := range p.layers {
		copy(l.target, l.gram)
	}
	return []*part{p}, nil
}
