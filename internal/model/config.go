package model

import (
	"fmt"

	"bagnet/internal/grid"
	"bagnet/internal/weights"
)

// A Config is the architecture of a BagNet, read off the names and shapes of
// its tensors; only the strides are not in the weights.
type Config struct {
	Family     string   // "v1": no padding, residuals cropped; "v2": zero padding
	PatchSize  int      // q: a patch is q x q pixels
	StemWidth  int      // channels after the stem
	Planes     [4]int   // width of each stage's bottleneck
	Widths     [4]int   // channels each stage puts out
	Depths     [4]int   // blocks in each stage
	Kernels    [4][]int // size of conv2 in each block of each stage: 1 or 3
	Strides    [4]int   // of each stage, taken in its first block
	Classes    int
	Parameters int64 // of the checkpoint, running statistics not counted
}

// Architecture returns what every network has to say about itself.
func (c Config) Architecture() weights.Architecture {
	return weights.Architecture{Family: c.Family, Patch: c.PatchSize, Layers: c.layerCount(), StemWidth: c.StemWidth, Depths: c.Depths[:],
		Strides: c.Strides[:], Classes: c.Classes, Parameters: c.Parameters}
}

// layerCount counts as ResNet-50 does, which has so many: what the image goes through, but
// not what leads past a block. v1 has two convolutions before the first block, v2 one.
func (c Config) layerCount() int {
	n := 2 // the first one and the linear one
	if c.Family == "v1" {
		n++
	}
	for _, depth := range c.Depths {
		n += 3 * depth
	}
	return n
}

// Features returns the number of channels the classifier sees.
func (c Config) Features() int { return c.Widths[3] }

// Stride returns the distance in pixels between neighbouring patches of the native grid.
func (c Config) Stride() int { return c.Strides[0] * c.Strides[1] * c.Strides[2] * c.Strides[3] }

// Grid returns the native grid of an h x w image, below 1 if the image is too small.
func (c Config) Grid(h, w int) (rows, cols int) { return c.gridSize(h), c.gridSize(w) }

// NativeGrid returns where the patches of the native grid lie in an h x w image, which is
// not too small.
func (c Config) NativeGrid(h, w int) grid.Grid {
	g := grid.Grid{Stride: c.Stride(), Patch: c.PatchSize, Sees: c.PatchSize, Step: 1}
	g.Rows, g.Cols = c.Grid(h, w)
	g.NativeRows, g.NativeCols = g.Rows, g.Cols
	if c.Family == "v1" { // a v2's first patch is centred on the first pixel
		g.Origin = (c.PatchSize - 1) / 2
	}
	return g
}

func (c Config) gridSize(n int) int {
	pad := func(kernel int) int {
		if c.Family == "v2" {
			return kernel / 2 * 2
		}
		return 0
	}
	n += pad(3) - 2
	for stage := range 4 {
		for block, k := range c.Kernels[stage] {
			if n += pad(k); n < k {
				return 0
			}
			n = (n-k)/c.blockStride(stage, block) + 1
		}
	}
	return n
}

// blockStride returns the stride of a block's conv2: a stage's is taken in its
// first block.
func (c Config) blockStride(stage, block int) int {
	if block == 0 {
		return c.Strides[stage]
	}
	return 1
}

// WithStrides returns the Config of the same weights with other strides, or an
// error if they cannot be.
func (c Config) WithStrides(strides [4]int) (Config, error) {
	for _, s := range strides {
		if s < 1 || s > 8 {
			return c, fmt.Errorf("strides %v: each must be between 1 and 8", strides)
		}
	}
	c.Strides = strides
	c.PatchSize = c.patchSize()
	return c, nil
}

// patchSize follows from where the 3x3 convolutions are: each adds twice the
// distance in pixels between the neighbours it sees.
func (c Config) patchSize() int {
	q, jump := 3, 1
	for stage := range 4 {
		for block, k := range c.Kernels[stage] {
			q += (k - 1) * jump
			jump *= c.blockStride(stage, block)
		}
	}
	return q
}

// UsualPlacement reports whether 3x3 convolutions stand where the published
// BagNets have them: in the first blocks of the first 2, 3 or 4 stages.
func (c Config) UsualPlacement() bool {
	stages := 0
	for stage := range 4 {
		for block, k := range c.Kernels[stage] {
			if k == 3 {
				if block > 0 || stages != stage {
					return false
				}
				stages++
			}
		}
	}
	return stages >= 2
}

// infer reads the Config off the tensors and checks each of them against it.
func infer(set *weights.Set, strides [4]int) (Config, error) {
	c := Config{Family: "v2", Strides: strides}
	if c.Strides == [4]int{} {
		c.Strides = [4]int{2, 2, 2, 1}
	}
	if set.Has("conv2.weight") {
		c.Family = "v1"
	}
	c.StemWidth = set.Dim("conv1.weight", 0)
	for stage := range 4 {
		block := blockName(stage, 0)
		c.Planes[stage] = set.Dim(block+"conv1.weight", 0)
		c.Widths[stage] = set.Dim(block+"conv3.weight", 0)
		c.Depths[stage] = set.Count(fmt.Sprintf("layer%d.", stage+1), 0)
		for n := range max(1, c.Depths[stage]) {
			kernel := 1
			if set.Dim(blockName(stage, n)+"conv2.weight", 2) == 3 {
				kernel = 3
			}
			c.Kernels[stage] = append(c.Kernels[stage], kernel)
		}
	}
	c.Classes = set.Dim("fc.weight", 0)
	var err error
	if c, err = c.WithStrides(c.Strides); err != nil {
		return c, err
	}
	c.Parameters, err = set.Check(c.Shapes(), "a BagNet")
	return c, err
}

// Shapes lists every tensor of the network, in torchvision's names and PyTorch's layout.
func (c Config) Shapes() weights.Shapes {
	s := weights.Shapes{}
	if c.Family == "v1" {
		s["conv1.weight"] = []int{c.StemWidth, 3, 1, 1}
		s["conv2.weight"] = []int{c.StemWidth, c.StemWidth, 3, 3}
	} else {
		s["conv1.weight"] = []int{c.StemWidth, 3, 3, 3}
	}
	s.Norm("bn1", c.StemWidth)
	in := c.StemWidth
	for stage, planes := range c.Planes {
		for n := range max(1, c.Depths[stage]) {
			block := blockName(stage, n)
			kernel := c.Kernels[stage][n]
			if n == 0 {
				s[block+"downsample.0.weight"] = []int{c.Widths[stage], in, 1, 1}
				s.Norm(block+"downsample.1", c.Widths[stage])
			}
			s[block+"conv1.weight"] = []int{planes, in, 1, 1}
			s[block+"conv2.weight"] = []int{planes, planes, kernel, kernel}
			s[block+"conv3.weight"] = []int{c.Widths[stage], planes, 1, 1}
			s.Norm(block+"bn1", planes)
			s.Norm(block+"bn2", planes)
			s.Norm(block+"bn3", c.Widths[stage])
			in = c.Widths[stage]
		}
	}
	s["fc.weight"] = []int{c.Classes, in}
	s["fc.bias"] = []int{c.Classes}
	return s
}
