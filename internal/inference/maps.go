package inference

import (
	"gorgonia.org/tensor"

	"bagnet/internal/grid"
)

// MapOptions say which maps to compute of a network whose logits are means over positions.
type MapOptions struct {
	Classes []int // indices, in the order of the result
	// Choose names the classes when the image's logits are known, if Classes is empty.
	// It and Progress are called during the pass: they may call Release, but must not
	// wait for another pass of the model, which may itself be waiting for this one.
	Choose   func(logits []float32) []int
	Features bool                  // map the positions' features instead of evidence for classes
	Stride   int                   // pixels between neighbouring positions: one of the network's Strides
	Progress func(done, total int) // called as parts of a large image are done; may be nil
}

// Maps are the logits of some classes at the positions of an image, or the positions'
// features. Value (i, j) belongs to the patch centred on pixel
// (Origin+i*Stride, Origin+j*Stride).
type Maps struct {
	Logits    []float32     // [classes of the network] of the image: what Classify returns
	Classes   []int         // of Values; nil for features
	Values    *tensor.Dense // [rows, cols, len(Classes) or channels] float32
	grid.Grid               // where the patches lie
}

// Choose sets the classes of m, whose logits are known: those of o, which are no features.
func (m *Maps) Choose(o *MapOptions) {
	if m.Classes = o.Classes; len(o.Classes) == 0 && o.Choose != nil {
		m.Classes = o.Choose(m.Logits)
	}
}

// NativeMean returns the mean of a class's values over the native grid, in
// float64. It equals the image's logit up to rounding.
func (m *Maps) NativeMean(class int) float64 {
	s := m.Values.Shape()
	all, sum := m.Values.Float32s(), 0.0
	for i := range m.NativeRows {
		for j := range m.NativeCols {
			sum += float64(all[((m.First+i*m.Step)*s[1]+m.First+j*m.Step)*s[2]+class])
		}
	}
	return sum / float64(m.NativeRows*m.NativeCols)
}
