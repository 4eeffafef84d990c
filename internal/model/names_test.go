package model

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func replaced(pairs ...string) func(string) string {
	r := strings.NewReplacer(pairs...)
	return r.Replace
}

// pytorchcv spells a torchvision name as that collection does.
func pytorchcv(name string) string {
	unit := regexp.MustCompile(`^layer(\d)\.(\d+)\.(.*)$`)
	if m := unit.FindStringSubmatch(name); m != nil {
		n, _ := strconv.Atoi(m[2])
		rest := regexp.MustCompile(`^conv(\d)`).ReplaceAllString(m[3], "body.conv$1.conv")
		rest = regexp.MustCompile(`^bn(\d)`).ReplaceAllString(rest, "body.conv$1.bn")
		rest = replaced("downsample.0", "identity_conv.conv", "downsample.1", "identity_conv.bn")(rest)
		return fmt.Sprintf("features.stage%s.unit%d.%s", m[1], n+1, rest)
	}
	return replaced("conv1.", "features.init_block.conv1.", "conv2.", "features.init_block.conv2.conv.",
		"bn1.", "features.init_block.conv2.bn.", "fc.", "output.")(name)
}

// sequential numbers the body's children: 3 is the ReLU.
func sequential(body, head string) func(string) string {
	return func(name string) string {
		for from, to := range map[string]string{"conv1.": "0.", "conv2.": "1.", "bn1.": "2.", "layer1.": "4.", "layer2.": "5.", "layer3.": "6.", "layer4.": "7."} {
			if rest, ok := strings.CutPrefix(name, from); ok {
				return body + "." + to + rest
			}
		}
		return strings.Replace(name, "fc.", head+".", 1)
	}
}

func prefixed(p string) func(string) string { return func(n string) string { return p + n } }

func TestFamiliesInTheWild(t *testing.T) {
	c := small("v1", 17)
	f := random(c, 1)
	img := randomImage(40, 44, 1)
	want := logits(t, mustNew(t, f, Options{}), img)
	fc := f.tensors["fc.weight"]
	as1x1 := f.with("fc.weight", dense([]int{c.Classes, c.Features(), 1, 1}, fc.Float32s()))
	for name, w := range map[string]fake{
		"flat":                  f,
		"data parallel":         f.renamed(prefixed("module.")),
		"lightning":             f.renamed(prefixed("model.")),
		"compiled":              f.renamed(prefixed("_orig_mod.")),
		"compiled and parallel": f.renamed(prefixed("module._orig_mod.")),
		"sparse bagnet":         as1x1.renamed(sequential("sequential", "conv2")),
		"sparse, parallel":      as1x1.renamed(sequential("sequential", "conv2")).renamed(prefixed("module.")),
		"sibling":               as1x1.renamed(sequential("backbone", "classifier")),
		"named backbone":        as1x1.renamed(func(n string) string { return "backbone." + n }).renamed(replaced("backbone.fc.", "classifier.")),
		"pytorchcv":             f.renamed(pytorchcv),
		"without prefix for bn": f.with("bn1.num_batches_tracked", filled(3, 1)),
	} {
		m, err := New(w, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for i, v := range logits(t, m, img) {
			if v != want[i] {
				t.Errorf("%s: logit %d is %v, want %v", name, i, v, want[i])
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	c := small("v1", 33)
	f := random(c, 1)
	remove := func(part string) fake {
		g := f
		for _, n := range f.Names() {
			if strings.Contains(n, part) {
				g = g.with(n, nil)
			}
		}
		return g
	}
	for name, tc := range map[string]struct {
		w    fake
		want []string
	}{
		"prototypes":    {f.with("prototype_vectors", filled(1, 3, 4)), []string{"prototype_vectors", "Proto-BagNet"}},
		"attention":     {f.with("att_conv.weight", filled(1, 1, 36, 1, 1)), []string{"att_conv.weight", "attention"}},
		"3-D":           {f.with("conv1.weight", filled(1, 6, 3, 1, 1, 1)), []string{"conv1.weight", "3-D"}},
		"ResNet":        {f.with("conv1.weight", filled(1, 6, 3, 7, 7)), []string{"[6 3 7 7]", "ordinary ResNet"}},
		"basic blocks":  {remove("conv3"), []string{"basic blocks", "SAR-BagNet"}},
		"nothing":       {fake{}, []string{"no conv1.weight", "0 tensors"}},
		"other":         {fake{tensors: random(c, 1).with("conv1.weight", nil).tensors}, []string{"no conv1.weight"}},
		"wrong shape":   {f.with("layer2.0.conv2.weight", filled(1, 6, 5, 3, 3)), []string{"layer2.0.conv2.weight", "[6 5 3 3]", "[6 6 3 3]"}},
		"wrong norm":    {f.with("layer2.0.bn2.bias", filled(1, 7)), []string{"layer2.0.bn2.bias", "[7]", "[6]"}},
		"missing":       {f.with("layer3.0.bn1.running_var", nil), []string{"layer3.0.bn1.running_var", "missing"}},
		"a gap":         {remove("layer3.0."), []string{"layer3.0.", "missing"}},
		"no downsample": {f.with("layer2.0.downsample.0.weight", nil), []string{"layer2.0.downsample.0.weight", "missing"}},
		"no head":       {f.with("fc.weight", nil), []string{"fc.weight", "missing"}},
		"extra":         {f.with("aux.weight", filled(1, 3)), []string{"aux.weight", "no place"}},
		"negative var":  {f.with("bn1.running_var", filled(-1, 6)), []string{"running variance", "negative"}},
		"overflow":      {f.with("bn1.weight", filled(3e38, 6)).with("bn1.running_var", filled(0, 6)), []string{"conv2.weight", "exceeds float32"}},
	} {
		_, err := New(tc.w, Options{})
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		for _, part := range tc.want {
			if !strings.Contains(err.Error(), part) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: error %q lacks %q", name, err, part)
			}
		}
	}
	if _, err := New(f, Options{Kernel: "abacus"}); err == nil {
		t.Error("an unknown kernel was accepted")
	}
	if _, err := New(f, Options{Strides: [4]int{2, 0, 2, 1}}); err == nil {
		t.Error("a stride of 0 was accepted")
	}
}

func TestParameterCount(t *testing.T) {
	// bagnet33 as published: 18.3 M parameters.
	c := Config{Family: "v1", StemWidth: 64, Planes: [4]int{64, 128, 256, 512}, Widths: [4]int{256, 512, 1024, 2048},
		Depths: [4]int{3, 4, 6, 3}, Kernels: [4][]int{{3, 1, 1}, {3, 1, 1, 1}, {3, 1, 1, 1, 1, 1}, {3, 1, 1}}, Strides: [4]int{2, 2, 2, 1}, Classes: 1000}
	m := mustNew(t, random(c, 1), Options{})
	if p := m.Config().Parameters; p < 18_200_000 || p > 18_400_000 {
		t.Errorf("bagnet33 has %d parameters", p)
	}
	if rows, cols := m.Config().Grid(224, 224); rows != 24 || cols != 24 || m.Config().PatchSize != 33 {
		t.Errorf("bagnet33 at 224: grid %dx%d, patch %d", rows, cols, m.Config().PatchSize)
	}
	// 16.26 G multiply-adds at 224, counted from PyTorch's module shapes.
	if g := float64(m.Config().MACs(224, 224)) / 1e9; g < 16.255 || g > 16.265 {
		t.Errorf("bagnet33 at 224: %.3f G multiply-adds", g)
	}
}

func BenchmarkBagNet33(b *testing.B) {
	c := Config{Family: "v1", StemWidth: 64, Planes: [4]int{64, 128, 256, 512}, Widths: [4]int{256, 512, 1024, 2048},
		Depths: [4]int{3, 4, 6, 3}, Kernels: [4][]int{{3, 1, 1}, {3, 1, 1, 1}, {3, 1, 1, 1, 1, 1}, {3, 1, 1}}, Strides: [4]int{2, 2, 2, 1}, Classes: 1000}
	m := mustNew(b, random(c, 1), Options{})
	img := randomImage(224, 224, 1)
	for b.Loop() {
		logits(b, m, img)
	}
}
