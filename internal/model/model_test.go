package model

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/engine"
	"bagnet/internal/weights"
)

// tolerance is the project's promise: 2e-5 of the range of the reference.
const tolerance = 2e-5

func mustNew(t testing.TB, w weights.Source, o Options) *Model {
	t.Helper()
	m, err := New(w, o)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func logits(t testing.TB, m *Model, img *tensor.Dense) []float32 {
	t.Helper()
	l, err := m.Logits(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func patchLogits(t testing.TB, m *Model, img *tensor.Dense) *tensor.Dense {
	t.Helper()
	p, err := m.PatchLogits(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// atLeast33 sizes: square, landscape, portrait, a single patch, nothing divisible.
var sizes = [][2]int{{64, 64}, {41, 97}, {97, 45}, {33, 33}, {50, 34}}

func TestEqualsOracle(t *testing.T) {
	for _, family := range []string{"v1", "v2"} {
		for _, q := range []int{9, 17, 33} {
			c := small(family, q)
			f := random(c, uint64(q))
			for _, k := range engine.Kernels() {
				m := mustNew(t, f, Options{Kernel: k.Name()})
				if got := m.Config(); got.Family != family || got.PatchSize != q || got.Depths != c.Depths || got.Widths != c.Widths || got.Classes != c.Classes {
					t.Fatalf("config inferred as %+v, made as %+v", got, c)
				}
				for _, s := range sizes {
					img := randomImage(s[0], s[1], 1)
					grid, want := oracle{f, c}.patchLogits(img)
					if d := offBy(logits(t, m, img), want); !(d <= tolerance) {
						t.Errorf("%s q=%d %s %v: logits off by %.2g of the range", family, q, k.Name(), s, d)
					}
					p := patchLogits(t, m, img)
					rows, cols := m.Config().Grid(s[0], s[1])
					if sh := p.Shape(); sh[0] != grid.h || sh[1] != grid.w || rows != grid.h || cols != grid.w {
						t.Fatalf("%s q=%d %v: grid %v, Grid says %dx%d, want %dx%d", family, q, s, sh, rows, cols, grid.h, grid.w)
					}
					if d := offBy(p.Float32s(), grid.v); !(d <= tolerance) {
						t.Errorf("%s q=%d %s %v: patch logits off by %.2g of the range", family, q, k.Name(), s, d)
					}
				}
			}
		}
	}
}

func TestDeadLayersStayExact(t *testing.T) {
	c := small("v1", 33)
	f := random(c, 5)
	for _, name := range []string{"layer1.1.conv3", "layer3.0.conv1"} {
		w := f.tensors[name+".weight"].Float32s()
		for i := range w {
			w[i] *= 1e-7
		}
		norm := strings.Replace(name, "conv", "bn", 1)
		for _, part := range []string{".running_var", ".running_mean"} {
			v := f.tensors[norm+part].Float32s()
			for i := range v {
				v[i] *= 1e-14
			}
		}
	}
	img := randomImage(49, 57, 2)
	_, want := oracle{f, c}.patchLogits(img)
	if d := offBy(logits(t, mustNew(t, f, Options{}), img), want); !(d <= tolerance) {
		t.Errorf("off by %.2g of the range", d)
	}
}

func TestConservation(t *testing.T) {
	for _, family := range []string{"v1", "v2"} {
		m := mustNew(t, random(small(family, 17), 3), Options{})
		img := randomImage(70, 53, 3)
		p := patchLogits(t, m, img)
		s := p.Shape()
		mean := make([]float64, s[2])
		for i, v := range p.Float32s() {
			mean[i%s[2]] += float64(v) / float64(s[0]*s[1])
		}
		if d := offBy(logits(t, m, img), mean); !(d <= 1e-6) {
			t.Errorf("%s: image logits differ from the mean of the grid by %.2g of the range", family, d)
		}
	}
}

func TestPixelOutsidePatchChangesNothingInIt(t *testing.T) {
	for _, q := range []int{9, 17, 33, 37} {
		m := mustNew(t, random(small("v1", q), 4), Options{})
		img := randomImage(57, 65, 4)
		before := append([]float32(nil), patchLogits(t, m, img).Float32s()...)
		y0, x0 := 31, 40
		for c := range 3 {
			img.Float32s()[(y0*65+x0)*3+c] += 100
		}
		after := patchLogits(t, m, img)
		s := after.Shape()
		touched := 0
		for i, v := range after.Float32s() {
			row, col := i/s[2]/s[1]*8, i/s[2]%s[1]*8
			inside := row <= y0 && y0 < row+q && col <= x0 && x0 < col+q
			if same := math.Float32bits(v) == math.Float32bits(before[i]); !inside && !same {
				t.Fatalf("q=%d: the patch at (%d,%d) changed with pixel (%d,%d)", q, row, col, y0, x0)
			} else if inside && !same {
				touched++
			}
		}
		if touched == 0 {
			t.Errorf("q=%d: the pixel changed no patch at all", q)
		}
	}
}

func TestSameBitsForAnyThreadCount(t *testing.T) {
	f := random(small("v1", 33), 6)
	img := randomImage(90, 77, 6)
	want := logits(t, mustNew(t, f, Options{Threads: 1}), img)
	for _, threads := range []int{2, 3, 8} {
		for i, v := range logits(t, mustNew(t, f, Options{Threads: threads}), img) {
			if math.Float32bits(v) != math.Float32bits(want[i]) {
				t.Errorf("%d threads: logit %d is %v, with one thread %v", threads, i, v, want[i])
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	m := mustNew(t, random(small("v1", 9), 8), Options{})
	imgs := []*tensor.Dense{randomImage(40, 50, 1), randomImage(60, 30, 2)}
	want := [][]float32{logits(t, m, imgs[0]), logits(t, m, imgs[1])}
	errs := make(chan error)
	for i := range 8 {
		go func() {
			got, err := m.Logits(t.Context(), imgs[i%2])
			if err == nil && got[0] != want[i%2][0] {
				err = fmt.Errorf("image %d: %v, alone %v", i%2, got[0], want[i%2][0])
			}
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestTooSmallImage(t *testing.T) {
	m := mustNew(t, random(small("v1", 17), 9), Options{})
	for _, s := range [][2]int{{16, 40}, {40, 16}, {1, 1}} {
		if _, err := m.Logits(t.Context(), randomImage(s[0], s[1], 1)); err == nil || !strings.Contains(err.Error(), "smaller than a patch of 17x17") {
			t.Errorf("%v: error %v", s, err)
		}
	}
	if _, err := m.Logits(t.Context(), randomImage(17, 17, 1)); err != nil {
		t.Errorf("an image of one patch: %v", err)
	}
}

func TestHalfPrecisionDeadLayerWarns(t *testing.T) {
	f := random(small("v1", 9), 10)
	w := f.tensors["layer2.0.conv3.weight"].Float32s()
	for i := range w {
		w[i] *= 1e-7
	}
	if ws := mustNew(t, f, Options{}).Warnings(); len(ws) != 0 {
		t.Errorf("stored in float32: %q", ws)
	}
	f.dtype = "F16"
	if ws := mustNew(t, f, Options{}).Warnings(); len(ws) != 1 || !strings.Contains(ws[0], "layer2.0.conv3.weight") {
		t.Errorf("stored in float16: %q", ws)
	}
}

func TestOneClass(t *testing.T) {
	c := small("v1", 9)
	c.Classes = 1
	f := random(c, 12)
	img := randomImage(20, 30, 1)
	_, want := oracle{f, c}.patchLogits(img)
	if d := offBy(logits(t, mustNew(t, f, Options{}), img), want); !(d <= tolerance) {
		t.Errorf("off by %.2g of the range", d)
	}
}

func TestStridesGivenByTheCaller(t *testing.T) {
	c := small("v1", 33)
	c.Strides = [4]int{1, 2, 2, 2}
	f := random(c, 11)
	m := mustNew(t, f, Options{Strides: c.Strides})
	img := randomImage(48, 40, 1)
	_, want := oracle{f, c}.patchLogits(img)
	if d := offBy(logits(t, m, img), want); !(d <= tolerance) {
		t.Errorf("off by %.2g of the range", d)
	}
}
