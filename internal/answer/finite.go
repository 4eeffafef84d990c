package answer

import (
	"slices"
)

// Finite reports whether no value is NaN or infinite.
func Finite(values []float32) bool {
	return !slices.ContainsFunc(values, func(v float32) bool { return v-v != 0 })
}
