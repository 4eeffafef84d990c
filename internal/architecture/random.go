package architecture

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"gorgonia.org/tensor"

	"bagnet/internal/weights"
)

// A Random is a network's tensors with random values.
type Random struct {
	names   []string
	tensors map[string]*tensor.Dense
}

// NewRandom makes tensors whose network's values stay of one size from layer to layer (K. He,
// X. Zhang, S. Ren and J. Sun, Delving deep into rectifiers, 2015): uniform ones of variance
// 2 over the number of inputs. BatchNorms change nothing. The same shapes give the same values.
func NewRandom(shapes weights.Shapes) *Random {
	r := &Random{names: slices.Sorted(maps.Keys(shapes)), tensors: make(map[string]*tensor.Dense, len(shapes))}
	rng := rand.New(rand.NewPCG(1, 1))
	for _, name := range r.names {
		shape := shapes[name]
		values := make([]float32, tensor.Shape(shape).TotalSize())
		switch {
		case len(shape) > 1:
			limit := float32(math.Sqrt(6 * float64(shape[0]) / float64(len(values))))
			for i := range values {
				values[i] = limit * (2*rng.Float32() - 1)
			}
		case isNorm(shapes, name) || strings.HasSuffix(name, ".running_var"):
			for i := range values {
				values[i] = 1
			}
		}
		r.tensors[name] = tensor.New(tensor.WithShape(shape...), tensor.WithBacking(values))
	}
	return r
}

// Names returns the tensors' names, sorted.
func (r *Random) Names() []string { return r.names }

// Tensor returns the one of that name, nil if there is none.
func (r *Random) Tensor(name string) *tensor.Dense { return r.tensors[name] }

// DType says how tensors are stored.
func (r *Random) DType(string) string { return "F32" }
