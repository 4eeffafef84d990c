package network

import (
	"fmt"
	"math"
	"strings"

	"gorgonia.org/tensor"

	"bagnet/internal/loader"
	"bagnet/internal/metadata"
)

// Limits of what a half-precision file holds.
const (
	// deadLayer is the largest weight below which a layer counts as dead: v1
	// checkpoints have layers near 1e-7, which half precision ruins.
	deadLayer = 1e-4
	// maxFloat16 is the largest finite number of IEEE 754 binary16.
	maxFloat16 = 65504
)

// RangeError is about a weight that a half-precision file cannot hold.
type RangeError struct {
	Tensor  string
	Largest float64
}

func (e *RangeError) Error() string {
	return fmt.Sprintf("tensor %q has a weight of %g, more than float16 can hold", e.Tensor, e.Largest)
}

// ExportedMetadata is what a file with the network's tensors says beside them. It says which
// of several networks it was if that one was chosen, or could have been.
func (n *Network) ExportedMetadata(chosen bool) metadata.Metadata {
	a, m := n.Architecture(), n.Metadata
	m.Family, m.PatchSize = a.Family, a.Patch
	copy(m.Strides[:], a.Strides)
	if m.Classes = nil; n.Named {
		m.Classes = n.Classes
	}
	if chosen || len(n.Found.Averaged) > 0 {
		m.Weights = n.Found.Label
	}
	return m
}

// Export returns the network's tensors with the types to store them in: matrices and
// convolutions as dtype, "f32", "f16" or "bf16", vectors as float32. small is told of
// convolutions whose weights, at most largest, are too small for half precision. It is
// called before Close.
func (n *Network) Export(dtype string, small func(tensor string, largest float64)) ([]loader.Named, error) {
	checkpoint := n.Source()
	var tensors []loader.Named
	for _, name := range checkpoint.Names() {
		t := matrix(name, checkpoint.Tensor(name))
		stored := "F32"
		if t.Dims() > 1 {
			stored = strings.ToUpper(dtype)
		}
		if stored != "F32" {
			largest := largestMagnitude(t)
			if stored == "F16" && largest > maxFloat16 {
				return nil, &RangeError{name, largest}
			}
			if t.Dims() == 4 && largest < deadLayer {
				small(name, largest)
			}
		}
		tensors = append(tensors, loader.Named{Name: name, Tensor: t, DType: stored})
	}
	return tensors, nil
}

// matrix is a linear layer's tensor as such where it is stored as a 1x1
// convolution.
func matrix(name string, t *tensor.Dense) *tensor.Dense {
	layer, _, _ := strings.Cut(name, ".")
	if shape := t.Shape(); (layer == "fc" || layer == "classifier") && len(shape) == 4 && shape[2] == 1 && shape[3] == 1 {
		return tensor.New(tensor.WithShape(shape[0], shape[1]), tensor.WithBacking(t.Float32s()))
	}
	return t
}

// largestMagnitude returns the largest |value|, 0 if there are none.
func largestMagnitude(t *tensor.Dense) float64 {
	var largest float64
	for _, v := range t.Float32s() {
		largest = max(largest, math.Abs(float64(v)))
	}
	return largest
}
