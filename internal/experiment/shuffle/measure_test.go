package shuffle

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"bagnet"
	"bagnet/internal/experiment"
)

// open opens a golden network.
func open(t *testing.T, pkg, name string) *experiment.Network {
	t.Helper()
	m, err := bagnet.Open(filepath.Join("..", "..", pkg, "testdata", name+".safetensors"), &bagnet.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	return &experiment.Network{Runner: m, Name: name, Family: m.Info().Family, Patch: m.Info().Patch}
}

// noise is an image of random pixels of h x w.
func noise(h, w int) *experiment.Sample {
	it := &experiment.Sample{Image: experiment.NewImage(h, w), RNG: rand.New(rand.NewPCG(2, 2))}
	for i := range it.Values {
		it.Values[i] = float32(it.RNG.NormFloat64())
	}
	return it
}

// TestProofs has networks of each kind: to those that average, the order of the
// positions of the last feature map makes no difference but for rounding, to a VGG and
// an AlexNet it does. Patches that are run alone are those of a BagNet v1, on the first
// images.
func TestProofs(t *testing.T) {
	for _, tc := range []struct {
		pkg, name         string
		averages, patches bool
	}{
		{"model", "v1-q17", true, true},
		{"model", "v2-q17", true, false},
		{"convnet", "resnet-basic", true, false},
		{"convnet", "densenet", true, false},
		{"convnet", "vgg", false, false},
		{"convnet", "alexnet", false, false},
	} {
		net := open(t, tc.pkg, tc.name)
		it := noise(96, 64) // whose last feature map has several positions
		it.Class, it.Index = 1, 1
		r, err := (Experiment{Settings{Tiles: []int{32}, Repeats: 2, Patches: 2, Features: true}}).Measure(t.Context(), net, it)
		if err != nil {
			t.Fatal(tc.name, err)
		}
		a, err := net.Classify(t.Context(), it.Pixels())
		if err != nil {
			t.Fatal(err)
		}
		if r.Side != 64 || r.Class != a.Best() || r.Logit != a.Logits[1] {
			t.Errorf("%s: %+v of %+v", tc.name, r, a)
		}
		if d := float64(r.Features.Deviation); len(r.Features.Repeats) != 2 || tc.averages != (d <= experiment.Rounding) || !tc.averages && d < 1e-3 {
			t.Errorf("%s: features deviate by %v, %d times", tc.name, d, len(r.Features.Repeats))
		}
		if (r.Patches != nil) != tc.patches || tc.patches && !(*r.Patches <= experiment.Rounding) {
			t.Errorf("%s: patches deviate by %v", tc.name, r.Patches)
		}
		it.Index = 2
		if r, err = (Experiment{Settings{Tiles: []int{32}, Patches: 2}}).Measure(t.Context(), net, it); err != nil || r.Patches != nil || r.Features != nil {
			t.Errorf("%s: the third image of two: %+v, %v", tc.name, r, err)
		}
	}
}

// corner is a network whose logits are the pixel in the top left corner, 0, 30 and 300. It
// keeps that pixel of each image.
type corner struct {
	experiment.Runner
	seen *[]float32
}

func (c corner) Classify(_ context.Context, img *bagnet.Image) (bagnet.Answer, error) {
	v := img.Tensor().Float32s()[0]
	*c.seen = append(*c.seen, v)
	logits := []float32{100 * (v - 5), 0, 30, 300}
	return bagnet.Answer{Logits: logits, Outputs: logits}, nil
}

// TestTiles has a network whose answers tell what it was shown: one record for each
// size and repeat, in that order, about the true class and beside the intact image.
func TestTiles(t *testing.T) {
	var seen []float32
	it := sampleOf(12, 9)
	r, err := (Experiment{Settings{Tiles: []int{2, 6}, Repeats: 5}}).Measure(t.Context(), &experiment.Network{Runner: corner{seen: &seen}}, it)
	if err != nil || len(r.Tiles) != 2 || len(seen) != 11 {
		t.Fatalf("%+v, %v", r, err)
	}
	if r.Side != 12 || r.Logit != -400 || r.Class != 3 || r.Features != nil || r.Patches != nil {
		t.Errorf("intact: %+v", r)
	}
	for i, tiles := range r.Tiles {
		if tiles.Tile != []int{2, 6}[i] || len(tiles.Repeats) != 5 {
			t.Fatalf("%+v", tiles)
		}
		for k, s := range tiles.Repeats {
			v := seen[1+5*i+k]
			class := 3
			if 100*(v-5) > 300 {
				class = 0
			}
			intact, shuffled := []float64{-400, 0, 30, 300}, []float64{100 * (float64(v) - 5), 0, 30, 300}
			if want := experiment.Pearson(shuffled, intact); s.Class != class || s.Logit != 100*(v-5) || float64(s.Correlation) != want {
				t.Errorf("tiles of %d, repeat %d: %+v, want class %d, logit %v and correlation %v", tiles.Tile, k, s, class, 100*(v-5), want)
			}
		}
	}
}

var errBroken = errors.New("broken")

// broken is a network that fails after some answers.
type broken struct {
	experiment.Runner
	answers *int
}

func (b broken) Classify(context.Context, *bagnet.Image) (bagnet.Answer, error) {
	if *b.answers--; *b.answers < 0 {
		return bagnet.Answer{}, errBroken
	}
	return bagnet.Answer{Logits: []float32{1, 2}, Outputs: []float32{1, 2}}, nil
}

// TestErrorsAreReturned has a network that fails sooner or later.
func TestErrorsAreReturned(t *testing.T) {
	for answers := range 3 {
		n := answers
		_, err := (Experiment{Settings{Tiles: []int{2, 6}, Repeats: 1}}).Measure(t.Context(), &experiment.Network{Runner: broken{answers: &n}}, sampleOf(12, 1))
		if !errors.Is(err, errBroken) {
			t.Errorf("after %d answers: %v", answers, err)
		}
	}
	if _, err := (Experiment{Settings{Tiles: []int{5}}}).Measure(t.Context(), nil, sampleOf(12, 1)); err == nil {
		t.Error("tiles of 5 pixels of an image of 12")
	}
}
