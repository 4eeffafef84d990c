package bagnet_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet"
)

// golden is what PyTorch computed in float64 with a small random network: see
// scripts/make_goldens.py.
type golden struct {
	Image       string    `json:"image"`
	Family      string    `json:"family"`
	PatchSize   int       `json:"patch_size"`
	Parameters  int64     `json:"parameters"`
	Rows        int       `json:"rows"`
	Cols        int       `json:"cols"`
	Classes     int       `json:"classes"`
	Logits      []float64 `json:"logits"`
	PatchLogits []float64 `json:"patch_logits"` // [rows][cols][classes]; of BagNets
	Map         []int     `json:"map"`          // rows, cols, channels; of other networks
	Features    []float64 `json:"features"`
}

// plain is how the goldens' pictures are made ready: by normalising alone.
var plain = bagnet.Preprocessing{Interpolation: "bilinear", Mean: [3]float64{0.485, 0.456, 0.406}, Std: [3]float64{0.229, 0.224, 0.225}}

// must returns v, or ends the test with err.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// tiny returns a golden of package model or convnet, its network on one thread, and
// its picture.
func tiny(t testing.TB, file string) (golden, *bagnet.Model, *bagnet.Image) {
	t.Helper()
	var g golden
	if err := json.Unmarshal(must(os.ReadFile(file+".json"))(t), &g); err != nil {
		t.Fatal(err)
	}
	m := must(bagnet.Open(file+".safetensors", &bagnet.Options{Threads: 1}))(t)
	m = must(m.WithPreprocessing(plain))(t)
	return g, m, must(m.Prepare(decoded(t, filepath.Join(filepath.Dir(file), g.Image))))(t)
}

func bagNet(t testing.TB, name string) (golden, *bagnet.Model, *bagnet.Image) {
	t.Helper()
	return tiny(t, filepath.Join("internal/model/testdata", name))
}

func decoded(t testing.TB, path string) *image.NRGBA {
	t.Helper()
	return must(bagnet.Decode(bytes.NewReader(must(os.ReadFile(path))(t)), nil))(t)
}

// edited returns a network of internal/model/testdata whose header and tensors change
// has changed. Tensors are little-endian float32.
func edited(t testing.TB, name string, change func(header map[string]*entry, data []byte) []byte) []byte {
	t.Helper()
	file := must(os.ReadFile(filepath.Join("internal/model/testdata", name+".safetensors")))(t)
	start := 8 + binary.LittleEndian.Uint64(file)
	var header map[string]*entry
	if err := json.Unmarshal(file[8:start], &header); err != nil {
		t.Fatal(err)
	}
	delete(header, "__metadata__")
	data := change(header, slices.Clone(file[start:]))
	text := must(json.Marshal(header))(t)
	text = append(text, bytes.Repeat([]byte(" "), 7-(len(text)+7)%8)...)
	return slices.Concat(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text, data)
}

type entry struct {
	DType   string `json:"dtype"`
	Shape   []int  `json:"shape"`
	Offsets [2]int `json:"data_offsets"`
}

func read(t testing.TB, file []byte, o *bagnet.Options) *bagnet.Model {
	t.Helper()
	return must(bagnet.Read(bytes.NewReader(file), int64(len(file)), o))(t)
}

// near fails where got is off by more than 2e-5 of the range of want.
func near[T float32 | float64](t *testing.T, what string, got []T, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d %s, want %d", len(got), what, len(want))
	}
	span := 0.0
	for _, v := range want {
		span = max(span, math.Abs(v))
	}
	for i, v := range want {
		if d := math.Abs(float64(got[i])-v) / span; !(d <= 2e-5) {
			t.Fatalf("%s[%d] = %v, want %v: off by %.2g of the range", what, i, got[i], v, d)
		}
	}
}

// softmax is by the definition, in float64.
func softmax(logits []float64) []float64 {
	p, sum := make([]float64, len(logits)), 0.0
	for i, v := range logits {
		p[i] = math.Exp(v)
		sum += p[i]
	}
	for i := range p {
		p[i] /= sum
	}
	return p
}

func checkAnswer(t *testing.T, a bagnet.Answer, want golden) {
	t.Helper()
	near(t, "logits", a.Logits, want.Logits)
	near(t, "outputs", a.Outputs, want.Logits)
	near(t, "probabilities", a.Probabilities, softmax(want.Logits))
	if best := slices.Index(want.Logits, slices.Max(want.Logits)); a.Best() != best || a.Top(1)[0].Index != best {
		t.Errorf("the likeliest class is %d or %d, want %d", a.Best(), a.Top(1)[0].Index, best)
	}
}

func TestBagNetsEqualPyTorch(t *testing.T) {
	files, _ := filepath.Glob("internal/model/testdata/*.json")
	if len(files) < 8 {
		t.Fatalf("%d goldens found", len(files))
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".json"), func(t *testing.T) { checkBagNet(t, strings.TrimSuffix(file, ".json")) })
	}
}

func checkBagNet(t *testing.T, file string) {
	want, m, img := tiny(t, file)
	if i := m.Info(); i.Family != want.Family || i.Patch != want.PatchSize || i.Sees != want.PatchSize || i.Outputs != want.Classes || i.AssumedClasses || i.AssumedPreprocessing {
		t.Errorf("%+v", i)
	}
	checkAnswer(t, must(m.Classify(t.Context(), img))(t), want)

	// The native grid, of all classes from the last to the first.
	classes := m.Classes()
	slices.Reverse(classes)
	p := must(m.Patches(t.Context(), img, &bagnet.PatchOptions{Classes: classes}))(t)
	checkAnswer(t, p.Answer, want)
	if p.Rows != want.Rows || p.Cols != want.Cols || p.NativeCells() != want.Rows*want.Cols || !slices.Equal(p.Values.Shape(), []int{want.Rows, want.Cols, want.Classes}) {
		t.Fatalf("grid %+v, values %v", p.Grid, p.Values.Shape())
	}
	var turned []float64
	for i := 0; i < len(want.PatchLogits); i += want.Classes {
		cell := slices.Clone(want.PatchLogits[i:][:want.Classes])
		slices.Reverse(cell)
		turned = append(turned, cell...)
	}
	near(t, "patch logits", p.Values.Float32s(), turned)
	if g := must(m.NativeGrid(img.Size().X, img.Size().Y))(t); g != p.Grid || g.Sees != g.Patch {
		t.Errorf("native grid %+v, want %+v", g, p.Grid)
	}

	// The finest maps: the native cells have the golden's values, and their mean is the logit.
	maps := must(m.Heatmaps(t.Context(), img, classes...))(t)
	var means, logits, sums []float64
	for i, h := range maps {
		c := want.Classes - 1 - i
		var native, golden []float64
		for row := range h.Rows {
			for col := range h.Cols {
				if h.Native(row, col) {
					native = append(native, float64(h.Values[row*h.Cols+col]))
				}
			}
		}
		for k := c; k < len(want.PatchLogits); k += want.Classes {
			golden = append(golden, want.PatchLogits[k])
		}
		near(t, "native patches", native, golden)
		means, logits, sums = append(means, h.Mean), append(logits, h.Logit), append(sums, mean(native))
		if h.Class != m.Classes()[c] || h.Probability != p.Answer.Probabilities[c] || h.Versus != nil {
			t.Errorf("map %d is of %+v", i, h.Class)
		}
	}
	for what, values := range map[string][]float64{"means": means, "logits of maps": logits, "means of native cells": sums} {
		slices.Reverse(values)
		near(t, what, values, want.Logits)
	}
	if best := must(m.Heatmaps(t.Context(), img))(t); len(best) != 1 || best[0].Class.Index != p.Answer.Best() || !slices.Equal(best[0].Values, maps[want.Classes-1-p.Answer.Best()].Values) {
		t.Error("without classes there are other maps than the likeliest class's")
	}

	// Features: their mean through the head is the answer.
	features := must(m.Features(t.Context(), img))(t)
	checkAnswer(t, must(m.Head(t.Context(), features))(t), want)
	p = must(m.Patches(t.Context(), img, &bagnet.PatchOptions{Features: true, Classes: classes}))(t)
	if p.Classes != nil || len(p.Heatmaps()) != 0 || !slices.Equal(p.Values.Float32s(), features.Float32s()) {
		t.Error("features of patches are others than features")
	}
	checkAnswer(t, must(m.Head(t.Context(), averaged(p.Values)))(t), want)
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func TestOtherNetworksEqualPyTorch(t *testing.T) {
	for _, name := range []string{"resnet-basic", "resnet-bottleneck", "vgg", "vgg_bn", "densenet", "alexnet"} {
		t.Run(name, func(t *testing.T) {
			want, m, img := tiny(t, filepath.Join("internal/convnet/testdata", name))
			if i := m.Info(); i.Family != want.Family || i.Patch != 0 || i.Parameters != want.Parameters || !i.AssumedClasses || !i.AssumedPreprocessing {
				t.Errorf("%+v", i)
			}
			checkAnswer(t, must(m.Classify(t.Context(), img))(t), want)
			features := must(m.Features(t.Context(), img))(t)
			if !slices.Equal(features.Shape(), want.Map) {
				t.Errorf("features of shape %v, want %v", features.Shape(), want.Map)
			}
			near(t, "features", features.Float32s(), want.Features)
			checkAnswer(t, must(m.Head(t.Context(), features))(t), want)
		})
	}
}

// A network with one output is another one's with one row of the classifier left: its z
// is PyTorch's logit of that class.
func TestOneOutput(t *testing.T) {
	want, ten, img := bagNet(t, "v1-q9")
	for class, z := range want.Logits[:4] { // of both signs
		one := read(t, oneOutput(t, "v1-q9", class), nil)
		a := must(one.Classify(t.Context(), img))(t)
		near(t, "outputs", a.Outputs, []float64{z})
		near(t, "logits", a.Logits, []float64{z, -z})
		near(t, "probabilities", a.Probabilities, []float64{1 / (1 + math.Exp(-z)), 1 / (1 + math.Exp(z))})
		best := 0
		if z < 0 {
			best = 1
		}
		if top := a.Top(0); len(top) != 2 || a.Best() != best || top[0].Index != best || top[0].Label != []string{"positive", "negative"}[best] {
			t.Errorf("z = %v is taken for %+v", z, top)
		}
		if b := a.Among([]int{0, 1}); !slices.Equal(b.Probabilities, a.Probabilities) {
			t.Errorf("among both classes %v, want %v", b.Probabilities, a.Probabilities)
		}
		maps := must(one.Heatmaps(t.Context(), img, one.Classes()...))(t)
		of := must(ten.Heatmaps(t.Context(), img, ten.Classes()[class]))(t)[0]
		near(t, "means", []float64{maps[0].Mean, maps[1].Mean, maps[0].Logit, maps[1].Logit}, []float64{z, -z, z, -z})
		for i, v := range of.Values {
			if maps[0].Values[i] != v || maps[1].Values[i] != -v {
				t.Fatalf("patch %d has %v and %v, want %v and its negative", i, maps[0].Values[i], maps[1].Values[i], v)
			}
		}
		if likeliest := must(one.Patches(t.Context(), img, nil))(t); likeliest.Classes[0].Index != best {
			t.Errorf("z = %v has patches of class %+v", z, likeliest.Classes)
		}
	}
}

// oneOutput returns a network with one row of its classifier.
func oneOutput(t testing.TB, name string, class int) []byte {
	return edited(t, name, func(header map[string]*entry, data []byte) []byte {
		for _, tensor := range []string{"fc.weight", "fc.bias"} {
			e := header[tensor]
			row := (e.Offsets[1] - e.Offsets[0]) / e.Shape[0]
			from := e.Offsets[0] + class*row
			e.Offsets, e.Shape[0] = [2]int{len(data), len(data) + row}, 1
			data = append(data, data[from:][:row]...)
		}
		return packed(header, data)
	})
}

// packed moves the tensors to where no bytes lie between them.
func packed(header map[string]*entry, data []byte) []byte {
	var out []byte
	for _, e := range header {
		from := len(out)
		out = append(out, data[e.Offsets[0]:e.Offsets[1]]...)
		e.Offsets = [2]int{from, len(out)}
	}
	return out
}
