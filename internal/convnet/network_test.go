package convnet_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/convnet"
	"bagnet/internal/inference"
	"gorgonia.org/tensor"
)

// fake is a checkpoint in memory.
type fake map[string]*tensor.Dense

func (f fake) Names() []string                  { return slices.Sorted(maps.Keys(f)) }
func (f fake) Tensor(name string) *tensor.Dense { return f[name] }
func (f fake) DType(string) string              { return "F32" }

// read returns the golden of that name as a fake.
func read(t testing.TB, name string) fake {
	w, f := open(t, name), fake{}
	for _, n := range w.Names() {
		f[n] = w.Tensor(n)
	}
	return f
}

// renamed returns the same tensors under other names, without those whose new name is "".
func (f fake) renamed(to func(string) string) fake {
	g := fake{}
	for n, t := range f {
		if n = to(n); n != "" {
			g[n] = t
		}
	}
	return g
}

// with returns the checkpoint with one tensor replaced, or removed if nil.
func (f fake) with(name string, t *tensor.Dense) fake {
	g := maps.Clone(f)
	if delete(g, name); t != nil {
		g[name] = t
	}
	return g
}

func filled(value float32, shape ...int) *tensor.Dense {
	n := 1
	for _, s := range shape {
		n *= s
	}
	return tensor.New(tensor.WithShape(shape...), tensor.WithBacking(slices.Repeat([]float32{value}, n)))
}

func prefixed(p string) func(string) string { return func(n string) string { return p + n } }

// TestSpellings reads the same weights under the names that they have in the wild.
func TestSpellings(t *testing.T) {
	uncounted := func(n string) string {
		if strings.HasSuffix(n, ".num_batches_tracked") {
			return ""
		}
		return n
	}
	// As in torchvision's published files of DenseNets.
	dotted := func(n string) string {
		return uncounted(regexp.MustCompile(`(denselayer\d+\.(?:norm|conv))([12])\.`).ReplaceAllString(n, "$1.$2."))
	}
	if dotted("features.denseblock1.denselayer2.norm1.weight") != "features.denseblock1.denselayer2.norm.1.weight" {
		t.Fatal("the old spelling is not the old spelling")
	}
	parallel := func(n string) string {
		if n = dotted(n); n != "" {
			n = "module." + n
		}
		return n
	}
	body := func(n string) string {
		if rest, ok := strings.CutPrefix(n, "fc."); ok {
			return "classifier." + rest
		}
		return "backbone." + n
	}
	for name, spellings := range map[string]map[string]func(string) string{
		"densenet":     {"as published": dotted, "as published, parallel": parallel},
		"resnet-basic": {"a named body": body, "without counters": uncounted, "compiled and parallel": prefixed("module._orig_mod.")},
		"vgg_bn":       {"without counters": uncounted, "lightning": prefixed("model.")},
		"alexnet":      {"whole in a body": prefixed("backbone.")},
	} {
		_, img := readGolden(t, name)
		f := read(t, name)
		want := classify(t, mustNew(t, f, convnet.Options{}), img)
		for how, rename := range spellings {
			n, err := convnet.New(f.renamed(rename), convnet.Options{})
			if err != nil {
				t.Errorf("%s, %s: %v", name, how, err)
			} else if got := classify(t, n, img); !slices.Equal(got, want) {
				t.Errorf("%s, %s: %v, want %v", name, how, got, want)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	basic, bottleneck, vgg, dense, alex := read(t, "resnet-basic"), read(t, "resnet-bottleneck"), read(t, "vgg"), read(t, "densenet"), read(t, "alexnet")
	for name, tc := range map[string]struct {
		w    fake
		want []string
	}{
		"grouped":            {bottleneck.with("layer2.0.conv2.weight", filled(1, 4, 2, 3, 3)), []string{"layer2.0.conv2.weight", "[4 2 3 3]", "grouped", "ResNeXt"}},
		"wrong shape":        {basic.with("layer1.0.conv2.weight", filled(1, 6, 5, 3, 3)), []string{"layer1.0.conv2.weight", "[6 5 3 3]", "[6 6 3 3]"}},
		"grey pictures":      {vgg.with("features.0.weight", filled(1, 5, 1, 3, 3)), []string{"features.0.weight", "[5 1 3 3]", "[5 3 3 3]"}},
		"no shortcut":        {basic.with("layer2.0.downsample.0.weight", nil), []string{"layer2.0.downsample.0.weight", "missing"}},
		"squeeze and excite": {basic.with("layer1.0.se.fc1.weight", filled(1, 2, 6)), []string{"layer1.0.se.fc1.weight", "no place", "resnet"}},
		"no BatchNorm":       {basic.with("bn1.running_var", nil), []string{"bn1.running_var", "missing"}},
		"no head":            {basic.with("fc.weight", nil), []string{"fc.weight", "missing"}},
		"a gap":              {vgg.with("features.3.weight", nil).with("features.3.bias", nil), []string{"features.", "missing"}},
		"another head":       {vgg.with("classifier.0.weight", filled(1, 11, 8)), []string{"classifier.0.weight", "[11 8]", "[11 392]"}},
		"an empty tensor":    {vgg.with("features.0.weight", filled(1, 1<<40, 0, 3, 3)), []string{"features.0."}},
		"missing dense layer": {dense.renamed(func(n string) string {
			return strings.ReplaceAll(n, "denseblock2.denselayer2.", "denseblock2.denselayer7.")
		}), []string{"denselayer2.", "missing"}},
		"transition":            {dense.with("features.transition1.conv.weight", filled(1, 7, 13, 1, 1)), []string{"features.transition1.conv.weight", "[7 14 1 1]"}},
		"negative variance":     {dense.with("features.denseblock1.denselayer1.norm1.running_var", filled(-1, 6)), []string{"denselayer1.norm1", "running variance", "negative"}},
		"overflow":              {dense.with("features.norm5.weight", filled(3e38, dense["features.norm5.weight"].Shape()[0])).with("features.norm5.running_var", filled(0, dense["features.norm5.weight"].Shape()[0])), []string{"features.norm5", "exceeds float32"}},
		"a number out of reach": {vgg.with("features.999999999999.weight", filled(1, 1)), []string{"features.999999999999.weight", "no place"}},
		"missing bias":          {alex.with("features.6.bias", nil), []string{"features.6.bias", "missing"}},
	} {
		_, err := convnet.New(tc.w, convnet.Options{})
		if err == nil || errors.Is(err, convnet.ErrUnknown) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, part := range tc.want {
			if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: error %q lacks %q", name, err, part)
			}
		}
	}
	for name, w := range map[string]fake{
		"nothing":        {},
		"a BagNet's":     basic.with("conv1.weight", filled(1, 6, 3, 3, 3)),
		"a SqueezeNet's": {"features.0.weight": filled(1, 64, 3, 3, 3), "features.3.squeeze.weight": filled(1, 16, 64, 1, 1), "classifier.1.weight": filled(1, 5, 512, 1, 1)},
	} {
		if _, err := convnet.New(w, convnet.Options{}); !errors.Is(err, convnet.ErrUnknown) {
			t.Errorf("%s tensors: %v, want ErrUnknown", name, err)
		}
	}
	if _, err := convnet.New(basic, convnet.Options{Kernel: "abacus"}); err == nil {
		t.Error("an unknown kernel was accepted")
	}
}

// blank is a black image that takes no memory.
type blank struct{ h, w int }

func (b blank) Size() (h, w int) { return b.h, b.w }
func (b blank) Read(dst []float32, stride, _, _, h, w int) {
	for i := range h {
		clear(dst[i*stride:][:3*w])
	}
}

// TestSizes goes down to the smallest images that torchvision accepts: each
// pooling halves the side of VGG's map, torchvision's own minimum is 63 pixels
// for AlexNet and 29 for DenseNets, and ResNets take every size.
func TestSizes(t *testing.T) {
	for name, smallest := range map[string]int{"resnet-basic": 1, "resnet-bottleneck": 1, "vgg": 8, "vgg_bn": 4, "densenet": 29, "alexnet": 63} {
		n := mustNew(t, read(t, name), convnet.Options{})
		for _, size := range [][2]int{{smallest, smallest}, {smallest + 40, smallest}, {smallest, 3 * smallest}} {
			logits := classify(t, n, blank{size[0], size[1]})
			if slices.ContainsFunc(logits, func(v float32) bool { return math.IsNaN(float64(v)) }) {
				t.Errorf("%s, %v: logits %v", name, size, logits)
			}
		}
		if smallest == 1 {
			continue
		}
		for _, size := range [][2]int{{smallest - 1, 100}, {100, smallest - 1}} {
			_, err := n.Classify(t.Context(), blank{size[0], size[1]})
			if err == nil || err.Error() != n.CheckSize(size[0], size[1]).Error() || !strings.Contains(err.Error(), "too small") {
				t.Errorf("%s, %v: %v", name, size, err)
			}
		}
	}
}

func TestTooLargeImage(t *testing.T) {
	n := mustNew(t, read(t, "vgg"), convnet.Options{})
	if _, err := n.Classify(t.Context(), blank{40_000, 30_000}); err == nil || !strings.Contains(err.Error(), "image of 30000x40000 pixels needs") {
		t.Errorf("error %v", err)
	}
}

// TestPoolingThatLeavesNothing is a VGG of so many poolings that no image is
// large enough.
func TestPoolingThatLeavesNothing(t *testing.T) {
	f := read(t, "vgg").renamed(func(n string) string {
		if strings.HasPrefix(n, "features.") {
			return ""
		}
		return n
	})
	in := 3
	for i := range 14 {
		name := fmt.Sprintf("features.%d", 3*i)
		f[name+".weight"], f[name+".bias"] = filled(1, 8, in, 3, 3), filled(1, 8)
		in = 8
	}
	if _, err := convnet.New(f, convnet.Options{}); err == nil || !strings.Contains(err.Error(), "leaves nothing") {
		t.Errorf("error %v", err)
	}
}

func TestProfile(t *testing.T) {
	for _, name := range tiny {
		n := mustNew(t, read(t, name), convnet.Options{Threads: 2})
		layers, err := n.Profile(t.Context(), blank{64, 70})
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		var total int64
		for _, l := range layers {
			names = append(names, l.Name)
			total += l.Multiplications
		}
		if len(names) < 3 || names[len(names)-1] != "classifier" || slices.Contains(names, "") {
			t.Errorf("%s: groups of layers %q", name, names)
		}
		if macs := n.MACs(64, 70); total < macs/2 || total > 2*macs {
			t.Errorf("%s: the groups have %d multiply-adds, the network %d", name, total, macs)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	n := mustNew(t, read(t, "densenet"), convnet.Options{})
	_, img := readGolden(t, "densenet")
	images := []inference.Pixels{img, blank{40, 33}}
	want := [][]float32{classify(t, n, images[0]), classify(t, n, images[1])}
	errs := make(chan error)
	for i := range 8 {
		go func() {
			got, err := n.Classify(t.Context(), images[i%2])
			if err == nil && !slices.Equal(got, want[i%2]) {
				err = errors.New("other bits than alone")
			}
			n.Release()
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Classify(ctx, img); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
