package cli

import (
	"bytes"
	"path/filepath"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/loader"
)

// keepOutputs is a checkpoint, of those with PyTorch's answers beside them, with some
// of its outputs only and no class names.
func keepOutputs(t testing.TB, pkg, golden string, outputs ...int) []byte {
	t.Helper()
	c, err := loader.Open(filepath.Join("..", pkg, "testdata", golden+".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var tensors []loader.Named
	for _, name := range c.Names() {
		x := c.Tensor(name)
		if name == "fc.weight" || name == "fc.bias" {
			row := x.Shape().TotalSize() / x.Shape()[0]
			shape := x.Shape().Clone()
			shape[0] = len(outputs)
			var kept []float32
			for _, output := range outputs {
				kept = append(kept, x.Float32s()[output*row:][:row]...)
			}
			x = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(kept))
		}
		tensors = append(tensors, loader.Named{Name: name, Tensor: x, DType: "F32"})
	}
	if c.Metadata == nil {
		c.Metadata = map[string]string{}
	}
	delete(c.Metadata, "classes")
	var out bytes.Buffer
	if err := loader.WriteSafetensors(&out, tensors, c.Metadata); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
