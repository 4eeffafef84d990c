package cli

import (
	"context"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/pipeline"
	"bagnet/internal/terminal"
	"bagnet/internal/testkit"
)

// ballView is the golf ball as the embedded network sees it, in side x side
// pixels and cells of 16.
func ballView(t *testing.T, side int) view {
	t.Helper()
	net, err := openNetwork(&terminal.Streams{Err: io.Discard}, "bagnet33-imagenette", "", 2)
	if err != nil {
		t.Fatal(err)
	}
	net.preprocessing.Resize.Short, net.preprocessing.Crop = side, side
	d := &pipeline.Decoder{Preprocessing: net.preprocessing, CheckSize: net.CheckSize}
	d.Options.MaxPixels = 1e6
	p := d.Decode(dataset.Image{Path: "set/golf ball/ball.png", Data: testkit.GolfBall(t)})
	if p.Err != nil {
		t.Fatal(p.Err)
	}
	img := experiment.NewImage(side, side)
	p.Pixels.Read(img.Values, 3*side, 0, 0, side, side)
	cells, err := experiment.NewCells(side, side, 16)
	if err != nil {
		t.Fatal(err)
	}
	return view{subject{Image: img, path: p.Path, class: 8, rng: rand.New(rand.NewPCG(1, 1))}, net, 8, cells}
}

// maskingOf is the experiment with some maps.
func maskingOf(t *testing.T, stride int, maps ...string) *masking {
	t.Helper()
	o := &sensitivityOptions{maps: maps, patch: 16, stride: stride, shares: []float64{0, 10, 50}}
	o.follow.value = followPredicted
	if err := o.model.check(); err != nil {
		t.Fatal(err)
	}
	x := &masking{sensitivityOptions: o}
	for _, name := range maps {
		m, err := newCellMap(context.Background(), &terminal.Streams{Err: io.Discard}, o, name)
		if err != nil {
			t.Fatal(err)
		}
		x.cellMaps = append(x.cellMaps, m)
	}
	return x
}

// TestOcclusionOfBagNet holds the true sensitivity against masking done by hand,
// and against the patches: a cell's effect is the mean of what it does to all.
func TestOcclusionOfBagNet(t *testing.T) {
	v := ballView(t, 64)
	ctx := context.Background()
	logits, err := v.net.Classify(ctx, v.Pixels())
	if err != nil {
		t.Fatal(err)
	}
	effects, err := experiment.NewMasking(v.net, v.cells, v.Image, 8, logits).Occlusion(ctx)
	if err != nil {
		t.Fatal(err)
	}
	patchesOf := func(img experiment.Image) []float32 { // of class 8, row by row
		m, err := v.net.bagnet.PatchLogits(ctx, tensor.New(tensor.WithShape(img.H, img.W, 3), tensor.WithBacking(img.Values)))
		if err != nil {
			t.Fatal(err)
		}
		var out []float32
		for i, value := range m.Float32s() {
			if i%10 == 8 {
				out = append(out, value)
			}
		}
		return out
	}
	intact := patchesOf(v.Image)
	for cell := range effects {
		masked := experiment.Image{Values: slices.Clone(v.Values), H: 64, W: 64}
		for i := range masked.Values {
			if y, x := i/3/64, i/3%64; y/16*4+x/16 == cell {
				masked.Values[i] = 0
			}
		}
		got, err := v.net.Classify(ctx, masked.Pixels())
		if err != nil {
			t.Fatal(err)
		}
		if want := float64(logits[8]) - float64(got[8]); effects[cell] != want {
			t.Errorf("cell %d: the logit falls by %v, by hand by %v", cell, effects[cell], want)
		}
		var sum float64
		for i, value := range patchesOf(masked) {
			py, px := i/4*8, i%4*8 // 4 x 4 patches of 33 pixels
			touched := py < cell/4*16+16 && py+33 > cell/4*16 && px < cell%4*16+16 && px+33 > cell%4*16
			if !touched && value != intact[i] {
				t.Errorf("cell %d changes patch %d, which it does not touch", cell, i)
			}
			sum += float64(intact[i]) - float64(value)
		}
		if math.Abs(sum/16-effects[cell]) > 1e-4 {
			t.Errorf("cell %d: the logit falls by %v, its patches by %v in the mean", cell, effects[cell], sum/16)
		}
	}
}

// TestBagnetMap holds a BagNet's map of cells against the patches around one
// cell's pixels, each cut out of the image in its frame of zeros and run alone.
func TestBagnetMap(t *testing.T) {
	v := ballView(t, 48)
	ctx := context.Background()
	x := maskingOf(t, 2, "bagnet:bagnet33-imagenette")
	if err := x.cellMaps[0].check(v.net); err != nil {
		t.Fatal(err)
	}
	got, err := x.cellMaps[0].values(ctx, v)
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
			logits, err := v.net.Classify(ctx, framed.Crop(y, x, 33, 33).Pixels())
			if err != nil {
				t.Fatal(err)
			}
			sum += float64(logits[8])
		}
	}
	if math.Abs(sum/64-got[cell]) > 1e-4 {
		t.Errorf("cell %d has %v, its patches %v in the mean", cell, got[cell], sum/64)
	}
}

// TestMapFiles finds maps where it should. One that is the true sensitivity
// correlates perfectly with it, at any resolution, and makes its curve.
func TestMapFiles(t *testing.T) {
	v := ballView(t, 64)
	ctx, dir := context.Background(), t.TempDir()
	x := maskingOf(t, 2, dir, mapOcclusion)
	_, err := x.measure(ctx, v.net, v.subject)
	want := `there is no map of it in "` + dir + `": want ` + filepath.Join("golf ball", "ball.npy") + `, ball.npy, ball.golf_ball.npy`
	if err == nil || strings.ReplaceAll(err.Error(), `\\`, `\`) != want {
		t.Fatalf("error %v, want %s", err, want)
	}
	logits, err := v.net.Classify(ctx, v.Pixels())
	if err != nil {
		t.Fatal(err)
	}
	effects, err := experiment.NewMasking(v.net, v.cells, v.Image, 8, logits).Occlusion(ctx)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, rows int, value func(i, cell int) float32) {
		t.Helper()
		values := make([]float32, rows*rows)
		for i := range values {
			values[i] = value(i, i/rows*4/rows*4+i%rows*4/rows)
		}
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := npy.Write(new(output.Replacing), filepath.Join(dir, name), values, rows, rows); err != nil {
			t.Fatal(err)
		}
	}
	// The later ones come before the earlier ones, whose maps are wrong.
	for i, c := range []struct {
		name string
		rows int
	}{{"ball.golf_ball.npy", 4}, {"ball.npy", 64}, {"golf ball/ball.npy", 8}} {
		write(c.name, c.rows, func(_, cell int) float32 { return float32(3*effects[cell] - 1) })
		r, err := x.measure(ctx, v.net, v.subject)
		if err != nil {
			t.Fatal(err)
		}
		file, occlusion := r.Maps[0], r.Maps[1]
		if math.Abs(float64(file.Correlation)-1) > 1e-6 || occlusion.Correlation != 1 || !slices.Equal(file.Curve, occlusion.Curve) || file.Area != occlusion.Area {
			t.Errorf("map %d of the true sensitivity: %+v, want %+v", i, file, occlusion)
		}
		write(c.name, c.rows, func(i, _ int) float32 { return float32(i % 7) })
		if r, err = x.measure(ctx, v.net, v.subject); err != nil || r.Maps[0].Correlation > 0.9 {
			t.Errorf("map %d of something else: %+v, %v", i, r.Maps[0], err)
		}
	}
	for rows, want := range map[int]string{5: "a map of 5 rows and 5 columns does not suit", 128: "a map of 128 rows"} {
		write("golf ball/ball.npy", rows, func(int, int) float32 { return 1 })
		if _, err := x.measure(ctx, v.net, v.subject); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%d rows: error %v, want one about %q", rows, err, want)
		}
	}
	write("golf ball/ball.npy", 64, func(int, int) float32 { return float32(math.NaN()) })
	if _, err := x.measure(ctx, v.net, v.subject); err == nil || !strings.Contains(err.Error(), "not finite") {
		t.Errorf("a map of NaN: %v", err)
	}
}

// TestRandomMap depends on the image's chance alone.
func TestRandomMap(t *testing.T) {
	values := func(seed uint64) []float64 {
		v := view{cells: experiment.Cells{Rows: 4, Cols: 5, Side: 8}}
		v.rng = rand.New(rand.NewPCG(seed, 1))
		values, err := randomMap{}.values(context.Background(), v)
		if err != nil || len(values) != 20 {
			t.Fatal(values, err)
		}
		return values
	}
	if !slices.Equal(values(1), values(1)) || slices.Equal(values(1), values(2)) {
		t.Error("a random map is not what its seed says")
	}
}

// TestFollow follows the predicted class or the true one.
func TestFollow(t *testing.T) {
	v := ballView(t, 64)
	v.subject.class = 0
	x := maskingOf(t, 2, mapRandom)
	for follow, want := range map[string]int{followPredicted: 8, followTrue: 0} {
		x.follow.value = follow
		v.rng = rand.New(rand.NewPCG(3, 3))
		r, err := x.measure(context.Background(), v.net, v.subject)
		if err != nil || r.Class != want || r.Cells != 16 {
			t.Errorf("%s: %+v, %v", follow, r, err)
		}
		point := r.Maps[0].Curve[0]
		if point.Masked != 0 || point.Response != r.Response || r.Maps[0].Curve[2].Masked != 8 {
			t.Errorf("%s: curve %+v from %+v", follow, r.Maps[0].Curve, r.Response)
		}
	}
}
