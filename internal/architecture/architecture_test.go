package architecture

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"bagnet/internal/weights"
	"bagnet/models"
)

// TestPublished holds names and shapes against torchvision's and those of the BagNets in
// scripts/reference.py, by scripts/make_architectures.py.
func TestPublished(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("testdata", "published.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden map[string]struct {
		Tensors    int
		SHA256     string
		Parameters int64
	}
	if err := json.Unmarshal(data, &golden); err != nil || len(golden) != len(published) {
		t.Fatal(err, len(golden))
	}
	for _, name := range Names() {
		shapes, known := Of(name)
		var lines []string
		parameters := int64(0)
		for tensor, shape := range shapes {
			lines = append(lines, fmt.Sprintf("%s %s\n", tensor, strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ","), "[]")))
			n := int64(1)
			for _, d := range shape {
				n *= int64(d)
			}
			if !strings.Contains(tensor, ".running_") {
				parameters += n
			}
		}
		slices.Sort(lines)
		digest := sha256.Sum256([]byte(strings.Join(lines, "")))
		if want := golden[name]; !known || len(lines) != want.Tensors || parameters != want.Parameters || hex.EncodeToString(digest[:]) != want.SHA256 {
			t.Errorf("%s: %d tensors of %d parameters, want %d of %d", name, len(lines), parameters, want.Tensors, want.Parameters)
		}
	}
	for _, m := range models.Registry() {
		if _, known := Of(m.Name); known != (m.Classes == 1000) {
			t.Errorf("%s is known: %v", m.Name, known)
		}
	}
}

// TestRandom has the variance that keeps values of one size, and BatchNorms that do nothing.
func TestRandom(t *testing.T) {
	shapes := weights.Shapes{"conv.weight": {60, 30, 3, 3}, "fc.weight": {40, 900}, "fc.bias": {40}}
	shapes.Norm("bn", 60)
	r := NewRandom(shapes)
	for name, want := range map[string][2]float64{ // mean and variance
		"conv.weight": {0, 2.0 / 270}, "fc.weight": {0, 2.0 / 900}, "fc.bias": {0, 0}, "bn.weight": {1, 0}, "bn.bias": {0, 0}, "bn.running_mean": {0, 0}, "bn.running_var": {1, 0},
	} {
		values := r.Tensor(name).Float32s()
		mean, square := 0.0, 0.0
		for _, v := range values {
			mean += float64(v) / float64(len(values))
		}
		for _, v := range values {
			square += (float64(v) - mean) * (float64(v) - mean) / float64(len(values))
		}
		if math.Abs(mean-want[0]) > 0.05*math.Sqrt(want[1])+1e-12 || math.Abs(square-want[1]) > 0.05*want[1]+1e-12 {
			t.Errorf("%s: mean %v, variance %v; want %v", name, mean, square, want)
		}
	}
	if len(r.Names()) != len(shapes) || r.Tensor("other") != nil || r.DType("fc.weight") != "F32" {
		t.Errorf("%v", r.Names())
	}
	again := NewRandom(shapes)
	if !slices.Equal(r.Tensor("conv.weight").Float32s(), again.Tensor("conv.weight").Float32s()) || slices.Equal(r.Tensor("fc.weight").Float32s()[:40], r.Tensor("conv.weight").Float32s()[:40]) {
		t.Error("the values are not those of one generator")
	}
}
