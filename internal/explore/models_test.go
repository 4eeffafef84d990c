package explore_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"testing"

	"gorgonia.org/tensor"

	"bagnet"
	"bagnet/internal/explore"
	"bagnet/internal/loader"
	"bagnet/internal/testkit"
	"bagnet/models"
)

// embedded returns the model of patches of 33 pixels that is part of the program.
func embedded(t testing.TB) *bagnet.Model {
	t.Helper()
	data, _ := models.Embedded("bagnet33-imagenette")
	return read(t, data)
}

func read(t testing.TB, data []byte) *bagnet.Model {
	t.Helper()
	m, err := bagnet.Read(bytes.NewReader(data), int64(len(data)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// withOutputs returns the embedded model with n outputs whose weights are random, as large
// as its own.
func withOutputs(t testing.TB, n int) *bagnet.Model {
	t.Helper()
	data, _ := models.Embedded("bagnet33-imagenette")
	c, err := loader.Read("test", bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	random := rand.New(rand.NewPCG(1, 2))
	var tensors []loader.Named
	for _, name := range c.Names() {
		x := c.Tensor(name)
		if name == "fc.weight" || name == "fc.bias" {
			own := x.Float32s()
			shape := x.Shape().Clone()
			row := len(own) / shape[0]
			shape[0] = n
			values := make([]float32, n*row)
			for i := range values {
				values[i] = own[random.IntN(len(own))]
			}
			x = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))
		}
		tensors = append(tensors, loader.Named{Name: name, Tensor: x, DType: "F32"})
	}
	metadata := map[string]string{}
	for key, v := range c.Metadata {
		if key != "classes" {
			metadata[key] = v
		}
	}
	var out bytes.Buffer
	if err := loader.WriteSafetensors(&out, tensors, metadata); err != nil {
		t.Fatal(err)
	}
	return read(t, out.Bytes())
}

// atSize returns the model with pictures that are side x side pixels.
func atSize(t testing.TB, m *bagnet.Model, side int) *bagnet.Model {
	t.Helper()
	p := m.Preprocessing()
	p.Resize, p.Crop = bagnet.Resize{Width: side, Height: side}, 0
	other, err := m.WithPreprocessing(p)
	if err != nil {
		t.Fatal(err)
	}
	return other
}

// golfBall is the picture of tests, as m sees it.
func golfBall(t testing.TB, m *bagnet.Model) *bagnet.Image {
	t.Helper()
	picture, err := bagnet.Decode(bytes.NewReader(testkit.GolfBall(t)), nil)
	if err != nil {
		t.Fatal(err)
	}
	img, err := m.Prepare(picture)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// patchesOf returns all classes' values, or those that Choose takes.
func patchesOf(t testing.TB, m *bagnet.Model, img *bagnet.Image, stride int) *bagnet.Patches {
	t.Helper()
	patches, err := m.Patches(context.Background(), img, &bagnet.PatchOptions{Stride: stride, Choose: func(a bagnet.Answer) []bagnet.Class {
		classes, err := explore.Choose(a, img.Size(), stride, false)
		if err != nil {
			t.Error(err)
		}
		return classes
	}})
	if err != nil {
		t.Fatal(err)
	}
	return patches
}

// pageOf returns a page of one picture.
func pageOf(t testing.TB, m *bagnet.Model, name string, img *bagnet.Image, patches *bagnet.Patches) *explore.Page {
	t.Helper()
	p := &explore.Page{Model: m.Name(), Software: "bagnet test", Outputs: m.Info().Outputs, Total: len(m.Classes())}
	if err := p.Add(name, img.Picture(), patches); err != nil {
		t.Fatal(err)
	}
	return p
}

// written returns a page's HTML.
func written(t testing.TB, p *explore.Page) []byte {
	t.Helper()
	html, err := p.HTML()
	if err != nil {
		t.Fatal(err)
	}
	return html
}

// ball returns the golf ball's page, its patches and its picture.
func ball(t testing.TB) ([]byte, *bagnet.Patches, *bagnet.Image) {
	t.Helper()
	m := embedded(t)
	img := golfBall(t, m)
	patches := patchesOf(t, m, img, 8)
	return written(t, pageOf(t, m, "golf-ball.png", img, patches)), patches, img
}
