package cli

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bagnet/internal/loader"
)

// TestConvertStrides tells the program the strides of a bare checkpoint, which
// `models info` calls assumed until then and nothing warns of. The logits are
// those of scripts/make_goldens.py, of PyTorch.
func TestConvertStrides(t *testing.T) {
	dir, from := t.TempDir(), filepath.Join("..", "model", "testdata")
	bare, told := filepath.Join(dir, "bare.safetensors"), filepath.Join(dir, "told.safetensors")
	c, err := loader.Open(filepath.Join(from, "v1-later-1222.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	var tensors []loader.Named
	for _, n := range c.Names() {
		tensors = append(tensors, loader.Named{Name: n, Tensor: c.Tensor(n), DType: c.DType(n)})
	}
	f, err := os.Create(bare)
	if err != nil {
		t.Fatal(err)
	}
	if err := loader.WriteSafetensors(f, tensors, nil); err != nil {
		t.Fatal(err)
	}
	f.Close()
	text, err := os.ReadFile(filepath.Join(from, "v1-later-1222.json"))
	if err != nil {
		t.Fatal(err)
	}
	var golden struct{ Logits []float64 }
	if err := json.Unmarshal(text, &golden); err != nil {
		t.Fatal(err)
	}
	logits := func(path string) (worst float64) {
		out := filepath.Join(dir, "x.npy")
		if code, _, stderr := runMain(t, nil, "classify", "-q", "-m", path, "--resize", "none", "--crop", "none", "--npy", out, filepath.Join(from, "input-41x97.png")); code != 0 {
			t.Fatalf("status %d: %s", code, stderr)
		}
		data, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		data = data[len(data)-4*len(golden.Logits):]
		for i, want := range golden.Logits {
			worst = max(worst, math.Abs(float64(math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:])))-want))
		}
		return worst
	}
	info := func(path, strides string) {
		code, out, stderr := runMain(t, nil, "models", "info", path)
		if code != 0 || strings.Contains(stderr, "stride") || !regexp.MustCompile(`(?m)^strides +`+strides+`$`).MatchString(out) ||
			!regexp.MustCompile(`(?m)^3x3 in blocks +layer1: 1; layer2: 0; layer3: 1$`).MatchString(out) {
			t.Errorf("status %d: %s%s", code, out, stderr)
		}
	}
	info(bare, `2, 2, 2, 1 \(assumed\)`)
	if code, _, stderr := runMain(t, nil, "models", "convert", bare, told, "--strides", "1,2,2,2"); code != 0 {
		t.Fatalf("status %d: %s", code, stderr)
	}
	info(told, "1, 2, 2, 2")
	if d := logits(told); d > 1e-5 {
		t.Errorf("with its strides: off by %v from PyTorch's", d)
	}
	if d := logits(bare); d < 1e-3 {
		t.Errorf("with those assumed: off by %v only", d)
	}
}
