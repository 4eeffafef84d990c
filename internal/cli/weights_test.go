package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/loader"
)

// severalNetworks are checkpoint files with more or less than one plain network,
// all made of the small BagNet v1-q17 and the small ResNet.
func severalNetworks(t testing.TB) map[string][]byte {
	bagnet, resnet := goldenTensors(t, "model", "v1-q17"), goldenTensors(t, "convnet", "resnet-basic")
	half := slices.Clone(bagnet) // another network: half as sure of everything
	for i, n := range half {
		if n.Name == "fc.weight" || n.Name == "fc.bias" {
			x := n.Tensor.Clone().(*tensor.Dense)
			for j := range x.Float32s() {
				x.Float32s()[j] /= 2
			}
			half[i].Tensor = x
		}
	}
	one := func(name string, values ...float32) []loader.Named {
		return []loader.Named{{Name: name, Tensor: tensor.New(tensor.WithShape(len(values)), tensor.WithBacking(values)), DType: "F32"}}
	}
	wide := slices.Clone(resnet) // its classifier as a 1x1 convolution
	for i, n := range wide {
		if n.Name == "fc.weight" {
			s := n.Tensor.Shape()
			wide[i].Tensor = tensor.New(tensor.WithShape(s[0], s[1], 1, 1), tensor.WithBacking(n.Tensor.Float32s()))
		}
	}
	file := func(tensors ...[]loader.Named) []byte {
		var b bytes.Buffer
		if err := loader.WriteSafetensors(&b, slices.Concat(tensors...), nil); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	cut := len(bagnet) / 2
	return map[string][]byte{
		"plain.safetensors":                  file(bagnet),
		"half.safetensors":                   file(half),
		"loss.safetensors":                   file(under("student.", bagnet), one("criterion.weight", 1, 2)),
		"teacher.safetensors":                file(under("student.", bagnet), under("teacher.", half)),
		"averaged.safetensors":               file(under("model.", bagnet), under("ema_model.module.", half)),
		"twice.safetensors":                  file(under("model.", bagnet), under("attacker.model.", bagnet)),
		"robust.safetensors":                 file(under("model.", bagnet), one("normalizer.new_mean", 0.5, 0.25, 0.1), one("normalizer.new_std", 0.2, 0.3, 0.4)),
		"flatness.safetensors":               file(under("model.", bagnet), one("normalizer.new_mean", 0.5, 0.25, 0.1), one("normalizer.new_std", 0.2, 0, 0.4)),
		"wide.safetensors":                   file(under("module.", wide)),
		"parts-00001-of-00002.safetensors":   file(bagnet[:cut]),
		"parts-00002-of-00002.safetensors":   file(bagnet[cut:]),
		"missing-00001-of-00002.safetensors": file(bagnet[:cut]),
	}
}

func goldenTensors(t testing.TB, pkg, golden string) []loader.Named {
	t.Helper()
	c, err := loader.Open(filepath.Join("..", pkg, "testdata", golden+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	var tensors []loader.Named
	for _, n := range c.Names() {
		tensors = append(tensors, loader.Named{Name: n, Tensor: c.Tensor(n), DType: "F32"})
	}
	return tensors
}

func under(prefix string, tensors []loader.Named) []loader.Named {
	tensors = slices.Clone(tensors)
	for i := range tensors {
		tensors[i].Name = prefix + tensors[i].Name
	}
	return tensors
}

// TestConvertedNames has the names, shapes and values of torchvision's module in
// what convert makes of other spellings.
func TestConvertedNames(t *testing.T) {
	dir := t.TempDir()
	for file, golden := range map[string][]loader.Named{
		"loss.safetensors": goldenTensors(t, "model", "v1-q17"),
		"wide.safetensors": goldenTensors(t, "convnet", "resnet-basic"),
	} {
		in, out := filepath.Join(dir, file), filepath.Join(dir, "out-"+file)
		if err := os.WriteFile(in, severalNetworks(t)[file], 0o666); err != nil {
			t.Fatal(err)
		}
		var stderr bytes.Buffer
		if code := Main([]string{"models", "convert", in, out}, bytes.NewReader(nil), &bytes.Buffer{}, &stderr); code != 0 {
			t.Fatalf("%s: %s", file, stderr.String())
		}
		c, err := loader.Open(out)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Names()) != len(golden) {
			t.Errorf("%s: %d tensors, want %d", file, len(c.Names()), len(golden))
		}
		for _, want := range golden {
			if x := c.Tensor(want.Name); x == nil || !x.Shape().Eq(want.Tensor.Shape()) || !slices.Equal(x.Float32s(), want.Tensor.Float32s()) {
				t.Errorf("%s: %s is not that of the network", file, want.Name)
			}
		}
		c.Close()
	}
}
