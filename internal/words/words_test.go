package words_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/engine"
	"bagnet/internal/images"
	"bagnet/internal/inference"
	"bagnet/internal/loader"
	"bagnet/internal/weights"
	"bagnet/internal/words"
)

// golden is what NumPy makes of a picture from the definitions, in float64: see
// scripts/make_words_goldens.py.
type golden struct {
	Logits     []float64     `json:"logits"`
	Words      [][][]int     `json:"words"` // [rows][cols][1 or 2]
	Votes      [][][]float64 `json:"votes"` // [rows][cols][classes]
	DenseWords [][][]int     `json:"dense_words"`
	DenseVotes [][]float64   `json:"dense_votes_of_class_0"`
	Shapes     [][]float64   `json:"shapes_of_every_fifth"`
	Colours    [][]float64   `json:"colours_of_every_fifth"`
}

var patches = []int{9, 17, 33}

func read(t testing.TB, patch int) (g golden, f file) {
	t.Helper()
	path := filepath.Join("testdata", fmt.Sprintf("words-%d", patch))
	data, err := os.ReadFile(path + ".json")
	if err == nil {
		err = json.Unmarshal(data, &g)
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := loader.Open(path + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	f = file{}
	for _, name := range c.Names() {
		f[name] = c.Tensor(name).Clone().(*tensor.Dense)
	}
	return g, f
}

// file is tensors as a weights.Source.
type file map[string]*tensor.Dense

func (f file) Names() []string {
	var names []string
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
func (f file) Tensor(name string) *tensor.Dense { return f[name] }
func (f file) DType(string) string              { return "F32" }

var _ weights.Source = file{}

func picture(t testing.TB) inference.Pixels {
	t.Helper()
	data, err := os.ReadFile("../model/testdata/input-41x97.png")
	if err != nil {
		t.Fatal(err)
	}
	p, err := images.Decode(data, images.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return images.ImageNet().Normalize(p)
}

func mustNew(t testing.TB, f file, o words.Options) *words.Network {
	t.Helper()
	n, err := words.New(f, o)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func maps(t testing.TB, n *words.Network, img inference.Pixels, o inference.MapOptions) inference.Maps {
	t.Helper()
	m, err := n.Maps(t.Context(), img, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func all(n *words.Network) []int {
	var classes []int
	for c := range n.Architecture().Classes {
		classes = append(classes, c)
	}
	return classes
}

// near reports values that are off by more than a float32 computation may be.
func near(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	for i, v := range got {
		if d := math.Abs(float64(v) - want[i]); !(d <= 2e-5*max(1, math.Abs(want[i]))) {
			t.Fatalf("%s: value %d is %v, want %v", what, i, v, want[i])
		}
	}
}

// wordsOf reads a map of features: [rows][cols] of numbers through both vocabularies.
func wordsOf(t *testing.T, m inference.Maps) [][][]int {
	t.Helper()
	s := m.Values.Shape()
	grid := make([][][]int, s[0])
	for i := range grid {
		grid[i] = make([][]int, s[1])
		for j := range grid[i] {
			for k, v := range m.Values.Float32s()[(i*s[1]+j)*s[2]:][:s[2]] {
				if v == 1 {
					grid[i][j] = append(grid[i][j], k)
				} else if v != 0 {
					t.Fatalf("a patch has word %d %v times", k, v)
				}
			}
		}
	}
	return grid
}

func sameWords(t *testing.T, what string, got, want [][][]int, shapes int) {
	t.Helper()
	if len(got) != len(want) || len(got[0]) != len(want[0]) {
		t.Fatalf("%s: %d x %d patches, want %d x %d", what, len(got), len(got[0]), len(want), len(want[0]))
	}
	for i := range got {
		for j := range got[i] {
			w := slices.Clone(want[i][j])
			if len(w) == 2 {
				w[1] += shapes
			}
			if !slices.Equal(got[i][j], w) {
				t.Errorf("%s: patch (%d, %d) has words %v, want %v", what, i, j, got[i][j], w)
			}
		}
	}
}

func flat(rows [][][]float64) []float64 { return slices.Concat(slices.Concat(rows...)...) }

// TestEqualsNumPy has descriptors, words, votes and logits on the native and on a finer
// grid, by every kernel and on several numbers of threads.
func TestEqualsNumPy(t *testing.T) {
	img := picture(t)
	for _, q := range patches {
		want, f := read(t, q)
		d, err := words.Describe(img, q)
		if err != nil {
			t.Fatal(err)
		}
		for i := range want.Shapes {
			near(t, "shapes", d.Shape.Float32s()[i*5*words.ShapeLength:][:words.ShapeLength], want.Shapes[i])
			near(t, "colours", d.Colour.Float32s()[i*5*words.ColourLength:][:words.ColourLength], want.Colours[i])
		}
		var first []float32
		for _, k := range engine.Kernels() {
			for _, threads := range []int{1, 3} {
				n := mustNew(t, f, words.Options{Patch: q, Kernel: k.Name(), Threads: threads})
				logits, err := n.Classify(t.Context(), img)
				if err != nil {
					t.Fatal(err)
				}
				near(t, "logits", logits, want.Logits)
				if first == nil {
					first = logits
				} else if !slices.Equal(first, logits) {
					t.Errorf("patches of %d: %s, %d threads: %v, want %v", q, k.Name(), threads, logits, first)
				}
				native := maps(t, n, img, inference.MapOptions{Stride: 8, Classes: all(n)})
				near(t, "votes", native.Values.Float32s(), flat(want.Votes))
				for c := range native.Classes {
					if got := native.NativeMean(c); math.Abs(got-want.Logits[c]) > 2e-6 || math.Abs(got-float64(logits[c])) > 1e-6 {
						t.Errorf("patches of %d: the mean of class %d is %v, want %v and %v", q, c, got, want.Logits[c], logits[c])
					}
				}
				if !slices.Equal(native.Logits, logits) || native.Wide() {
					t.Errorf("maps of %+v with logits %v", native.Grid, native.Logits)
				}
			}
		}
		n := mustNew(t, f, words.Options{Patch: q, Threads: 1})
		shapes := n.Architecture().Words[0]
		sameWords(t, "native", wordsOf(t, maps(t, n, img, inference.MapOptions{Stride: 8, Features: true})), want.Words, shapes)
		dense := maps(t, n, img, inference.MapOptions{Stride: 4, Features: true})
		sameWords(t, "dense", wordsOf(t, dense), want.DenseWords, shapes)
		near(t, "dense votes", maps(t, n, img, inference.MapOptions{Stride: 4, Classes: []int{0}}).Values.Float32s(), slices.Concat(want.DenseVotes...))
	}
}

// TestGrids has the native values in every finer grid, bit for bit, and patches where
// grids say that they are: a patch cut out has the same votes.
func TestGrids(t *testing.T) {
	img := picture(t)
	for _, q := range patches {
		_, f := read(t, q)
		n := mustNew(t, f, words.Options{Patch: q, Threads: 2})
		native := maps(t, n, img, inference.MapOptions{Stride: 8, Classes: []int{1}})
		if g, err := n.NativeGrid(97, 41); err != nil || g != native.Grid || g.Rows != (97-q)/8+1 || g.Cols != (41-q)/8+1 || g.Sees != q {
			t.Errorf("%+v, %v", g, err)
		}
		for _, stride := range n.Strides()[1:] {
			fine := maps(t, n, img, inference.MapOptions{Stride: stride, Classes: []int{1}})
			cols, found := fine.Cols, []float32{}
			for i := range fine.Rows {
				for j := range cols {
					v := fine.Values.Float32s()[i*cols+j]
					if fine.Native(i, j) {
						found = append(found, v)
					}
					if rect := fine.Rect(i, j); rect.Min.X >= 0 && rect.Min.Y >= 0 && rect.Max.X <= 41 && rect.Max.Y <= 97 && (i+j)%7 == 0 {
						cut := maps(t, n, window{img, rect.Min.Y, rect.Min.X, q}, inference.MapOptions{Stride: 8, Classes: []int{1}})
						if len(cut.Values.Float32s()) != 1 || cut.Values.Float32s()[0] != v {
							t.Fatalf("stride %d: patch (%d, %d) cut out says %v, want %v", stride, i, j, cut.Values.Float32s(), v)
						}
					}
				}
			}
			if !slices.Equal(found, native.Values.Float32s()) || fine.NativeMean(0) != native.NativeMean(0) {
				t.Errorf("patches of %d, stride %d: other values on the native grid", q, stride)
			}
		}
	}
}

// window is the size x size pixels of an image from (y, x) on.
type window struct {
	inference.Pixels
	y, x, size int
}

func (w window) Size() (int, int) { return w.size, w.size }
func (w window) Read(dst []float32, stride, y, x, height, width int) {
	w.Pixels.Read(dst, stride, y+w.y, x+w.x, height, width)
}

// TestStrips has images that are described in several strips, which say when they are done.
func TestStrips(t *testing.T) {
	_, f := read(t, 9)
	n := mustNew(t, f, words.Options{Patch: 9})
	img := noise(t, 70, 300)
	var steps [][2]int
	whole := maps(t, n, img, inference.MapOptions{Stride: 1, Classes: []int{2, 0}, Progress: func(done, total int) { steps = append(steps, [2]int{done, total}) }})
	if len(steps) != 5 || steps[4] != [2]int{5, 5} {
		t.Errorf("done: %v", steps)
	}
	for _, c := range []struct{ row, from int }{{20, 14}, {45, 39}, {69, 58}} { // the last sees beyond the image
		part := maps(t, n, band{img, c.from}, inference.MapOptions{Stride: 1, Classes: []int{2, 0}})
		if s := whole.Values.Shape(); !slices.Equal(whole.Values.Float32s()[c.row*2*s[1]:][:2*s[1]], part.Values.Float32s()[(c.row-c.from)*2*s[1]:][:2*s[1]]) {
			t.Errorf("row %d has other values in an image of its own", c.row)
		}
	}
}

// band is the 12 rows of an image from y on, which are one strip.
type band struct {
	inference.Pixels
	y int
}

func (b band) Size() (int, int) { _, w := b.Pixels.Size(); return 12, w }
func (b band) Read(dst []float32, stride, y, x, h, w int) {
	b.Pixels.Read(dst, stride, y+b.y, x, h, w)
}

func noise(t testing.TB, h, w int) inference.Pixels {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	values := make([]float32, 3*h*w)
	for i := range values {
		values[i] = float32(rng.NormFloat64())
	}
	img, err := inference.FromTensor(tensor.New(tensor.WithShape(h, w, 3), tensor.WithBacking(values)))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// TestFeaturesAndHead has the logits of an image's own words, and of any others.
func TestFeaturesAndHead(t *testing.T) {
	want, f := read(t, 17)
	n := mustNew(t, f, words.Options{Patch: 17})
	features, err := n.Features(t.Context(), picture(t))
	if err != nil || features.Shape()[2] != n.Channels() || n.Channels() != 14 {
		t.Fatal(features, err)
	}
	logits, err := n.Head(t.Context(), features)
	own, _ := n.Classify(t.Context(), picture(t))
	if err != nil || !slices.Equal(logits, own) {
		t.Errorf("%v, want %v (%v)", logits, own, err)
	}
	near(t, "logits", logits, want.Logits)
	one := tensor.New(tensor.WithShape(1, 2, 14), tensor.Of(tensor.Float32))
	one.Float32s()[3], one.Float32s()[14+12] = 0.5, 3
	logits, err = n.Head(t.Context(), one)
	for c := range 2 {
		w := f[words.WeightName].Float32s()[c*14:]
		if want := (0.5*w[3]+3*w[12])/2 + f[words.BiasName].Float32s()[c]; err != nil || math.Abs(float64(logits[c]-want)) > 1e-6 {
			t.Errorf("class %d: %v, want %v (%v)", c, logits[c], want, err)
		}
	}
	for _, shape := range [][]int{{1, 2, 13}, {2, 14}} {
		if _, err := n.Head(t.Context(), tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Float32))); err == nil {
			t.Errorf("features of %v are taken", shape)
		}
	}
}

// TestChosenClasses has the maps of classes that depend on the answer, in their order.
func TestChosenClasses(t *testing.T) {
	_, f := read(t, 9)
	n := mustNew(t, f, words.Options{Patch: 9})
	every := maps(t, n, picture(t), inference.MapOptions{Stride: 8, Classes: all(n)})
	chosen := maps(t, n, picture(t), inference.MapOptions{Stride: 8, Choose: func(logits []float32) []int {
		if !slices.Equal(logits, every.Logits) {
			t.Error(logits)
		}
		n.Release()
		return []int{2, 0}
	}})
	if !slices.Equal(chosen.Classes, []int{2, 0}) || !slices.Equal(chosen.Values.Shape(), []int{every.Rows, every.Cols, 2}) {
		t.Fatalf("classes %v, %v", chosen.Classes, chosen.Values.Shape())
	}
	for i, v := range chosen.Values.Float32s() {
		if want := every.Values.Float32s()[i/2*3+[]int{2, 0}[i%2]]; v != want {
			t.Fatalf("value %d is %v, want %v", i, v, want)
		}
	}
}

// TestFlatPatches has a word of their own for patches that show nothing, whatever their
// brightness, and faint noise does not make edges of them.
func TestFlatPatches(t *testing.T) {
	for _, brightness := range []float32{0, -2, 1.5} {
		values := slices.Repeat([]float32{brightness}, 3*17*17)
		values[3*80] += 0.02
		img, _ := inference.FromTensor(tensor.New(tensor.WithShape(17, 17, 3), tensor.WithBacking(values)))
		d, err := words.Describe(img, 17)
		if err != nil {
			t.Fatal(err)
		}
		sum := 0.0
		for _, v := range d.Shape.Float32s() {
			sum += float64(v * v)
		}
		if sum > 0.01 {
			t.Errorf("brightness %v: a flat patch has a descriptor of length %v", brightness, math.Sqrt(sum))
		}
		if c := d.Colour.Float32s()[11]; math.Abs(float64(c-brightness)) > 1e-6 {
			t.Errorf("its colour is %v, want %v", c, brightness)
		}
	}
}

// TestNotFinite has logits that are not, where pixels are not.
func TestNotFinite(t *testing.T) {
	_, f := read(t, 9)
	n := mustNew(t, f, words.Options{Patch: 9})
	for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1))} {
		values := make([]float32, 3*20*20)
		values[3] = bad
		img, _ := inference.FromTensor(tensor.New(tensor.WithShape(20, 20, 3), tensor.WithBacking(values)))
		for _, features := range []bool{false, true} {
			m := maps(t, n, img, inference.MapOptions{Stride: 8, Classes: []int{0}, Features: features})
			if v := m.Values.Float32s(); v[0] == v[0] || v[len(v)-1] != v[len(v)-1] || m.Logits[0] == m.Logits[0] {
				t.Errorf("%v: values %v, logits %v", bad, v, m.Logits)
			}
		}
	}
}

// TestRefusals has files and requests that make no sense.
func TestRefusals(t *testing.T) {
	_, f := read(t, 9)
	changed := func(change func(file)) file {
		other := file{}
		for name, v := range f {
			other[name] = v
		}
		change(other)
		return other
	}
	for want, c := range map[string]struct {
		f     file
		patch int
	}{
		"does not say how large": {f, 0},
		"patches of 10 pixels":   {f, 10},
		"tensor words.shape has": {changed(func(f file) { f[words.ShapeName] = tensor.New(tensor.WithShape(12, 127), tensor.Of(tensor.Float32)) }), 9},
		"expected [3 12]":        {changed(func(f file) { delete(f, words.ColourName) }), 9},
		"classifier.bias is mis": {changed(func(f file) { delete(f, words.BiasName) }), 9},
		"has no place":           {changed(func(f file) { f["more"] = f[words.BiasName] }), 9},
		"no bag of visual words": {changed(func(f file) { delete(f, words.ShapeName) }), 9},
	} {
		_, err := words.New(c.f, words.Options{Patch: c.patch})
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), `"`, ""), want) {
			t.Errorf("%v, want %s", err, want)
		}
		if errors.Is(err, words.ErrUnknown) != strings.HasPrefix(want, "no bag") {
			t.Errorf("%v: of another kind: %v", err, errors.Is(err, words.ErrUnknown))
		}
	}
	n := mustNew(t, f, words.Options{Patch: 9})
	small := noise(t, 8, 20)
	_, err1 := n.Classify(t.Context(), small)
	_, err2 := n.Maps(t.Context(), small, inference.MapOptions{Stride: 8})
	_, err3 := n.Bytes(8, 20)
	_, err4 := n.NativeGrid(20, 8)
	_, err5 := n.Profile(t.Context(), small)
	_, err6 := words.Describe(small, 9)
	for i, err := range []error{err1, err2, err3, err4, err5, err6} {
		if err == nil || !strings.Contains(err.Error(), "too small for patches of 9 pixels") {
			t.Errorf("%d: %v", i, err)
		}
	}
	if _, err := n.Maps(t.Context(), picture(t), inference.MapOptions{Stride: 3}); err == nil {
		t.Error("a stride of 3 is taken")
	}
	if _, err := n.Gradient(t.Context(), picture(t), inference.Derivative{}); !errors.Is(err, inference.ErrNoGradient) || n.Layers() != nil {
		t.Error(err)
	}
	if _, err := n.GradientBytes(41, 97, inference.Derivative{}); !errors.Is(err, inference.ErrNoGradient) {
		t.Error(err)
	}
}

// TestAbout has what a network says of itself, and what it costs.
func TestAbout(t *testing.T) {
	_, f := read(t, 17)
	n := mustNew(t, f, words.Options{Patch: 17, Threads: 2})
	a := n.Architecture()
	if a.Family != "words" || a.Patch != 17 || a.Classes != 2 || !slices.Equal(a.Words, []int{10, 4}) || a.Parameters != 10*128+4*12+2*14+2 {
		t.Errorf("%+v", a)
	}
	if got, want := n.MACs(41, 97), int64(4*11*(10*128+4*12)); got != want {
		t.Errorf("%d multiply-adds, want %d", got, want)
	}
	p, err := n.Profile(t.Context(), picture(t))
	if err != nil || len(p) != 2 || p[0].Name != "shapes" || p[0].Multiplications != 4*11*10*128 || p[1].Name != "colours" {
		t.Errorf("%+v, %v", p, err)
	}
	if m := n.WithThreads(1); m.Threads() != 1 || n.Threads() != 2 || n.WithThreads(0).Threads() != runtime.GOMAXPROCS(0) {
		t.Error("other threads")
	}
	// An image of one strip: pixels, corners and cells, descriptors, words and scores.
	if got, err := n.Bytes(41, 97); err != nil || got < 4*(41*97*(3+11)+44*142+1024*10) || got > 1<<20 {
		t.Errorf("%d bytes, %v", got, err)
	}
	if large, err := n.MapBytes(4000, 4000, 1); err != nil || large < 4000*33*56 || large > 100<<20 {
		t.Errorf("%d bytes of a large image, %v", large, err)
	}
	canonical, err := words.Recognise([]string{"x.words.shape", "x.classifier.weight", "x.classifier.bias"}, "x.",
		func(name string) []int {
			return map[string][]int{"x.words.shape": {3, 128}, "x.classifier.weight": {2, 3}, "x.classifier.bias": {2}}[name]
		})
	if err != nil || canonical["x.words.shape"] != words.ShapeName {
		t.Errorf("%v, %v", canonical, err)
	}
}
