package experiment_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"bagnet/internal/convnet"
	"bagnet/internal/experiment"
	"bagnet/internal/inference"
	"bagnet/internal/loader"
	"bagnet/internal/model"
)

// rounding is the largest deviation that rounding accounts for, of the range.
const rounding = 2e-5

// power is a network whose second logit is a power of the sum of all values.
type power int

var errPower = errors.New("no power")

func (p power) Classify(_ context.Context, img inference.Pixels) ([]float32, error) {
	if p == 0 {
		return nil, errPower
	}
	h, w := img.Size()
	values := make([]float32, 3*h*w)
	img.Read(values, 3*w, 0, 0, h, w)
	sum := 0.0
	for _, v := range values {
		sum += float64(v)
	}
	return []float32{0, float32(math.Pow(sum, float64(p)))}, nil
}

func bagNet(t *testing.T, name string) *model.Model {
	t.Helper()
	c, err := loader.Open(filepath.Join("..", "model", "testdata", name+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.New(c, model.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func resNet(t *testing.T) *convnet.Network {
	t.Helper()
	c, err := loader.Open(filepath.Join("..", "convnet", "testdata", "resnet-basic.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	n, err := convnet.New(c, convnet.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	return n
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
	logits, err := net.Classify(t.Context(), img.Pixels())
	if err != nil {
		t.Fatal(err)
	}
	return logits
}

// v1 and v2 are goldens of BagNets without padding and with it.
var (
	v1 = []string{"v1-q9", "v1-q17", "v1-q33"}
	v2 = []string{"v2-q9", "v2-q17", "v2-q33"}
)

// patchesOf are the patches of a BagNet.
func patchesOf(m *model.Model, h, w int) experiment.Patches {
	c := m.Config()
	p := experiment.Patches{Side: c.PatchSize, Stride: c.Stride()}
	p.Rows, p.Cols = c.Grid(h, w)
	if c.Family == "v2" { // centred on pixel (0, 0)
		p.First = -(c.PatchSize - 1) / 2
	}
	return p
}

// TestOrderOfPatches runs patches alone in a random order: BagNets do not notice,
// ResNets do.
func TestOrderOfPatches(t *testing.T) {
	for i, size := range [][2]int{{64, 64}, {41, 97}, {50, 34}} {
		img := noise(size[0], size[1], uint64(i))
		for _, name := range v1 {
			m := bagNet(t, name)
			mean, err := patchesOf(m, img.H, img.W).Mean(t.Context(), m, img, rand.New(rand.NewPCG(9, uint64(i))))
			if err != nil {
				t.Fatal(err)
			}
			if d := experiment.Deviation(mean, classify(t, m, img)); !(d <= rounding) {
				t.Errorf("%s: patches of %v alone deviate by %.2g of the range", name, size, d)
			}
		}
		n := resNet(t)
		mean, err := patchesOf(bagNet(t, "v1-q33"), img.H, img.W).Mean(t.Context(), n, img, rand.New(rand.NewPCG(9, uint64(i))))
		if err != nil {
			t.Fatal(err)
		}
		if d := experiment.Deviation(mean, classify(t, n, img)); d < 1e-3 {
			t.Errorf("a ResNet's patches of %v alone deviate by %.2g of the range only", size, d)
		}
	}
	if _, err := (experiment.Patches{Side: 3, Stride: 3, Rows: 3, Cols: 3}).Mean(t.Context(), power(0), noise(9, 9, 1), rand.New(rand.NewPCG(1, 1))); !errors.Is(err, errPower) {
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
		q := m.Config().PatchSize
		apart, touching, worst := 0, 0, 0.0
		for gap := 0; gap <= q+8; gap++ {
			d, squares := measure(m, gap, uint64(gap))
			if patchesOf(m, img.H, img.W).Touch(squares[:]) {
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
