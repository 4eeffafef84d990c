package bagnet_test

import (
	"encoding/json"
	"errors"
	"image"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet"
)

// mapGolden is what PyTorch computed in float64 at each position of a network whose logits
// are their means, and by the gradient where they look: see scripts/make_goldens.py.
type mapGolden struct {
	golden
	Field [3]int `json:"field"` // side, stride, pixel at the centre of the first position's
}

// meanMap returns such a golden, its network on one thread, and its picture.
func meanMap(t testing.TB, name string) (want mapGolden, m *bagnet.Model, img *bagnet.Image) {
	t.Helper()
	file := filepath.Join("internal/convnet/testdata", name)
	if err := json.Unmarshal(must(os.ReadFile(file+".maps.json"))(t), &want); err != nil {
		t.Fatal(err)
	}
	_, m, _ = tiny(t, file)
	return want, m, must(m.Prepare(decoded(t, filepath.Join("internal/convnet/testdata", want.Image))))(t)
}

// TestMeanMapsEqualPyTorch has the last linear layer at each position.
func TestMeanMapsEqualPyTorch(t *testing.T) {
	for _, name := range []string{"resnet-basic", "resnet-bottleneck", "densenet"} {
		t.Run(name, func(t *testing.T) {
			want, m, img := meanMap(t, name)
			if i := m.Info(); i.Patch != 0 || !slices.Equal(i.Strides, want.Field[1:2]) || i.Sees != want.Field[0] {
				t.Errorf("%+v", i)
			}
			p := must(m.Patches(t.Context(), img, &bagnet.PatchOptions{Classes: m.Classes()}))(t)
			checkAnswer(t, p.Answer, want.golden)
			near(t, "logits at positions", p.Values.Float32s(), want.PatchLogits)
			grid := bagnet.Grid{Rows: want.Rows, Cols: want.Cols, Origin: want.Field[2], Stride: want.Field[1], Patch: want.Field[1], Sees: want.Field[0],
				Step: 1, NativeRows: want.Rows, NativeCols: want.Cols}
			if p.Grid != grid || must(m.NativeGrid(img.Size().X, img.Size().Y))(t) != grid {
				t.Errorf("%+v, want %+v", p.Grid, grid)
			}
			x, y := grid.Origin+2*grid.Stride, grid.Origin+grid.Stride
			if got, want := grid.Rect(1, 2), image.Rect(x-16, y-16, x+16, y+16); got != want {
				t.Errorf("a cell is %v, want %v", got, want)
			}

			var means, logits []float64
			for _, h := range must(m.Heatmaps(t.Context(), img, m.Classes()...))(t) {
				means, logits = append(means, h.Mean), append(logits, h.Logit)
			}
			near(t, "means", means, want.Logits)
			near(t, "logits of maps", logits, want.Logits)
			h := must(m.Heatmaps(t.Context(), img))(t)[0]
			if h.Class.Index != p.Answer.Best() {
				t.Errorf("a map of %+v", h.Class)
			}

			// The strongest cells: all of them, inside the image.
			top := h.Top(0, 0)
			strongest := slices.Sorted(slices.Values(h.Values))
			slices.Reverse(strongest)
			if len(top) != len(strongest) {
				t.Fatalf("%d of %d cells", len(top), len(strongest))
			}
			for i, patch := range top {
				k := slices.Index(h.Values, strongest[i])
				cell := h.Rect(k/h.Cols, k%h.Cols)
				moved := image.Pt(max(0, min(cell.Min.X, img.Size().X-32)), max(0, min(cell.Min.Y, img.Size().Y-32)))
				if patch.Evidence != strongest[i] || patch.Rect != image.Rect(moved.X, moved.Y, moved.X+32, moved.Y+32) {
					t.Errorf("cell %d is %+v, want %v at %v", i, patch, strongest[i], moved)
				}
			}

			_, err := m.Patches(t.Context(), img, &bagnet.PatchOptions{Stride: 16})
			if err == nil || !strings.Contains(err.Error(), "has [32]") {
				t.Errorf("a finer grid: %v", err)
			}
		})
	}
}

// TestNoMeanMaps has networks whose positions have weights of their own.
func TestNoMeanMaps(t *testing.T) {
	for _, name := range []string{"vgg", "vgg_bn", "alexnet"} {
		_, m, img := tiny(t, filepath.Join("internal/convnet/testdata", name))
		if i := m.Info(); i.Patch != 0 || i.Strides != nil || i.Sees != 0 {
			t.Errorf("%+v", i)
		}
		_, patches := m.Patches(t.Context(), img, nil)
		_, maps := m.Heatmaps(t.Context(), img)
		_, grid := m.NativeGrid(100, 100)
		_, bytes := m.PassBytes(100, 100, 32)
		for _, err := range []error{patches, maps, grid, bytes} {
			if !errors.Is(err, bagnet.ErrNoPatches) || !strings.Contains(err.Error(), "weights of their own for each position") {
				t.Errorf("patches of %s: %v", name, err)
			}
		}
	}
}

// TestMeanMapOfOneOutput has the negative class's map, which is the positive one's negative.
func TestMeanMapOfOneOutput(t *testing.T) {
	want, m, img := meanMap(t, "resnet-basic")
	all := must(m.Patches(t.Context(), img, &bagnet.PatchOptions{Classes: m.Classes()}))(t).Values.Float32s()
	one := read(t, oneOutput(t, "../../convnet/testdata/resnet-basic", 1), nil)
	maps := must(one.Heatmaps(t.Context(), img, one.Classes()...))(t)
	z := want.Logits[1]
	near(t, "means", []float64{maps[0].Mean, maps[1].Mean, maps[0].Logit, maps[1].Logit}, []float64{z, -z, z, -z})
	for i, v := range maps[0].Values {
		if maps[1].Values[i] != -v || math.Abs(float64(v-all[i*len(want.Logits)+1])) > 1e-6 {
			t.Errorf("position %d has %v and %v, want %v and its negative", i, v, maps[1].Values[i], all[i*len(want.Logits)+1])
		}
	}
}

// TestCaution has the panel say what a map of a wide network is not: it is higher than the same
// panel of a BagNet's map by a line.
func TestCaution(t *testing.T) {
	_, m, img := meanMap(t, "resnet-basic")
	h := must(m.Heatmaps(t.Context(), img))(t)[0]
	with := must(h.Draw(nil))(t)
	h.Sees = h.Grid.Patch
	without := must(h.Draw(nil))(t)
	if a, b := with.Rect.Dy(), without.Rect.Dy(); a <= b {
		t.Errorf("panels of %d and %d pixels' height", a, b)
	}
	h.Sees = 200
	overlay := &bagnet.DrawOptions{Style: "overlay"}
	if a := must(h.Draw(overlay))(t); a.Rect.Size() != img.Size() {
		t.Errorf("an overlay of %v pixels", a.Rect.Size())
	}
}
