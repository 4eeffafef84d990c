package sensitivity

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/npy"
	"bagnet/internal/output"
)

// TestBagnetMap holds a BagNet's map of cells against the patches around one
// cell's pixels, each cut out of the image in its frame of zeros and run alone. The
// BagNet may number the classes in another way.
func TestBagnetMap(t *testing.T) {
	v := ballView(t, 48)
	m := &BagNet{Called: "bagnet:bagnet33-imagenette", Net: v.Net, Stride: 2}
	got, err := m.Values(t.Context(), v)
	if err != nil || len(got) != 9 {
		t.Fatalf("%v, %v", got, err)
	}
	framed := experiment.NewImage(48+32, 48+32)
	for y := range 48 {
		copy(framed.Values[3*((y+16)*80+16):][:3*48], v.Values[3*48*y:])
	}
	const cell = 5 // in row 1, column 2
	var sum float64
	for y := 16; y < 32; y += 2 {
		for x := 32; x < 48; x += 2 {
			sum += float64(logitsOf(t, v.Net, framed.Crop(y, x, 33, 33))[8])
		}
	}
	if math.Abs(sum/64-got[cell]) > 1e-4 {
		t.Errorf("cell %d has %v, its patches %v in the mean", cell, got[cell], sum/64)
	}
	other := *v.Net
	other.Classes = slices.Clone(other.Classes)
	other.Classes[1], other.Classes[8] = other.Classes[8], other.Classes[1]
	v.Net, v.Class = &other, 1
	if again, err := m.Values(t.Context(), v); err != nil || !slices.Equal(again, got) {
		t.Errorf("by another number: %v, %v; want %v", again, err, got)
	}
	other.Classes[1] = class.Class{Label: "none of them"}
	if _, err := m.Values(t.Context(), v); err == nil {
		t.Error("no error about a class that the BagNet has not")
	}
}

// TestMapFiles finds maps where it should. One that is the true sensitivity
// correlates perfectly with it, at any resolution, and makes its curve.
func TestMapFiles(t *testing.T) {
	v := ballView(t, 64)
	dir := t.TempDir()
	x := masking(NewFiles(dir, nil), Occlusion{})
	_, err := x.Measure(t.Context(), v.Net, v.Sample)
	want := `there is no map of it in "` + dir + `": want ` + filepath.Join("golf ball", "ball.npy") + `, ball.npy, ball.golf_ball.npy`
	if err == nil || strings.ReplaceAll(err.Error(), `\\`, `\`) != want {
		t.Fatalf("error %v, want %s", err, want)
	}
	effects, err := experiment.NewMasking(v.Net, v.Image, 8, logitsOf(t, v.Net, v.Image), experiment.MeanFill{}).Occlusion(t.Context(), v.Cells)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, rows int, value func(i, cell int) float32) {
		t.Helper()
		values := make([]float32, rows*rows)
		for i := range values {
			values[i] = value(i, i/rows*4/rows*4+i%rows*4/rows)
		}
		writeMap(t, filepath.Join(dir, name), values, rows)
	}
	// The later ones come before the earlier ones, whose maps are wrong.
	for i, c := range []struct {
		name string
		rows int
	}{{"ball.golf_ball.npy", 4}, {"ball.npy", 64}, {"golf ball/ball.npy", 8}} {
		write(c.name, c.rows, func(_, cell int) float32 { return float32(3*effects[cell] - 1) })
		r, err := x.Measure(t.Context(), v.Net, v.Sample)
		if err != nil {
			t.Fatal(err)
		}
		file, occlusion := r.Maps[0], r.Maps[1]
		if math.Abs(float64(file.Correlation)-1) > 1e-6 || occlusion.Correlation != 1 || !slices.Equal(file.Curve, occlusion.Curve) || file.Area != occlusion.Area {
			t.Errorf("map %d of the true sensitivity: %+v, want %+v", i, file, occlusion)
		}
		write(c.name, c.rows, func(i, _ int) float32 { return float32(i % 7) })
		if r, err = x.Measure(t.Context(), v.Net, v.Sample); err != nil || r.Maps[0].Correlation > 0.9 {
			t.Errorf("map %d of something else: %+v, %v", i, r.Maps[0], err)
		}
	}
	for rows, want := range map[int]string{5: "a map of 5 rows and 5 columns does not suit", 128: "a map of 128 rows"} {
		write("golf ball/ball.npy", rows, func(int, int) float32 { return 1 })
		if _, err := x.Measure(t.Context(), v.Net, v.Sample); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d rows: error %v, want one about %q", rows, err, want)
		}
	}
	write("golf ball/ball.npy", 64, func(int, int) float32 { return float32(math.NaN()) })
	if _, err := x.Measure(t.Context(), v.Net, v.Sample); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("a map of NaN: %v", err)
	}
}

// writeMap writes a square map.
func writeMap(t *testing.T, path string, values []float32, rows int) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := npy.Write(new(output.Replacing), path, values, rows, rows); err != nil {
		t.Fatal(err)
	}
}

// TestMapsOfOneName has two images of one name, of which one is listed twice: a map
// without their directories' names may be that of either.
func TestMapsOfOneName(t *testing.T) {
	dir := t.TempDir()
	m := NewFiles(dir, []dataset.Image{{Path: "a/ball.png"}, {Path: "b/ball.jpg"}, {Path: "a/ball.png"}, {Path: "a/other.png"}})
	values := func(path string) ([]float64, error) {
		return m.Values(t.Context(), View{
			&experiment.Sample{Path: path}, &experiment.Network{Classes: []class.Class{{Label: "x, y"}}}, 0, experiment.Cells{Rows: 2, Cols: 2, Side: 1},
		})
	}
	for name, value := range map[string]float32{"ball.npy": 1, "other.x.npy": 2, "b/ball.npy": 3} {
		writeMap(t, filepath.Join(dir, name), []float32{value, 0, 0, 0}, 2)
	}
	want := `may be that of any of 2 images called ball: give those maps in directories named after the images' own`
	if got, err := values("a/ball.png"); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, error %v, want one that it %s", got, err, want)
	}
	for path, want := range map[string]float64{"a/other.png": 2, "b/ball.jpg": 3} {
		if got, err := values(path); err != nil || got[0] != want {
			t.Errorf("%s: %v, %v; want %v", path, got, err, want)
		}
	}
}

// TestRandomMap depends on the image's chance alone.
func TestRandomMap(t *testing.T) {
	values := func(seed uint64) []float64 {
		v := View{Sample: &experiment.Sample{RNG: rand.New(rand.NewPCG(seed, 1))}, Cells: experiment.Cells{Rows: 4, Cols: 5, Side: 8}}
		values, err := Random{}.Values(t.Context(), v)
		if err != nil || len(values) != 20 {
			t.Fatal(values, err)
		}
		return values
	}
	if !slices.Equal(values(1), values(1)) || slices.Equal(values(1), values(2)) {
		t.Error("a random map is not what its seed says")
	}
}
