// Package architecture knows which tensors published networks have, so that these can be run
// without their weights.
package architecture

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"bagnet/internal/model"
	"bagnet/internal/weights"
)

// classes are ImageNet's.
const classes = 1000

// published are the networks that are known, by the names that the registry and torchvision
// have for them.
var published = map[string]func() weights.Shapes{
	"bagnet9": bagNet("v1", 2), "bagnet17": bagNet("v1", 3), "bagnet33": bagNet("v1", 4),
	"bagnet9-v2": bagNet("v2", 2), "bagnet17-v2": bagNet("v2", 3), "bagnet33-v2": bagNet("v2", 4),
	"resnet18": resNet(false, 1, 2, 2, 2, 2), "resnet34": resNet(false, 1, 3, 4, 6, 3),
	"resnet50": resNet(true, 1, 3, 4, 6, 3), "resnet101": resNet(true, 1, 3, 4, 23, 3), "resnet152": resNet(true, 1, 3, 8, 36, 3),
	"wide_resnet50_2": resNet(true, 2, 3, 4, 6, 3), "wide_resnet101_2": resNet(true, 2, 3, 4, 23, 3),
	"vgg11": vgg(false, 1, 1, 2, 2, 2), "vgg13": vgg(false, 2, 2, 2, 2, 2), "vgg16": vgg(false, 2, 2, 3, 3, 3), "vgg19": vgg(false, 2, 2, 4, 4, 4),
	"vgg11_bn": vgg(true, 1, 1, 2, 2, 2), "vgg13_bn": vgg(true, 2, 2, 2, 2, 2), "vgg16_bn": vgg(true, 2, 2, 3, 3, 3), "vgg19_bn": vgg(true, 2, 2, 4, 4, 4),
	"densenet121": denseNet(32, 64, 6, 12, 24, 16), "densenet161": denseNet(48, 96, 6, 12, 36, 24),
	"densenet169": denseNet(32, 64, 6, 12, 32, 32), "densenet201": denseNet(32, 64, 6, 12, 48, 32),
	"alexnet": alexNet,
}

// Of returns the tensors of the network called name, for 1000 classes: their names as
// torchvision has them, and their shapes. known reports whether there is such a network.
func Of(name string) (shapes weights.Shapes, known bool) {
	name, _, _ = strings.Cut(name, "-sin") // trained on Stylized-ImageNet: other images, the same network
	of := published[name]
	if of == nil {
		return nil, false
	}
	return of(), true
}

// layer adds a layer with a bias.
func layer(s weights.Shapes, name string, shape ...int) {
	s[name+".weight"], s[name+".bias"] = shape, shape[:1]
}

// bagNet is one whose 3x3 convolutions stand in the first blocks of the first stages.
func bagNet(family string, stages int) func() weights.Shapes {
	return func() weights.Shapes {
		c := model.Config{Family: family, StemWidth: 64, Planes: [4]int{64, 128, 256, 512}, Widths: [4]int{256, 512, 1024, 2048},
			Depths: [4]int{3, 4, 6, 3}, Classes: classes}
		for stage, depth := range c.Depths {
			for block := range depth {
				kernel := 1
				if block == 0 && stage < stages {
					kernel = 3
				}
				c.Kernels[stage] = append(c.Kernels[stage], kernel)
			}
		}
		return c.Shapes()
	}
}

// resNet has blocks of two convolutions or bottlenecks, whose inner width is wide times the
// usual one.
func resNet(bottleneck bool, wide int, depths ...int) func() weights.Shapes {
	return func() weights.Shapes {
		s := weights.Shapes{"conv1.weight": {64, 3, 7, 7}}
		s.Norm("bn1", 64)
		in := 64
		for stage, depth := range depths {
			width, out := wide*64<<stage, 64<<stage
			convs := [][]int{{width, 0, 3, 3}, {out, width, 3, 3}}
			if bottleneck {
				out *= 4
				convs = [][]int{{width, 0, 1, 1}, {width, width, 3, 3}, {out, width, 1, 1}}
			}
			for n := range depth {
				block := fmt.Sprintf("layer%d.%d.", stage+1, n)
				if n == 0 && (stage > 0 || in != out) {
					s[block+"downsample.0.weight"] = []int{out, in, 1, 1}
					s.Norm(block+"downsample.1", out)
				}
				for i, shape := range convs {
					if i == 0 {
						shape = []int{shape[0], in, shape[2], shape[3]}
					}
					s[fmt.Sprintf("%sconv%d.weight", block, i+1)] = shape
					s.Norm(fmt.Sprintf("%sbn%d", block, i+1), shape[0])
				}
				in = out
			}
		}
		layer(s, "fc", classes, in)
		return s
	}
}

// vgg has blocks of so many 3x3 convolutions. The torch.nn.Sequential "features" numbers what
// stands behind each of them too, and the pooling behind a block.
func vgg(norm bool, depths ...int) func() weights.Shapes {
	return func() weights.Shapes {
		s := weights.Shapes{}
		in, number := 3, 0
		for block, depth := range depths {
			out := min(64<<block, 512)
			for range depth {
				layer(s, fmt.Sprintf("features.%d", number), out, in, 3, 3)
				if norm {
					number++
					s.Norm(fmt.Sprintf("features.%d", number), out)
				}
				in, number = out, number+2
			}
			number++
		}
		layer(s, "classifier.0", 4096, 512*7*7)
		layer(s, "classifier.3", 4096, 4096)
		layer(s, "classifier.6", classes, 4096)
		return s
	}
}

// denseNet has blocks of so many layers, each of which adds growth channels.
func denseNet(growth, first int, depths ...int) func() weights.Shapes {
	return func() weights.Shapes {
		s := weights.Shapes{"features.conv0.weight": {first, 3, 7, 7}}
		s.Norm("features.norm0", first)
		in := first
		for block, depth := range depths {
			for n := range depth {
				name := fmt.Sprintf("features.denseblock%d.denselayer%d.", block+1, n+1)
				s.Norm(name+"norm1", in)
				s[name+"conv1.weight"] = []int{4 * growth, in, 1, 1}
				s.Norm(name+"norm2", 4*growth)
				s[name+"conv2.weight"] = []int{growth, 4 * growth, 3, 3}
				in += growth
			}
			if block < len(depths)-1 {
				name := fmt.Sprintf("features.transition%d.", block+1)
				s.Norm(name+"norm", in)
				s[name+"conv.weight"] = []int{in / 2, in, 1, 1}
				in /= 2
			}
		}
		s.Norm("features.norm5", in)
		layer(s, "classifier", classes, in)
		return s
	}
}

func alexNet() weights.Shapes {
	s := weights.Shapes{}
	layer(s, "features.0", 64, 3, 11, 11)
	layer(s, "features.3", 192, 64, 5, 5)
	layer(s, "features.6", 384, 192, 3, 3)
	layer(s, "features.8", 256, 384, 3, 3)
	layer(s, "features.10", 256, 256, 3, 3)
	layer(s, "classifier.1", 4096, 256*6*6)
	layer(s, "classifier.4", 4096, 4096)
	layer(s, "classifier.6", classes, 4096)
	return s
}

// isNorm reports whether a vector is a BatchNorm's weight, by what stands beside it.
func isNorm(s weights.Shapes, name string) bool {
	before, found := strings.CutSuffix(name, ".weight")
	return found && s[before+".running_var"] != nil
}

// Names are those of the networks that are known, sorted.
func Names() []string { return slices.Sorted(maps.Keys(published)) }
