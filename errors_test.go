package bagnet_test

import (
	"bytes"
	"errors"
	"image"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet"
)

// wantError checks that an error is there, says something and is of a kind, if any.
func wantError(t *testing.T, err error, say string, kind error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), say) || kind != nil && !errors.Is(err, kind) {
		t.Errorf("error %v, want one that says %q of kind %v", err, say, kind)
	}
}

func TestFilesThatAreNoModels(t *testing.T) {
	dir := t.TempDir()
	_, err := bagnet.Open(filepath.Join(dir, "none.pth"), nil)
	wantError(t, err, "none.pth", fs.ErrNotExist)
	_, err = bagnet.Open(dir, nil)
	wantError(t, err, "directory", nil)
	garbage := []byte(strings.Repeat("no weights ", 99))
	_, err = bagnet.Read(bytes.NewReader(garbage), int64(len(garbage)), nil)
	wantError(t, err, `"model"`, nil)
	_, err = bagnet.Read(bytes.NewReader(nil), 0, &bagnet.Options{Name: "mine"})
	wantError(t, err, `"mine"`, nil)
	whole := must(os.ReadFile("internal/model/testdata/v1-q9.safetensors"))(t)
	for _, size := range []int{4, 100, len(whole) / 2, len(whole) - 1} {
		_, err = bagnet.Read(bytes.NewReader(whole[:size]), int64(size), nil)
		wantError(t, err, `"model"`, nil)
	}
	_, err = bagnet.Read(bytes.NewReader(whole[:500]), int64(len(whole)), nil) // shorter than it says
	wantError(t, err, `"model"`, nil)
	_, err = bagnet.Open("internal/model/testdata/v1-q9.safetensors", &bagnet.Options{Kernel: "abacus"})
	wantError(t, err, "abacus", nil)
	_, err = bagnet.Open("internal/model/testdata/v1-q9.safetensors", &bagnet.Options{Weights: "ema"})
	wantError(t, err, "ema", nil)
}

func TestKernels(t *testing.T) {
	names := bagnet.Kernels()
	best, err := bagnet.DefaultKernel()
	if chosen := os.Getenv("BAGNET_KERNEL"); err != nil || chosen == "" && best != names[0] || chosen != "" && best != chosen || names[len(names)-1] != "generic" {
		t.Errorf("kernels %q, of which %q (%v)", names, best, err)
	}
	for _, name := range names {
		m := must(bagnet.Open("internal/model/testdata/v1-q9.safetensors", &bagnet.Options{Kernel: name, Threads: 3}))(t)
		if i := m.Info(); i.Kernel != name || i.Threads != 3 {
			t.Errorf("asked for %s on three threads, got %s on %d", name, i.Kernel, i.Threads)
		}
	}
	t.Setenv("BAGNET_KERNEL", "abacus")
	_, err = bagnet.DefaultKernel()
	wantError(t, err, "abacus", nil)
}

func TestDecodeErrors(t *testing.T) {
	ball := must(os.ReadFile("docs/golf-ball.png"))(t)
	decode := func(data []byte, o *bagnet.DecodeOptions) error {
		picture, err := bagnet.Decode(bytes.NewReader(data), o)
		if err != nil && picture != nil {
			t.Error("a picture beside an error")
		}
		return err
	}
	for _, n := range []int{10, 100, len(ball) / 2, len(ball) - 20} {
		err := decode(ball[:n], nil)
		wantError(t, err, "PNG", nil)
		if errors.Is(err, image.ErrFormat) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	err := decode(nil, nil)
	if wantError(t, err, "empty", nil); errors.Is(err, image.ErrFormat) {
		t.Errorf("nothing is of another format: %v", err)
	}
	wantError(t, decode([]byte("<html><body>"), nil), "", image.ErrFormat)
	err = decode(ball, &bagnet.DecodeOptions{MaxPixels: 100})
	wantError(t, err, "limit of 100", bagnet.ErrTooLarge)
	if errors.Is(err, image.ErrFormat) {
		t.Errorf("a large picture is of another format: %v", err)
	}
	_, err = bagnet.Decode(io.MultiReader(bytes.NewReader(ball[:50]), broken{}), nil)
	wantError(t, err, "broken", errBroken)
}

var errBroken = errors.New("broken")

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errBroken }

func TestPreparingErrors(t *testing.T) {
	_, m, _ := bagNet(t, "v1-q17")
	for _, picture := range []image.Image{nil, image.NewRGBA(image.Rectangle{}), image.NewGray(image.Rect(4, 4, 9, 4))} {
		_, err := m.Prepare(picture)
		wantError(t, err, "without pixels", nil)
	}
	_, err := m.Prepare(image.NewGray(image.Rect(0, 0, 16, 40)))
	wantError(t, err, "smaller than a patch", nil)
	enormous := plain
	enormous.Resize.Short = 10000
	_, err = must(m.WithPreprocessing(enormous))(t).Prepare(image.NewGray(image.Rect(0, 0, 2, 400)))
	wantError(t, err, "limit", bagnet.ErrTooLarge)
	for _, change := range []func(p *bagnet.Preprocessing){
		func(p *bagnet.Preprocessing) { p.Crop = 16 },
		func(p *bagnet.Preprocessing) { p.Crop = -1 },
		func(p *bagnet.Preprocessing) { p.Resize = bagnet.Resize{Width: 40, Height: 16} },
		func(p *bagnet.Preprocessing) { p.Interpolation = "lanczos" },
		func(p *bagnet.Preprocessing) { p.Std[1] = 0 },
		func(p *bagnet.Preprocessing) { p.Mean[2] = math.NaN() },
	} {
		p := plain
		change(&p)
		if other, err := m.WithPreprocessing(p); err == nil || other != nil || !strings.HasPrefix(err.Error(), "preprocessing: ") {
			t.Errorf("%+v: %v", p, err)
		}
	}
	ctx := t.Context()
	for _, none := range []*bagnet.Image{nil, {}} {
		_, err1 := m.Classify(ctx, none)
		_, err2 := m.Features(ctx, none)
		_, err3 := m.Patches(ctx, none, nil)
		_, err4 := m.Heatmaps(ctx, none)
		for _, err := range []error{err1, err2, err3, err4} {
			wantError(t, err, "no image", nil)
		}
	}
}

func TestPatchErrors(t *testing.T) {
	_, m, img := bagNet(t, "v1-q9")
	ctx := t.Context()
	for _, c := range []int{-1, 10, math.MaxInt, math.MinInt} {
		_, err := m.Heatmaps(ctx, img, bagnet.Class{Index: 3}, bagnet.Class{Index: c})
		wantError(t, err, "classes 0 to 9", nil)
		for _, stride := range []int{0, 4} {
			_, err = m.Patches(ctx, img, &bagnet.PatchOptions{Stride: stride, Choose: func(bagnet.Answer) []bagnet.Class { return []bagnet.Class{{Index: c}} }})
			wantError(t, err, "classes 0 to 9", nil)
		}
	}
	for _, stride := range []int{0, 4} {
		_, err := m.Patches(ctx, img, &bagnet.PatchOptions{Stride: stride, Choose: func(bagnet.Answer) []bagnet.Class { return nil }})
		wantError(t, err, "Choose names no class", nil)
	}
	for _, stride := range []int{-8, -1, 3, 16, math.MaxInt, math.MinInt} {
		_, err := m.Patches(ctx, img, &bagnet.PatchOptions{Stride: stride})
		wantError(t, err, "[8 4 2 1]", nil)
	}
	_, err := m.NativeGrid(8, 100)
	wantError(t, err, "smaller than a patch", nil)
	_, err = m.Head(ctx, tensor.New(tensor.WithShape(2, 2, 5), tensor.Of(tensor.Float32)))
	wantError(t, err, "[2 2 5]", nil)
	_, err = m.Head(ctx, tensor.New(tensor.WithShape(2, 128), tensor.Of(tensor.Float32)))
	wantError(t, err, "[2 128]", nil)

	// 4.2 GiB of patches are refused before any is computed; so are those that Choose asks for.
	large := must(bagnet.FromTensor(tensor.New(tensor.WithShape(1030, 1030, 3), tensor.Of(tensor.Float32))))(t)
	many := make([]bagnet.Class, 1024)
	_, err = m.Patches(ctx, large, &bagnet.PatchOptions{Classes: many, Stride: 1})
	wantError(t, err, "1024 channels for every 1 pixels of 1030 x 1030", bagnet.ErrTooLarge)
	_, err = m.Patches(ctx, large, &bagnet.PatchOptions{Choose: func(bagnet.Answer) []bagnet.Class { return many }, Stride: 1})
	wantError(t, err, "1024 channels", bagnet.ErrTooLarge)
}

// A classifier of enormous weights makes no image finite. An infinite one is no model.
func TestNotFinite(t *testing.T) {
	_, good, img := bagNet(t, "v1-q9")
	weigh := func(value float64, tensor string) []byte {
		return edited(t, "v1-q9", func(header map[string]*entry, data []byte) []byte {
			copy(data[header[tensor].Offsets[0]:header[tensor].Offsets[1]], littleEndian(slices.Repeat([]float32{float32(value)}, 200)))
			return data
		})
	}
	file := weigh(math.Inf(1), "fc.bias")
	_, err := bagnet.Read(bytes.NewReader(file), int64(len(file)), nil)
	wantError(t, err, "fc.bias", nil)
	bad, ctx := read(t, weigh(math.MaxFloat32, "fc.weight"), nil), t.Context()
	_, err1 := bad.Classify(ctx, img)
	_, err2 := bad.Heatmaps(ctx, img)
	_, err3 := bad.Heatmaps(ctx, img, bagnet.Class{})
	_, err4 := bad.Patches(ctx, img, &bagnet.PatchOptions{Choose: func(bagnet.Answer) []bagnet.Class { panic("an answer that is not finite") }})
	_, err5 := bad.Head(ctx, must(good.Features(ctx, img))(t))
	values := img.Tensor()
	values.Float32s()[99] = float32(math.NaN())
	unknown := must(bagnet.FromTensor(values))(t)
	_, err6 := good.Classify(ctx, unknown)
	_, err7 := good.Features(ctx, unknown)
	_, err8 := good.Patches(ctx, unknown, &bagnet.PatchOptions{Features: true})
	for i, err := range []error{err1, err2, err3, err4, err5, err6, err7, err8} {
		if !errors.Is(err, bagnet.ErrNotFinite) {
			t.Errorf("case %d: %v", i+1, err)
		}
	}
}
