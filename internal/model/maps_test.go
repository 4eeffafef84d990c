package model

import (
	"fmt"
	"slices"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/engine"
	"bagnet/internal/inference"
)

func maps(t testing.TB, m *Model, img *tensor.Dense, stride int, classes ...int) inference.Maps {
	t.Helper()
	pixels, err := inference.FromTensor(img)
	if err != nil {
		t.Fatal(err)
	}
	got, err := m.Maps(t.Context(), pixels, inference.MapOptions{Classes: classes, Stride: stride})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// cut returns the h x w pixels from (y, x) on, zeros beyond the image.
func cut(img *tensor.Dense, y, x, h, w int) *tensor.Dense {
	s, data := img.Shape(), img.Float32s()
	out := make([]float32, h*w*3)
	for i := range h {
		for j := range w {
			if iy, ix := y+i, x+j; iy >= 0 && iy < s[0] && ix >= 0 && ix < s[1] {
				copy(out[(i*w+j)*3:][:3], data[(iy*s[1]+ix)*3:])
			}
		}
	}
	return tensor.New(tensor.WithShape(h, w, 3), tensor.WithBacking(out))
}

// TestDenseMapIsEveryPatch cuts every patch out of the framed image, as the
// authors' code does, and runs the network on it: the dense map has the same
// bits, and its sub-grids too.
func TestDenseMapIsEveryPatch(t *testing.T) {
	for _, q := range []int{9, 17, 33, 37} {
		f := random(small("v1", q), uint64(q))
		for _, k := range engine.Kernels() {
			m := mustNew(t, f, Options{Kernel: k.Name(), Threads: 2})
			img := randomImage(37, 41, 3)
			dense := maps(t, m, img, 1, 3, 0)
			if s := dense.Values.Shape(); s[0] != 37 || s[1] != 41 || s[2] != 2 || dense.Origin != 0 {
				t.Fatalf("dense map has shape %v, origin %d", s, dense.Origin)
			}
			for y := 0; y < 37; y += 3 {
				for x := range 41 {
					patch := cut(img, y-(q-1)/2, x-(q-1)/2, q, q)
					want := logits(t, m, patch)
					for i, class := range []int{3, 0} {
						if got := dense.Values.Float32s()[(y*41+x)*2+i]; got != want[class] {
							t.Fatalf("q=%d, %s: class %d at (%d,%d): %v, cut out %v", q, k.Name(), class, y, x, got, want[class])
						}
					}
				}
			}
			for _, stride := range []int{2, 4} {
				sub := maps(t, m, img, stride, 3, 0)
				for i, v := range sub.Values.Float32s() {
					cols := sub.Values.Shape()[1]
					y, x := sub.Origin+i/2/cols*stride, sub.Origin+i/2%cols*stride
					if want := dense.Values.Float32s()[(y*41+x)*2+i%2]; v != want {
						t.Fatalf("q=%d, stride %d: value at (%d,%d) is %v, dense %v", q, stride, y, x, v, want)
					}
				}
			}
		}
	}
}

// TestMapsContainTheNativeGrid compares every stride's map with the native one
// and its mean with the image's logit.
func TestMapsContainTheNativeGrid(t *testing.T) {
	for _, family := range []string{"v1", "v2"} {
		for _, q := range []int{9, 17, 33, 37} {
			m := mustNew(t, random(small(family, q), uint64(q)), Options{})
			img := randomImage(61, 50, 4)
			want := logits(t, m, img)
			native := maps(t, m, img, 8, 2, 4)
			s := native.Values.Shape()
			if rows, cols := m.Config().Grid(61, 50); s[0] != rows || s[1] != cols {
				t.Fatalf("native map of %v, grid of %dx%d", s, rows, cols)
			}
			for _, stride := range m.Strides() {
				fine := maps(t, m, img, stride, 2, 4)
				if !slices.Equal(fine.Logits, want) {
					t.Errorf("%s q=%d stride %d: other logits than classify's", family, q, stride)
				}
				fs := fine.Values.Shape()
				for i := range s[0] {
					for j := range s[1] {
						for c := range 2 {
							a := native.Values.Float32s()[(i*s[1]+j)*2+c]
							b := fine.Values.Float32s()[((fine.First+i*fine.Step)*fs[1]+fine.First+j*fine.Step)*2+c]
							if a != b {
								t.Fatalf("%s q=%d stride %d: native value (%d,%d) is %v, in the map %v", family, q, stride, i, j, a, b)
							}
						}
					}
				}
				centre := fine.Origin + fine.First*stride
				if expected := map[string]int{"v1": (q - 1) / 2, "v2": 0}[family]; centre != expected {
					t.Errorf("%s q=%d stride %d: the first native patch is centred on pixel %d, want %d", family, q, stride, centre, expected)
				}
				for c, class := range []int{2, 4} {
					if d := offBy([]float32{float32(fine.NativeMean(c))}, []float64{float64(want[class])}); !(d <= 1e-5) {
						t.Errorf("%s q=%d stride %d: mean %v, logit %v", family, q, stride, fine.NativeMean(c), want[class])
					}
				}
			}
		}
	}
}

// TestShiftedMapIsTheShiftedImages defines the finer strides of a v2 network.
func TestShiftedMapIsTheShiftedImages(t *testing.T) {
	m := mustNew(t, random(small("v2", 17), 2), Options{})
	img := randomImage(35, 44, 6)
	fine := maps(t, m, img, 2, 1)
	cols := fine.Values.Shape()[1]
	for y := 0; y < 8; y += 2 {
		for x := 0; x < 8; x += 2 {
			part := maps(t, m, cut(img, y, x, 35-y, 44-x), 8, 1)
			s := part.Values.Shape()
			for i := range s[0] {
				for j := range s[1] {
					a, b := part.Values.Float32s()[i*s[1]+j], fine.Values.Float32s()[((y+8*i)/2*cols+(x+8*j)/2)]
					if a != b {
						t.Fatalf("shifted by (%d,%d): value (%d,%d) is %v, in the map %v", y, x, i, j, a, b)
					}
				}
			}
		}
	}
}

// TestTiledEqualsUntiled computes maps and logits in tiles that divide nothing.
func TestTiledEqualsUntiled(t *testing.T) {
	sides := []int{57, 71, 90}
	if testing.Short() {
		sides = sides[1:2]
	}
	for _, family := range []string{"v1", "v2"} {
		for _, q := range []int{9, 37} {
			f := random(small(family, q), 8)
			img := randomImage(131, 94, 5)
			whole := mustNew(t, f, Options{Threads: 1})
			for _, stride := range []int{8, 2, 1} {
				want := maps(t, whole, img, stride, 0, 4)
				for _, side := range sides {
					m := mustNew(t, f, Options{Threads: 3})
					m.tilePixels = side
					t.Run(fmt.Sprintf("%s/%d/stride%d/tiles%d", family, q, stride, side), func(t *testing.T) {
						calls := 0
						pixels, _ := inference.FromTensor(img)
						got, err := m.Maps(t.Context(), pixels, inference.MapOptions{Classes: []int{0, 4}, Stride: stride, Progress: func(done, total int) {
							if calls++; done != calls || done > total {
								t.Errorf("progress %d of %d at call %d", done, total, calls)
							}
						}})
						if err != nil {
							t.Fatal(err)
						}
						if calls < 2 {
							t.Errorf("%d tiles", calls)
						}
						if !slices.Equal(got.Values.Float32s(), want.Values.Float32s()) {
							t.Error("other values in tiles")
						}
						if !slices.Equal(got.Logits, want.Logits) {
							t.Error("other logits in tiles")
						}
					})
				}
			}
		}
	}
}

// TestChosenClasses names the classes when the logits are known: in one pass, in
// tiles and at a fine stride the maps are those of the classes named before.
func TestChosenClasses(t *testing.T) {
	for _, family := range []string{"v1", "v2"} {
		f := random(small(family, 17), 9)
		img := randomImage(75, 66, 2)
		pixels, _ := inference.FromTensor(img)
		for _, side := range []int{2048, 60} {
			for _, stride := range []int{8, 4} {
				m := mustNew(t, f, Options{})
				m.tilePixels = side
				want := maps(t, m, img, stride, 3, 1)
				got, err := m.Maps(t.Context(), pixels, inference.MapOptions{Stride: stride, Choose: func(l []float32) []int {
					if !slices.Equal(l, want.Logits) {
						t.Error("choosing by other logits")
					}
					return []int{3, 1}
				}})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got.Classes, []int{3, 1}) || !slices.Equal(got.Logits, want.Logits) || !slices.Equal(got.Values.Float32s(), want.Values.Float32s()) {
					t.Errorf("%s, tiles of %d, stride %d: other maps when the classes are chosen late", family, side, stride)
				}
			}
		}
	}
}

func TestMapsRefuseAStrideTheyDoNotHave(t *testing.T) {
	m := mustNew(t, random(small("v1", 9), 8), Options{})
	pixels, _ := inference.FromTensor(randomImage(20, 20, 1))
	for _, stride := range []int{0, 3, 16, -1} {
		if _, err := m.Maps(t.Context(), pixels, inference.MapOptions{Classes: []int{0}, Stride: stride}); err == nil {
			t.Errorf("a stride of %d was accepted", stride)
		}
	}
}

// TestFeaturesGiveTheEvidence applies the classifier, in float64, to the
// features of every patch.
func TestFeaturesGiveTheEvidence(t *testing.T) {
	for _, family := range []string{"v1", "v2"} {
		f := random(small(family, 17), 3)
		fc, bias := f.Tensor("fc.weight"), f.Tensor("fc.bias")
		pixels, _ := inference.FromTensor(randomImage(75, 66, 2))
		for _, side := range []int{2048, 60} {
			m := mustNew(t, f, Options{})
			m.tilePixels = side
			for _, stride := range []int{8, 4} {
				got, err := m.Maps(t.Context(), pixels, inference.MapOptions{Features: true, Stride: stride})
				if err != nil {
					t.Fatal(err)
				}
				evidence, err := m.Maps(t.Context(), pixels, inference.MapOptions{Classes: []int{2}, Stride: stride})
				if err != nil {
					t.Fatal(err)
				}
				n := m.Config().Features()
				if s := got.Values.Shape(); s[2] != n || s[0]*s[1] != evidence.Values.Size() {
					t.Fatalf("features have shape %v, evidence %v", s, evidence.Values.Shape())
				}
				want := make([]float64, evidence.Values.Size())
				for i := range want {
					want[i] = float64(bias.Float32s()[2])
					for c, v := range got.Values.Float32s()[i*n:][:n] {
						want[i] += float64(v) * float64(fc.Float32s()[2*n+c])
					}
				}
				if d := offBy(evidence.Values.Float32s(), want); !(d <= 1e-5) {
					t.Errorf("%s, tiles of %d, stride %d: evidence is off by %g of the range", family, side, stride, d)
				}
				if got.Classes != nil || !slices.Equal(got.Logits, evidence.Logits) {
					t.Errorf("%s, tiles of %d, stride %d: classes %v or other logits", family, side, stride, got.Classes)
				}
			}
		}
	}
}
