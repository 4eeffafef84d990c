package experiment_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"bagnet"

	"bagnet/internal/experiment"
)

// rounding is the largest deviation that rounding accounts for, of the range.
const rounding = 2e-5

// power is a network whose second logit is a power of the sum of all values.
type power int

var errPower = errors.New("no power")

func (p power) Classify(_ context.Context, img *bagnet.Image) (bagnet.Answer, error) {
	if p == 0 {
		return bagnet.Answer{}, errPower
	}
	values := img.Tensor().Float32s()
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	return bagnet.Answer{Outputs: []float32{0, float32(math.Pow(sum, float64(p)))}}, nil
}

func bagNet(t *testing.T, name string) *bagnet.Model { return open(t, "model", name) }

func resNet(t *testing.T) *bagnet.Model { return open(t, "convnet", "resnet-basic") }

func open(t *testing.T, pkg, name string) *bagnet.Model {
	t.Helper()
	m, err := bagnet.Open(filepath.Join("..", pkg, "testdata", name+".safetensors"), &bagnet.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func noise(h, w int, seed uint64) experiment.Image {
	img, rng := experiment.NewImage(h, w), rand.New(rand.NewPCG(seed, 1))
	for i := range img.Values {
		img.Values[i] = float32(rng.NormFloat64())
	}
	return img
}

func classify(t *testing.T, net experiment.Classifier, img experiment.Image) []float32 {
	t.Helper()
	a, err := net.Classify(t.Context(), img.Pixels())
	if err != nil {
		t.Fatal(err)
	}
	return a.Outputs
}

// v1 and v2 are goldens of BagNets without padding and with it.
var (
	v1 = []string{"v1-q9", "v1-q17", "v1-q33"}
	v2 = []string{"v2-q9", "v2-q17", "v2-q33"}
)

// patchesOf are the patches of a BagNet.
func patchesOf(t *testing.T, m *bagnet.Model, h, w int) bagnet.Grid {
	t.Helper()
	g, err := m.NativeGrid(w, h)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// TestOrderOfPatches runs patches alone in a random order: BagNets do not notice,
// ResNets do.
func TestOrderOfPatches(t *testing.T) {
	for i, size := range [][2]int{{64, 64}, {41, 97}, {50, 34}} {
		img := noise(size[0], size[1], uint64(i))
		for _, name := range v1 {
			m := bagNet(t, name)
			mean, err := experiment.PatchMean(t.Context(), m, patchesOf(t, m, img.H, img.W), img, rand.New(rand.NewPCG(9, uint64(i))))
			if err != nil {
				t.Fatal(err)
			}
			if d := experiment.Deviation(mean, classify(t, m, img)); !(d <= rounding) {
				t.Errorf("%s: patches of %v alone deviate by %.2g of the range", name, size, d)
			}
		}
		n := resNet(t)
		mean, err := experiment.PatchMean(t.Context(), n, patchesOf(t, bagNet(t, "v1-q33"), img.H, img.W), img, rand.New(rand.NewPCG(9, uint64(i))))
		if err != nil {
			t.Fatal(err)
		}
		if d := experiment.Deviation(mean, classify(t, n, img)); d < 1e-3 {
			t.Errorf("a ResNet's patches of %v alone deviate by %.2g of the range only", size, d)
		}
	}
	if _, err := experiment.PatchMean(t.Context(), power(0), bagnet.Grid{Patch: 3, Origin: 1, Stride: 3, Rows: 3, Cols: 3}, noise(9, 9, 1), rand.New(rand.NewPCG(1, 1))); !errors.Is(err, errPower) {
		t.Errorf("error %v", err)
	}
}

// TestAdditivity masks regions together and alone: a BagNet adds them up exactly
// where no patch touches two, and not where they touch; a ResNet never does.
func TestAdditivity(t *testing.T) {
	img := noise(112, 120, 5)
	measure := func(net experiment.Classifier, gap int, seed uint64) (deviation float64, squares [4]experiment.Square) {
		squares, fit := experiment.FourSquares(img.H, img.W, 16, gap, rand.New(rand.NewPCG(seed, uint64(gap))))
		if !fit {
			t.Fatal("they do not fit")
		}
		intact := classify(t, net, img)
		n, err := experiment.Interactions(t.Context(), net, img, intact[2], 2, squares[:])
		if err != nil {
			t.Fatal(err)
		}
		if n.Joint == 0 {
			t.Error("nothing changes")
		}
		span := 0.0
		for _, v := range intact {
			span = max(span, math.Abs(float64(v)))
		}
		return math.Abs(n.Joint-n.Sum) / span, squares
	}
	for _, name := range slices.Concat(v1, v2) {
		m := bagNet(t, name)
		q := m.Info().Patch
		apart, touching, worst := 0, 0, 0.0
		for gap := 0; gap <= q+8; gap++ {
			d, squares := measure(m, gap, uint64(gap))
			if experiment.Touch(patchesOf(t, m, img.H, img.W), squares[:]) {
				touching++
				worst = max(worst, d)
				continue
			}
			apart++
			if !(d <= rounding) {
				t.Errorf("%s: a gap of %d deviates by %.2g of the range", name, gap, d)
			}
		}
		if apart < 8 || touching == 0 || worst < 50*rounding {
			t.Errorf("%s: of %d gaps with a patch in common the worst deviates by %.2g of the range, %d have none", name, touching, worst, apart)
		}
		if d, _ := measure(m, 0, 1); d < 2*rounding {
			t.Errorf("%s: regions that touch deviate by %.2g of the range only", name, d)
		}
	}
	for _, gap := range []int{0, 32, 64} {
		if d, _ := measure(resNet(t), gap, 1); d < 100*rounding {
			t.Errorf("a ResNet with a gap of %d deviates by %.2g of the range only", gap, d)
		}
	}
}
