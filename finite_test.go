package bagnet_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"testing"

	"gorgonia.org/tensor"

	"bagnet"
)

// withWeights is a golden BagNet that multiplies every feature by value for class 1.
func withWeights(t *testing.T, value float32) *bagnet.Model {
	t.Helper()
	file, err := os.ReadFile("internal/model/testdata/v1-q17.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	start := 8 + binary.LittleEndian.Uint64(file)
	var header map[string]json.RawMessage
	var weights struct { // [classes, features] float32
		Shape [2]int `json:"shape"`
		At    [2]int `json:"data_offsets"`
	}
	if err := json.Unmarshal(file[8:start], &header); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(header["fc.weight"], &weights); err != nil {
		t.Fatal(err)
	}
	row := file[start:][weights.At[0]+4*weights.Shape[1]:]
	for i := range weights.Shape[1] {
		binary.LittleEndian.PutUint32(row[4*i:], math.Float32bits(value))
	}
	m, err := bagnet.Read(bytes.NewReader(file), int64(len(file)), &bagnet.Options{Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestLogitsThatAreNotFinite has weights that are finite, but too large for the features,
// none of which is negative: no part of an answer comes back, of an image, of its patches
// or of a feature map.
func TestLogitsThatAreNotFinite(t *testing.T) {
	values := make([]float32, 40*40*3)
	for i := range values {
		values[i] = float32(i%7) - 3
	}
	img, err := bagnet.FromTensor(tensor.New(tensor.WithShape(40, 40, 3), tensor.WithBacking(values)))
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []float32{1, math.MaxFloat32, -math.MaxFloat32} {
		m, finite := withWeights(t, value), value == 1
		check := func(what string, err error, nothing bool) {
			t.Helper()
			if finite != (err == nil) || !finite && (!errors.Is(err, bagnet.ErrNotFinite) || !nothing) {
				t.Errorf("weights of %v, %s: error %v, nothing %v", value, what, err, nothing)
			}
		}
		a, err := m.Classify(t.Context(), img)
		check("Classify", err, a.Logits == nil && a.Outputs == nil)
		features, err := m.Features(t.Context(), img)
		if err != nil {
			t.Fatal(err)
		}
		a, err = m.Head(t.Context(), features)
		check("Head", err, a.Logits == nil && a.Outputs == nil)
		p, err := m.Patches(t.Context(), img, &bagnet.PatchOptions{Classes: m.Classes()[2:3]})
		check("Patches", err, p == nil)
		maps, err := m.Heatmaps(t.Context(), img)
		check("Heatmaps", err, maps == nil)
	}
}
