package network_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/images"
	"bagnet/internal/loader"
	"bagnet/internal/network"
	"bagnet/models"
)

// saved is a safetensors file of tensors, with metadata.
func saved(t testing.TB, d dict, metadata map[string]string) []byte {
	t.Helper()
	var tensors []loader.Named
	for _, e := range d {
		tensors = append(tensors, loader.Named{Name: e.key.(string), Tensor: e.value.(*tensor.Dense), DType: "F32"})
	}
	var b bytes.Buffer
	if err := loader.WriteSafetensors(&b, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func read(t testing.TB, file []byte, o network.Options) *network.Network {
	t.Helper()
	n, err := network.Read(bytes.NewReader(file), int64(len(file)), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.Close)
	return n
}

// TestNameOfANetwork has files that name their network, well or not, and users that do.
func TestNameOfANetwork(t *testing.T) {
	d := golden(t, "model", "v1-q17")
	for _, c := range []struct{ inFile, given, want string }{
		{"mine", "", "mine"},
		{"mine", "theirs", "theirs"},
		{"", "", "model"},
		{" \t", "", "model"},
		{models.DefaultName, "", "model"}, // whose copy it may be no more
		{models.DefaultName, models.DefaultName, models.DefaultName},
		{strings.Repeat("n", 255), "", strings.Repeat("n", 255)},
		{strings.Repeat("n", 256), "", "model"},
	} {
		n := read(t, saved(t, d, map[string]string{"format": "bagnet", "name": c.inFile}), network.Options{Name: c.given})
		if n.Name != c.want {
			t.Errorf("%.20q in the file, %q given: %.20q", c.inFile, c.given, n.Name)
		}
	}
}

// TestClassesOfANetwork has lists of classes that suit the network, and others.
func TestClassesOfANetwork(t *testing.T) {
	d := golden(t, "model", "v1-q17")
	n := read(t, saved(t, d, nil), network.Options{})
	outputs := n.Architecture().Classes
	if n.Named || len(n.Classes) != outputs || len(n.Remarks) != 0 {
		t.Errorf("no names: %+v, named %v, remarks %q", n.Classes, n.Named, n.Remarks)
	}
	names := func(count int) string {
		var all []string
		for i := range count {
			all = append(all, fmt.Sprintf("%q", "class "+string(rune('a'+i))))
		}
		return "[" + strings.Join(all, ",") + "]"
	}
	n = read(t, saved(t, d, map[string]string{"classes": names(outputs)}), network.Options{})
	if !n.Named || n.Classes[1].Label != "class b" || len(n.Remarks) != 0 {
		t.Errorf("suitable names: %+v, named %v, remarks %q", n.Classes, n.Named, n.Remarks)
	}
	n = read(t, saved(t, d, map[string]string{"classes": names(outputs + 1)}), network.Options{})
	if n.Named || len(n.Classes) != outputs || len(n.Remarks) != 1 ||
		n.Remarks[0] != fmt.Sprintf("ignoring its list of %d classes, as it has %d", outputs+1, outputs) {
		t.Errorf("one name too many: %+v, named %v, remarks %q", n.Classes, n.Named, n.Remarks)
	}
	file := saved(t, d, map[string]string{"format": "bagnet", "classes": `[{"id":"","label":"one"}]`})
	if _, err := network.Read(bytes.NewReader(file), int64(len(file)), network.Options{}); err == nil || !strings.Contains(err.Error(), "metadata names 1 class, but the network has") {
		t.Errorf("a file of this program: %v", err)
	}
}

// TestPreprocessingOfANetwork has a layer beside the network, and metadata that knows
// better.
func TestPreprocessingOfANetwork(t *testing.T) {
	mean, std := filled(0.25, 3), filled(0.5, 3)
	mean.Float32s()[2], std.Float32s()[2] = 0.125, 0.75
	d := slices.Concat(golden(t, "model", "v1-q17").under("model."), dict{{"normalize.mean", mean}, {"normalize.std", std}})
	n := read(t, saved(t, d, nil), network.Options{})
	want := images.ImageNet()
	want.Mean, want.Std = [3]float64{0.25, 0.25, 0.125}, [3]float64{0.5, 0.5, 0.75}
	if n.Preprocessing != want {
		t.Errorf("%+v", n.Preprocessing)
	}
	if len(n.Remarks) != 1 || n.Remarks[0] != "took the mean 0.25, 0.25, 0.125 and the standard deviation 0.5, 0.5, 0.75 from the layer beside the network (normalize.mean)" {
		t.Errorf("%q", n.Remarks)
	}
	const known = `{"resize":40,"crop":40,"interpolation":"bicubic","mean":[0,0,0],"std":[1,1,1]}`
	for _, n := range []*network.Network{
		read(t, saved(t, d, map[string]string{"format": "bagnet", "preprocessing": known}), network.Options{}),
		read(t, saved(t, d, nil), network.Options{Known: models.Model{Preprocessing: known}}),
	} {
		if n.Preprocessing.Crop != 40 || n.Preprocessing.Std != [3]float64{1, 1, 1} || len(n.Remarks) != 0 {
			t.Errorf("%+v, remarks %q", n.Preprocessing, n.Remarks)
		}
	}
	std.Float32s()[0] = 0
	file := saved(t, d, nil)
	if _, err := network.Read(bytes.NewReader(file), int64(len(file)), network.Options{}); err == nil || !strings.Contains(err.Error(), "deviations above zero") {
		t.Errorf("a deviation of zero: %v", err)
	}
}

// TestLeftOutIsTold has tensors beside the network.
func TestLeftOutIsTold(t *testing.T) {
	d := slices.Concat(golden(t, "model", "v1-q17").under("model."), dict{{"loss.a", filled(1, 2)}, {"loss.b", filled(1, 2)}})
	n := read(t, saved(t, d, nil), network.Options{})
	if len(n.Remarks) != 1 || n.Remarks[0] != `took the network under "model." and left out 2 tensors (loss.a, ...)` {
		t.Errorf("%q", n.Remarks)
	}
}

// TestStridesAreAssumed has files that tell a BagNet's strides, or its patches, or
// neither.
func TestStridesAreAssumed(t *testing.T) {
	d := golden(t, "model", "v1-q17")
	for text, assumed := range map[string]bool{"": true, "patch_size: 17": false, "strides: [2,2,2,1]": false} {
		metadata := map[string]string{"format": "bagnet"}
		if key, value, ok := strings.Cut(text, ": "); ok {
			metadata[key] = value
		}
		info := read(t, saved(t, d, metadata), network.Options{}).Describe("")
		if info.Assumed != assumed || !info.Bare {
			t.Errorf("%q: strides %v, assumed %v, preprocessing %v", text, info.Strides, info.Assumed, info.Bare)
		}
	}
}

// TestLinearLayersAreExported has a last layer that is stored as a 1x1 convolution: it
// becomes a matrix.
func TestLinearLayersAreExported(t *testing.T) {
	var d dict
	for _, e := range golden(t, "convnet", "resnet-basic") {
		x := e.value.(*tensor.Dense)
		if e.key == "fc.weight" {
			shape := x.Shape()
			x = tensor.New(tensor.WithShape(shape[0], shape[1], 1, 1), tensor.WithBacking(x.Float32s()))
		}
		d = append(d, item{e.key, x})
	}
	n := read(t, saved(t, d, nil), network.Options{})
	tensors, err := n.Export("bf16", func(string, float64) {})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range tensors {
		if want := map[bool]string{true: "BF16", false: "F32"}[e.Tensor.Dims() > 1]; e.DType != want || e.Name == "fc.weight" && e.Tensor.Dims() != 2 {
			t.Errorf("%s %v is stored as %s", e.Name, e.Tensor.Shape(), e.DType)
		}
	}
}

// TestNameOfAFile has a file without a name in it: its own is the network's.
func TestNameOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.safetensors")
	if err := os.WriteFile(path, saved(t, golden(t, "model", "v1-q17"), nil), 0o666); err != nil {
		t.Fatal(err)
	}
	n, err := network.Open(path, network.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	if n.Name != "mine.safetensors" {
		t.Errorf("%q", n.Name)
	}
}

// TestBagOfWords has a file of one read, described and exported.
func TestBagOfWords(t *testing.T) {
	d := golden(t, "words", "words-9")
	file := saved(t, d, map[string]string{"format": "bagnet", "family": "words", "patch_size": "9", "preprocessing": `{"resize":[48,48],"interpolation":"bilinear","mean":[0,0,0],"std":[1,1,1]}`})
	n := read(t, file, network.Options{Threads: 1})
	defer n.Close()
	info := n.Describe("")
	if info.Family != "words" || info.Patch != 9 || !slices.Equal(info.Words, []int{12, 5}) || info.Grid == nil || *info.Grid != (network.GridSize{Size: 48, Rows: 5, Cols: 5}) || n.BagNet != nil {
		t.Errorf("%+v", info)
	}
	if text := string(info.Text()); !strings.Contains(text, "words           12 of shapes, 5 of colours\n") || strings.Contains(text, "stem") {
		t.Error(text)
	}
	mapper := n.WithThreads(2).Mapper()
	if mapper == nil || mapper.Sees() != 9 || n.WithThreads(2).Threads() != 2 || n.Threads() != 1 {
		t.Errorf("%+v", mapper)
	}
	tensors, err := n.Export("f16", nil)
	if err != nil || len(tensors) != 4 {
		t.Fatal(tensors, err)
	}
	for _, e := range tensors {
		if want := map[bool]string{true: "F16", false: "F32"}[e.Name != "classifier.bias"]; e.DType != want {
			t.Errorf("%s as %s", e.Name, e.DType)
		}
	}
	if m := n.ExportedMetadata(false); m.Family != "words" || m.PatchSize != 9 {
		t.Errorf("%+v", m)
	}
}
