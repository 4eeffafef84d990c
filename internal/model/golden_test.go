package model_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bagnet/internal/engine"
	"bagnet/internal/images"
	"bagnet/internal/loader"
	"bagnet/internal/model"
)

// golden is what PyTorch computed in float64: see scripts/make_goldens.py.
type golden struct {
	Image       string    `json:"image"`
	Rows        int       `json:"rows"`
	Cols        int       `json:"cols"`
	Classes     int       `json:"classes"`
	Strides     []int     `json:"strides"`
	Logits      []float64 `json:"logits"`
	PatchLogits []float64 `json:"patch_logits"` // [rows][cols][classes]
}

func TestEqualsPyTorch(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.json")
	if len(files) < 8 {
		t.Fatalf("%d goldens found", len(files))
	}
	for _, file := range files {
		for _, k := range engine.Kernels() {
			t.Run(strings.TrimSuffix(filepath.Base(file), ".json")+"/"+k.Name(), func(t *testing.T) { checkGolden(t, file, k.Name()) })
		}
	}
}

func checkGolden(t *testing.T, file, kernel string) {
	var want golden
	data, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(data, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	weights, err := loader.Open(strings.TrimSuffix(file, ".json") + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	o := model.Options{Kernel: kernel}
	copy(o.Strides[:], want.Strides)
	m, err := model.New(weights, o)
	if err != nil {
		t.Fatal(err)
	}
	data, err = os.ReadFile(filepath.Join("testdata", want.Image))
	if err != nil {
		t.Fatal(err)
	}
	picture, err := images.Decode(data, images.DecodeOptions{})
	if err != nil {
		t.Fatal(err)
	}
	img := images.ImageNet().Normalize(picture).Tensor()

	logits, err := m.Logits(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	compare(t, "logits", logits, want.Logits)
	patches, err := m.PatchLogits(t.Context(), img)
	if err != nil {
		t.Fatal(err)
	}
	if s := patches.Shape(); s[0] != want.Rows || s[1] != want.Cols || s[2] != want.Classes {
		t.Fatalf("patch logits have shape %v, want %dx%dx%d", s, want.Rows, want.Cols, want.Classes)
	}
	compare(t, "patch logits", patches.Float32s(), want.PatchLogits)
}

// compare fails where got is off by more than 2e-5 of the range of want.
func compare(t *testing.T, what string, got []float32, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d %s, want %d", len(got), what, len(want))
	}
	span := 0.0
	for _, v := range want {
		span = max(span, math.Abs(v))
	}
	for i, v := range want {
		if d := math.Abs(float64(got[i])-v) / span; !(d <= 2e-5) {
			t.Fatalf("%s[%d] = %v, want %v: off by %.2g of the range", what, i, got[i], v, d)
		}
	}
}
