package convnet_test

import (
	"encoding/json"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/convnet"
	"bagnet/internal/engine"
	"bagnet/internal/grid"
	"bagnet/internal/images"
	"bagnet/internal/inference"
	"gorgonia.org/tensor"
)

// mapGolden is what PyTorch computed in float64 at the positions of a larger picture, and
// by the gradient where these look: see scripts/make_goldens.py.
type mapGolden struct {
	Image       string    `json:"image"`
	Field       [3]int    `json:"field"` // side, stride, pixel at the centre of the first position's
	Rows        int       `json:"rows"`
	Cols        int       `json:"cols"`
	Logits      []float64 `json:"logits"`
	PatchLogits []float64 `json:"patch_logits"` // [rows][cols][classes]
}

// means are the goldens of networks whose logits are means over positions.
var means = []string{"resnet-basic", "resnet-bottleneck", "densenet"}

func readMap(t testing.TB, name string) (g mapGolden, img inference.Pixels) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".maps.json"))
	if err == nil {
		err = json.Unmarshal(data, &g)
	}
	if err == nil {
		data, err = os.ReadFile(filepath.Join("testdata", g.Image))
	}
	if err != nil {
		t.Fatal(err)
	}
	picture, err := images.Decode(data, images.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return g, images.ImageNet().Normalize(picture)
}

func mapsOf(t testing.TB, n *convnet.Network, img inference.Pixels, o inference.MapOptions) inference.Maps {
	t.Helper()
	o.Stride = n.Strides()[0]
	maps, err := n.Maps(t.Context(), img, o)
	if err != nil {
		t.Fatal(err)
	}
	return maps
}

func classes(n *convnet.Network) []int {
	all := make([]int, n.Architecture().Classes)
	for i := range all {
		all[i] = i
	}
	return all
}

// checkMap holds the map of all classes against PyTorch's.
func checkMap(t *testing.T, got inference.Maps, want mapGolden) {
	t.Helper()
	field := grid.Grid{Rows: want.Rows, Cols: want.Cols, Origin: want.Field[2], Stride: want.Field[1], Patch: want.Field[1], Sees: want.Field[0],
		Step: 1, NativeRows: want.Rows, NativeCols: want.Cols}
	if got.Grid != field || !slices.Equal(got.Values.Shape(), []int{want.Rows, want.Cols, len(want.Logits)}) {
		t.Fatalf("grid %+v of %v, want %+v", got.Grid, got.Values.Shape(), field)
	}
	if d := deviation(got.Values.Float32s(), want.PatchLogits); !(d <= 2e-5) {
		t.Errorf("the map is off by %.2g of its range", d)
	}
	mean := make([]float32, len(want.Logits))
	for i := range mean {
		mean[i] = float32(got.NativeMean(i))
	}
	if d := deviation(mean, want.Logits); !(d <= 2e-5) {
		t.Errorf("its means %v are off the logits by %.2g of the range", mean, d)
	}
	if d := deviation(got.Logits, want.Logits); !(d <= 2e-5) {
		t.Errorf("the logits are off by %.2g of the range", d)
	}
}

func TestMapsEqualPyTorch(t *testing.T) {
	for _, name := range means {
		want, img := readMap(t, name)
		for _, k := range engine.Kernels() {
			t.Run(name+"/"+k.Name(), func(t *testing.T) {
				n := mustNew(t, open(t, name), convnet.Options{Kernel: k.Name(), Threads: 1})
				got := mapsOf(t, n, img, inference.MapOptions{Classes: classes(n)})
				checkMap(t, got, want)
				if !slices.Equal(got.Logits, classify(t, n, img)) {
					t.Error("the logits have other bits than Classify's")
				}
				for _, threads := range []int{2, 5} {
					other := mapsOf(t, n.WithThreads(threads), img, inference.MapOptions{Classes: classes(n)})
					if !slices.Equal(got.Values.Float32s(), other.Values.Float32s()) || !slices.Equal(got.Logits, other.Logits) {
						t.Errorf("%d threads give other bits", threads)
					}
				}
			})
		}
	}
}

// TestMapsOfSoftCAM has a numbered body and a convolution for a classifier.
func TestMapsOfSoftCAM(t *testing.T) {
	numbers := strings.NewReplacer("layer1.", "4.", "layer2.", "5.", "layer3.", "6.", "layer4.", "7.")
	for _, body := range []string{"backbone.", "sequential."} {
		for _, name := range means[:2] {
			want, img := readMap(t, name)
			f := read(t, name)
			fc := f["fc.weight"]
			f = f.renamed(func(n string) string {
				switch top, rest, _ := strings.Cut(n, "."); top {
				case "fc":
					return "classifier." + rest
				case "conv1":
					return body + "0." + rest
				case "bn1":
					return body + "1." + rest
				}
				return body + numbers.Replace(n)
			})
			s := fc.Shape()
			f = f.with("classifier.weight", tensor.New(tensor.WithShape(s[0], s[1], 1, 1), tensor.WithBacking(fc.Float32s())))
			n := mustNew(t, f, convnet.Options{})
			checkMap(t, mapsOf(t, n, img, inference.MapOptions{Classes: classes(n)}), want)
		}
	}
}

// TestMapsOfSomeClasses asks for classes in other orders, for those of the answer, and for
// features.
func TestMapsOfSomeClasses(t *testing.T) {
	for _, name := range means {
		_, img := readMap(t, name)
		n := mustNew(t, open(t, name), convnet.Options{Threads: 2})
		all := mapsOf(t, n, img, inference.MapOptions{Classes: classes(n)})
		count := len(all.Logits)
		check := func(how string, got inference.Maps, want []int) {
			t.Helper()
			if !slices.Equal(got.Classes, want) || got.Grid != all.Grid || !slices.Equal(got.Logits, all.Logits) {
				t.Fatalf("%s: classes %v of %+v", how, got.Classes, got.Grid)
			}
			for k, v := range got.Values.Float32s() {
				if cell, i := k/len(want), k%len(want); v != all.Values.Float32s()[cell*count+want[i]] {
					t.Fatalf("%s: value %d of class %d has other bits", how, cell, want[i])
				}
			}
		}
		check("two", mapsOf(t, n, img, inference.MapOptions{Classes: []int{3, 0}}), []int{3, 0})
		check("chosen", mapsOf(t, n, img, inference.MapOptions{Choose: func(logits []float32) []int {
			if !slices.Equal(logits, all.Logits) {
				t.Errorf("chosen by %v", logits)
			}
			n.Release()
			return []int{4, 1, 2}
		}}), []int{4, 1, 2})
		features := mapsOf(t, n, img, inference.MapOptions{Features: true, Classes: []int{1}})
		want, err := n.Features(t.Context(), img)
		if err != nil || features.Classes != nil || !slices.Equal(features.Values.Float32s(), want.Float32s()) || !slices.Equal(features.Values.Shape(), want.Shape()) || n.Channels() != want.Shape()[2] {
			t.Errorf("%s: features of %v, want %v (%v)", name, features.Values.Shape(), want.Shape(), err)
		}
	}
}

// TestPositionsSeeTheirField changes pixels beyond what a position sees, which changes
// nothing there, and some of the pixels that it sees, which does.
func TestPositionsSeeTheirField(t *testing.T) {
	n := mustNew(t, open(t, "resnet-bottleneck"), convnet.Options{})
	const h, w = 64, 400
	noise := func(change func(x int) bool) inference.Pixels {
		rng := rand.New(rand.NewPCG(3, 4))
		pixels := filled(0, h, w, 3)
		for i := range pixels.Float32s() {
			v := float32(rng.NormFloat64())
			if change(i / 3 % w) {
				v += 5
			}
			pixels.Float32s()[i] = v
		}
		img, err := inference.FromTensor(pixels)
		if err != nil {
			t.Fatal(err)
		}
		return img
	}
	o := inference.MapOptions{Features: true}
	before := mapsOf(t, n, noise(func(int) bool { return false }), o)
	const col = 6
	rect := seen(before.Grid, col)
	for how, change := range map[string]func(x int) bool{
		"beyond": func(x int) bool { return x < rect[0] || x >= rect[1] },
		"first":  func(x int) bool { return x >= rect[0] && x < rect[0]+12 },
		"last":   func(x int) bool { return x >= rect[1]-12 && x < rect[1] },
	} {
		after := mapsOf(t, n, noise(change), o)
		c := n.Channels()
		same := slices.Equal(before.Values.Float32s()[col*c:][:c], after.Values.Float32s()[col*c:][:c])
		if same != (how == "beyond") {
			t.Errorf("%s: the same at position %d: %v", how, col, same)
		}
	}
}

// seen is the range of columns that a position sees.
func seen(g grid.Grid, col int) [2]int {
	from := g.Origin + col*g.Stride - g.Sees/2
	return [2]int{from, from + g.Sees}
}

// TestNoMaps has networks that are no means over positions, and what cannot be asked for.
func TestNoMaps(t *testing.T) {
	for _, name := range tiny {
		if n := mustNew(t, open(t, name), convnet.Options{}); n.IsMean() != slices.Contains(means, name) {
			t.Errorf("%s is a mean: %v", name, n.IsMean())
		}
	}
	n := mustNew(t, open(t, "densenet"), convnet.Options{})
	if _, err := n.Maps(t.Context(), blank{100, 100}, inference.MapOptions{Stride: 16}); err == nil || !strings.Contains(err.Error(), "stride of 16 pixels: this network has [32]") {
		t.Errorf("another stride: %v", err)
	}
	if _, err := n.Maps(t.Context(), blank{100, 20}, inference.MapOptions{Stride: 32}); err == nil || !strings.Contains(err.Error(), "too small") {
		t.Errorf("a small image: %v", err)
	}
	if _, err := n.NativeGrid(20, 100); err == nil || !strings.Contains(err.Error(), "too small") {
		t.Errorf("the grid of a small image: %v", err)
	}
	whole, err := n.Bytes(100, 90)
	if got, mapped := n.MapBytes(100, 90, 32); mapped != nil || err != nil || got != whole {
		t.Errorf("%d bytes for a map, %d for an answer (%v, %v)", got, whole, mapped, err)
	}
}
