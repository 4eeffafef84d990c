package model

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"gorgonia.org/tensor"
)

// A Config is the architecture of a BagNet, read off the names and shapes of
// its tensors; only the strides are not in the weights.
type Config struct {
	Family     string // "v1": no padding, residuals cropped; "v2": zero padding
	PatchSize  int    // q: a patch is q x q pixels
	StemWidth  int    // channels after the stem
	Planes     [4]int // width of each stage's bottleneck
	Widths     [4]int // channels each stage puts out
	Depths     [4]int // blocks in each stage
	Kernels    [4]int // size of conv2 in the first block of each stage: 1 or 3
	Strides    [4]int // of each stage, taken in its first block
	Classes    int
	Parameters int64 // of the checkpoint, running statistics not counted
}

// Features returns the number of channels the classifier sees.
func (c Config) Features() int { return c.Widths[3] }

// Stride returns the distance in pixels between neighbouring patches of the native grid.
func (c Config) Stride() int { return c.Strides[0] * c.Strides[1] * c.Strides[2] * c.Strides[3] }

// Grid returns the native grid of an h x w image, below 1 if the image is too small.
func (c Config) Grid(h, w int) (rows, cols int) { return c.gridSize(h), c.gridSize(w) }

func (c Config) gridSize(n int) int {
	pad := func(kernel int) int {
		if c.Family == "v2" {
			return kernel / 2 * 2
		}
		return 0
	}
	n += pad(3) - 2
	for stage := range 4 {
		k := c.Kernels[stage]
		if n += pad(k); n < k {
			return 0
		}
		n = (n-k)/c.Strides[stage] + 1
	}
	return n
}

// patchSize follows from where the 3x3 convolutions are: each adds twice the
// distance in pixels between the neighbours it sees.
func (c Config) patchSize() int {
	q, jump := 3, 1
	for stage := range 4 {
		q += (c.Kernels[stage] - 1) * jump
		jump *= c.Strides[stage]
	}
	return q
}

// maxClasses bounds what is held for each class: names, counts, logits. All of
// WordNet's nouns are fewer.
const maxClasses = 100_000

// infer reads the Config off the tensors and checks each of them against it.
func infer(names map[string]string, get func(string) *tensor.Dense, strides [4]int) (Config, error) {
	c := Config{Family: "v2", Strides: strides}
	if c.Strides == [4]int{} {
		c.Strides = [4]int{2, 2, 2, 1}
	}
	for _, s := range c.Strides {
		if s < 1 || s > 8 {
			return c, fmt.Errorf("strides %v: each must be between 1 and 8", c.Strides)
		}
	}
	dim := func(name string, axis int) int {
		if t := get(name); t != nil && axis < len(t.Shape()) {
			return t.Shape()[axis]
		}
		return 0
	}
	if get("conv2.weight") != nil {
		c.Family = "v1"
	}
	c.StemWidth = dim("conv1.weight", 0)
	for stage := range 4 {
		block := fmt.Sprintf("layer%d.0.", stage+1)
		c.Planes[stage] = dim(block+"conv1.weight", 0)
		c.Widths[stage] = dim(block+"conv3.weight", 0)
		c.Kernels[stage] = 1
		if dim(block+"conv2.weight", 2) == 3 {
			c.Kernels[stage] = 3
		}
		c.Depths[stage] = depth(names, stage)
	}
	if c.Classes = dim("fc.weight", 0); c.Classes > maxClasses {
		return c, fmt.Errorf("it has %d classes, more than the %d allowed", c.Classes, maxClasses)
	}
	c.PatchSize = c.patchSize()
	return c, c.checkTensors(names, get)
}

// depth returns how many blocks a stage has: one more than the largest number
// among its names, so that a gap shows as missing tensors.
func depth(names map[string]string, stage int) int {
	blocks := 0
	for name := range names {
		rest, ok := strings.CutPrefix(name, fmt.Sprintf("layer%d.", stage+1))
		number, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(number); ok && err == nil && n < len(names) {
			blocks = max(blocks, n+1)
		}
	}
	return blocks
}

// checkTensors compares every tensor with what the Config calls for and counts
// the parameters.
func (c *Config) checkTensors(names map[string]string, get func(string) *tensor.Dense) error {
	want := c.shapes()
	order := make([]string, 0, len(want))
	for name := range want {
		order = append(order, name)
	}
	sort.Strings(order)
	for _, name := range order {
		if _, ok := names[name]; !ok {
			return fmt.Errorf("tensor %s is missing", name)
		}
	}
	for _, name := range order {
		shape := []int(get(name).Shape())
		if !slices.Equal(shape, want[name]) || slices.Contains(shape, 0) {
			return fmt.Errorf("tensor %q has shape %v, expected %v", names[name], shape, want[name])
		}
		if !strings.Contains(name, ".running_") {
			c.Parameters += int64(get(name).Shape().TotalSize())
		}
	}
	var extra []string
	for name, original := range names {
		if want[name] == nil {
			extra = append(extra, original)
		}
	}
	if len(extra) > 0 {
		sort.Strings(extra)
		return fmt.Errorf("tensor %q (one of %d) has no place in a BagNet: leaving it out could change the result", extra[0], len(extra))
	}
	return nil
}

// shapes lists every tensor of the network, in torchvision's names and PyTorch's layout.
func (c Config) shapes() map[string][]int {
	s := map[string][]int{}
	norm := func(name string, n int) {
		for _, part := range []string{"weight", "bias", "running_mean", "running_var"} {
			s[name+"."+part] = []int{n}
		}
	}
	if c.Family == "v1" {
		s["conv1.weight"] = []int{c.StemWidth, 3, 1, 1}
		s["conv2.weight"] = []int{c.StemWidth, c.StemWidth, 3, 3}
	} else {
		s["conv1.weight"] = []int{c.StemWidth, 3, 3, 3}
	}
	norm("bn1", c.StemWidth)
	in := c.StemWidth
	for stage, planes := range c.Planes {
		for n := range max(1, c.Depths[stage]) {
			block := fmt.Sprintf("layer%d.%d.", stage+1, n)
			kernel := 1
			if n == 0 {
				kernel = c.Kernels[stage]
				s[block+"downsample.0.weight"] = []int{c.Widths[stage], in, 1, 1}
				norm(block+"downsample.1", c.Widths[stage])
			}
			s[block+"conv1.weight"] = []int{planes, in, 1, 1}
			s[block+"conv2.weight"] = []int{planes, planes, kernel, kernel}
			s[block+"conv3.weight"] = []int{c.Widths[stage], planes, 1, 1}
			norm(block+"bn1", planes)
			norm(block+"bn2", planes)
			norm(block+"bn3", c.Widths[stage])
			in = c.Widths[stage]
		}
	}
	s["fc.weight"] = []int{c.Classes, in}
	s["fc.bias"] = []int{c.Classes}
	return s
}
