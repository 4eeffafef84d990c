package cli

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/tensor"

	"bagnet/internal/loader"
	"bagnet/internal/terminal"
)

// withClasses returns the checkpoint of a test network with a classifier of
// zeros for that many classes instead of its own.
func withClasses(t *testing.T, network string, classes int) []byte {
	t.Helper()
	c, err := loader.Open(filepath.FromSlash(network + ".safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var tensors []loader.Named
	for _, name := range c.Names() {
		values := c.Tensor(name)
		if shape := slices.Clone(values.Shape()); strings.HasPrefix(name, "fc.") {
			shape[0] = classes
			values = tensor.New(tensor.WithShape(shape...), tensor.Of(tensor.Float32))
		}
		tensors = append(tensors, loader.Named{Name: name, Tensor: values, DType: "F32"})
	}
	var file bytes.Buffer
	if err := loader.WriteSafetensors(&file, tensors, nil); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

// TestConfusionCells asks for the first matrix of more than 2^29 cells, before
// the image is looked for.
func TestConfusionCells(t *testing.T) {
	dir := t.TempDir()
	model := filepath.Join(dir, "m.safetensors")
	if err := os.WriteFile(model, withClasses(t, "../model/testdata/v1-q17", 23171), 0o666); err != nil {
		t.Fatal(err)
	}
	matrix := filepath.Join(dir, "confusion.csv")
	code, _, stderr := runMain(t, nil, "evaluate", "-m", model, "--confusion", matrix, filepath.Join(dir, "1", "none.png"))
	if want := "the matrix of 23171 classes has 536895241 cells, more than 536870912"; code != exitUsage || !strings.Contains(stderr, want) {
		t.Errorf("exit status %d, stderr %q; want %q", code, stderr, want)
	}
}

// TestMillionImages lists a million images and one, none of which there is: too
// many to be counted beforehand, and too many for an experiment.
func TestMillionImages(t *testing.T) {
	list := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(list, []byte(strings.Repeat("/\x7f\n", 1_000_001)), 0o666); err != nil {
		t.Fatal(err)
	}
	s := &terminal.Streams{In: strings.NewReader(""), Out: io.Discard, Err: io.Discard, Quiet: true}
	in, err := (&inputFlags{filesFrom: list}).resolve(context.Background(), s, nil)
	if err != nil {
		t.Fatal(err)
	}
	if in.Total != -1 {
		t.Errorf("%d images are known beforehand, want a limit", in.Total)
	}
	code, _, stderr := runMain(t, nil, "experiment", "shuffle", "--files-from", list)
	if want := "more than 1000000 images"; code != exitUsage || !strings.Contains(stderr, want) {
		t.Errorf("exit status %d, stderr %.200q; want %q", code, stderr, want)
	}
}
