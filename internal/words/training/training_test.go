package training

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/dataset"
	"bagnet/internal/images"
	"bagnet/internal/inference"
	"bagnet/internal/words"
)

// read reads a golden: see scripts/make_words_goldens.py.
func read(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err == nil {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// clustered calls do with the k-means of points.
func clustered(t *testing.T, points []float32, length, threads int, do func(c *clustering)) {
	t.Helper()
	rs, err := inference.NewRunners("", threads)
	if err != nil {
		t.Fatal(err)
	}
	if err := rs.Do(t.Context(), func(r *inference.Runner) error {
		do(&clustering{points: points, length: length, kernel: rs.Kernel(), runner: r})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// TestLloydEqualsSciPy goes through the rounds of scipy.cluster.vq from the same start.
func TestLloydEqualsSciPy(t *testing.T) {
	var want struct {
		Points, Start, Centres [][]float64
		Inertia                []float64
		Words                  []int32
	}
	read(t, "kmeans.json", &want)
	clustered(t, floats(want.Points), 6, 2, func(c *clustering) {
		centres := floats(want.Start)
		inertia, err := c.lloyd(t.Context(), "points", centres, len(want.Inertia))
		if err != nil || len(inertia) != len(want.Inertia) {
			t.Fatalf("%v (%v), want %v", inertia, err, want.Inertia)
		}
		for i, v := range inertia {
			if math.Abs(v-want.Inertia[i]) > 1e-4*v || i > 0 && v > inertia[i-1] {
				t.Errorf("round %d: %v, want %v", i, v, want.Inertia[i])
			}
		}
		for i, v := range floats(want.Centres) {
			if math.Abs(float64(v-centres[i])) > 1e-5 {
				t.Fatalf("word %d: %v, want %v", i/6, centres[i/6*6:][:6], want.Centres[i/6])
			}
		}
		nearest := make([]int32, len(want.Words))
		v := words.NewVocabulary(c.kernel, "points", centres, 6)
		if err := v.Nearest(t.Context(), c.runner, c.points, nearest, nil); err != nil || !slices.Equal(nearest, want.Words) {
			t.Errorf("%v (%v), want %v", nearest, err, want.Words)
		}
	})
}

func floats(rows [][]float64) (all []float32) {
	for _, row := range rows {
		for _, v := range row {
			all = append(all, float32(v))
		}
	}
	return all
}

// TestClusters finds clusters that are far apart, the same ones on any number of threads and
// others by another seed.
func TestClusters(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 7))
	var points []float32
	for i := range 300 {
		points = append(points, float32(10*(i%3))+float32(rng.NormFloat64()), float32(rng.NormFloat64()))
	}
	var first []float32
	for _, threads := range []int{1, 3} {
		clustered(t, points, 2, threads, func(c *clustering) {
			centres, inertia, err := c.run(t.Context(), "points", 8, rand.New(rand.NewPCG(1, 1)))
			if err != nil || len(inertia) < 3 || inertia[len(inertia)-1] > 600 || len(centres) != 16 {
				t.Fatalf("%v, %v", inertia, err)
			}
			if first == nil {
				first = centres
			}
			if !slices.Equal(first, centres) {
				t.Errorf("%d threads: other words", threads)
			}
			other, _, _ := c.run(t.Context(), "points", 8, rand.New(rand.NewPCG(2, 1)))
			if slices.Equal(first, other) {
				t.Error("another seed, the same words")
			}
		})
	}
	// The third word is nobody's: it goes to the point furthest from its own.
	clustered(t, []float32{0, 0, 1, 1, 20}, 1, 1, func(c *clustering) {
		centres := []float32{0, 1, -100}
		if _, err := c.lloyd(t.Context(), "points", centres, 1); err != nil || !slices.Equal(centres, []float32{0, float32(22) / 3, 20}) {
			t.Errorf("%v, %v", centres, err)
		}
	})
	clustered(t, slices.Repeat([]float32{1, 2, 3}, 50), 1, 1, func(c *clustering) {
		if centres, err := c.start(3, rng); err != nil || slices.Compare(slices.Sorted(slices.Values(centres)), []float32{1, 2, 3}) != 0 {
			t.Errorf("%v, %v", centres, err)
		}
		if _, _, err := c.run(t.Context(), "shapes", 4, rng); err == nil || !strings.Contains(err.Error(), "finding 4 words of shapes: the photographs have 3 different patches among 150") {
			t.Error(err)
		}
	})
}

// regression is SciPy's.
func regression(t *testing.T) (l *logistic, value float64, parameters []float64) {
	t.Helper()
	var g struct {
		Shares     [][]float64
		Classes    []int
		Scale      []float64
		Penalty    float64
		Value      float64
		Parameters [][]float64
	}
	read(t, "logistic.json", &g)
	l = &logistic{scale: g.Scale, classes: 3, penalty: g.Penalty, threads: 2}
	for i, shares := range g.Shares {
		one := newRow(shares, 1)
		one.class = g.Classes[i]
		l.rows = append(l.rows, one)
	}
	return l, g.Value, slices.Concat(g.Parameters...)
}

// TestLogisticEqualsSciPy finds the same parameters as another optimiser.
func TestLogisticEqualsSciPy(t *testing.T) {
	l, value, want := regression(t)
	l.compute(want)
	if math.Abs(l.value-value) > 1e-6 {
		t.Errorf("at SciPy's best: %v, want %v", l.value, value)
	}
	x, err := l.minimise(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if l.compute(x); l.value-value > 1e-6 {
		t.Errorf("%v, SciPy has %v", l.value, value)
	}
	for i, v := range x[:24] {
		if math.Abs(v-want[i]) > 0.01 {
			t.Errorf("parameter %d: %v, want %v", i, v, want[i])
		}
	}
	// All biases may be moved together: they count by their differences.
	for c := 1; c < 3; c++ {
		if got, want := x[24+c]-x[24], want[24+c]-want[24]; math.Abs(got-want) > 0.01 {
			t.Errorf("bias %d: %v, want %v", c, got, want)
		}
	}
}

// TestLogisticGradient holds the gradient against central differences, of many rows too.
func TestLogisticGradient(t *testing.T) {
	l, _, _ := regression(t)
	l.rows = slices.Repeat(l.rows, 10) // several chunks
	rng := rand.New(rand.NewPCG(3, 3))
	x := make([]float64, l.size())
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	at := func(i int, by float64) float64 {
		moved := slices.Clone(x)
		moved[i] += by
		l.compute(moved)
		return l.value
	}
	l.compute(x)
	slope := slices.Clone(l.slope)
	for i := range x {
		if want := (at(i, 1e-5) - at(i, -1e-5)) / 2e-5; math.Abs(slope[i]-want) > 1e-7 {
			t.Errorf("parameter %d: %v, want %v", i, slope[i], want)
		}
	}
	l.threads, l.at = 1, nil
	if l.compute(x); !slices.Equal(slope, l.slope) {
		t.Error("one thread has another gradient")
	}
}

// textures are photographs of two or three classes: bars across, bars down and flat ones.
func textures(t *testing.T, each int) []Example {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 5))
	var examples []Example
	for i := range 3 * each {
		picture := image.NewRGBA(image.Rect(0, 0, 40, 48))
		period := 4 + rng.IntN(3)
		for y := range 48 {
			for x := range 40 {
				v := rng.IntN(30)
				switch at := []int{x, y, 0}[i%3]; {
				case i%3 < 2 && at%period < period/2:
					v += 150
				case i%3 == 2:
					v += 80
				}
				picture.SetRGBA(x, y, color.RGBA{uint8(v), uint8(v + 20*(i%3)), uint8(v), 255})
			}
		}
		var b bytes.Buffer
		if err := png.Encode(&b, picture); err != nil {
			t.Fatal(err)
		}
		examples = append(examples, Example{dataset.Image{Path: fmt.Sprint(i), Data: b.Bytes()}, i % 3})
	}
	return examples
}

func run(t *testing.T, examples []Example) *Run {
	t.Helper()
	p := images.ImageNet()
	p.Resize, p.Crop = images.Resize{}, 40
	return &Run{
		Settings: Settings{Words: 12, Colours: 4, Patch: 9, Penalty: 1e-3, Threads: 2}, Classes: 3, Examples: examples, Decoder: Decoder(images.DecodeOptions{MaxPixels: 1e6}, p),
		Looked: func(dataset.Image) {}, Counted: func(dataset.Image, error) {}, Note: func(string, ...any) {},
	}
}

// TestTrain tells textures apart, to the same bits on any number of threads, and says which
// photographs it looked at.
func TestTrain(t *testing.T) {
	examples := textures(t, 8)
	broken := Example{dataset.Image{Path: "broken", Data: []byte("no picture")}, 1}
	var first Result
	for _, c := range []struct {
		threads int
		seed    uint64
		colours int
	}{{2, 0, 4}, {1, 0, 4}, {2, 1, 4}, {2, 0, 0}} {
		r := run(t, append([]Example{broken}, examples...))
		r.Threads, r.Seed, r.Colours = c.threads, c.seed, c.colours
		looked, counted, failed := 0, 0, []string{}
		r.Looked = func(dataset.Image) { looked++ }
		r.Counted = func(in dataset.Image, err error) {
			if counted++; err != nil {
				failed = append(failed, in.Path)
			}
		}
		result, err := r.Train(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if looked != 25 || counted != 25 || !slices.Equal(failed, []string{"broken"}) || result.Used != 24 || result.Right != 1 {
			t.Errorf("looked at %d, counted %d, failed %v, used %d, right %v", looked, counted, failed, result.Used, result.Right)
		}
		n, err := words.New(source(result.Tensors), words.Options{Patch: 9})
		if err != nil {
			t.Fatal(err)
		}
		// The parameters are the best there are: of the votes, their penalty's slope and the
		// loss's cancel out. So the biases' slopes are 0: the mean probability of a class is its share.
		probability := [3]float64{}
		for _, e := range examples {
			pixels, err := inference.FromTensor(r.Decoder.Decode(e.Image).Pixels.Tensor())
			if err != nil {
				t.Fatal(err)
			}
			for _, side := range []inference.Pixels{pixels, mirrored{pixels}} {
				logits, err := n.Classify(t.Context(), side)
				if err != nil || slices.Index(logits, slices.Max(logits)) != e.Class {
					t.Fatalf("%v for class %d (%v)", logits, e.Class, err)
				}
				sum := 0.0
				for _, v := range logits {
					sum += math.Exp(float64(v))
				}
				for k, v := range logits {
					probability[k] += math.Exp(float64(v)) / sum / 48
				}
			}
		}
		for k, p := range probability {
			if math.Abs(p-1.0/3) > 1e-3 {
				t.Errorf("class %d has mean probability %v", k, p)
			}
		}
		switch same := first.Tensors != nil && slices.EqualFunc(source(first.Tensors).Names(), source(result.Tensors).Names(), func(a, b string) bool {
			return a == b && slices.Equal(first.Tensors[a].Float32s(), result.Tensors[b].Float32s())
		}); {
		case first.Tensors == nil:
			first = result
		case same != (c.seed == 0 && c.colours == 4):
			t.Errorf("%+v: the same tensors: %v", c, same)
		}
		if _, coloured := result.Tensors[words.ColourName]; coloured != (c.colours > 0) {
			t.Errorf("%+v: words of colours: %v", c, coloured)
		}
	}
}

// TestTrainEnds ends with its context, and has errors that say what is missing.
func TestTrainEnds(t *testing.T) {
	examples := textures(t, 3)
	ctx, cancel := context.WithCancel(t.Context())
	r := run(t, examples)
	r.Counted = func(dataset.Image, error) { cancel() }
	if _, err := r.Train(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	r = run(t, examples)
	r.Words = 5000
	if _, err := r.Train(t.Context()); err == nil || !strings.Contains(err.Error(), "different patches") {
		t.Error(err)
	}
	for i := range examples {
		if examples[i].Class == 2 {
			examples[i].Image.Data = []byte("no picture")
		}
	}
	if _, err := run(t, examples).Train(t.Context()); err == nil || !strings.Contains(err.Error(), "photographs of 2 of the 3 classes can be read") {
		t.Error(err)
	}
}

// TestMirrored reads any rectangle of an image whose sides are exchanged.
func TestMirrored(t *testing.T) {
	values := make([]float32, 4*5*3)
	for i := range values {
		values[i] = float32(i)
	}
	img, _ := inference.FromTensor(tensor.New(tensor.WithShape(4, 5, 3), tensor.WithBacking(values)))
	dst := make([]float32, 2*9)
	mirrored{img}.Read(dst, 9, 1, 2, 2, 2)
	want := []float32{21, 22, 23, 18, 19, 20, 0, 0, 0, 36, 37, 38, 33, 34, 35, 0, 0, 0}
	if !slices.Equal(dst, want) {
		t.Errorf("%v, want %v", dst, want)
	}
}

// TestFind has classes by their directories.
func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, path := range []string{"n01440764/a.png", "cat/b.png", "cat/deeper/c.jpg", "cat/d.heic", ".hidden/e.png", "f.png"} {
		path = filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	examples, classes, left, err := Find(t.Context(), dir)
	if err != nil || len(classes) != 2 || classes[0].Label != "cat" || classes[1].ID != "n01440764" || !strings.HasPrefix(classes[1].Label, "tench") || classes[1].Index != 1 {
		t.Fatalf("%+v, %v", classes, err)
	}
	var found []string
	for _, e := range examples {
		name, _ := filepath.Rel(dir, e.Image.Path)
		found = append(found, fmt.Sprint(filepath.ToSlash(name), e.Class))
	}
	if want := []string{"cat/b.png0", "cat/deeper/c.jpg0", "n01440764/a.png1"}; !slices.Equal(found, want) || left[".heic"] != 1 {
		t.Errorf("%v, want %v; left out %v", found, want, left)
	}
	os.MkdirAll(filepath.Join(dir, "dog"), 0o755)
	if _, _, _, err := Find(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "dog") || !strings.Contains(err.Error(), "no images") {
		t.Error(err)
	}
	if _, _, _, err := Find(t.Context(), filepath.Join(dir, "cat")); err == nil || !strings.Contains(err.Error(), "1 directory of photographs") {
		t.Error(err)
	}
	if _, _, _, err := Find(t.Context(), filepath.Join(dir, "nowhere")); err == nil {
		t.Error("a directory that is not there")
	}
}
