package weights

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Shapes are the tensors that a network has, in PyTorch's layout.
type Shapes map[string][]int

// Norm adds the four vectors of a BatchNorm of n channels.
func (s Shapes) Norm(name string, n int) {
	for _, part := range []string{"weight", "bias", "running_mean", "running_var"} {
		s[name+"."+part] = []int{n}
	}
}

// A MissingError is a tensor that a network calls for and a Set lacks.
type MissingError struct{ Name string }

func (e *MissingError) Error() string { return fmt.Sprintf("tensor %s is missing", e.Name) }

// Check compares every tensor with what a network calls for: an error if one is
// missing, has another shape or no place in what is called kind. It returns the
// number of parameters, running statistics not counted.
func (s *Set) Check(want Shapes, kind string) (parameters int64, _ error) {
	order := slices.Sorted(maps.Keys(want))
	for _, name := range order {
		if !s.Has(name) {
			return 0, &MissingError{name}
		}
	}
	for _, name := range order {
		shape := s.Shape(name)
		if !fits(shape, want[name]) || slices.Contains(shape, 0) {
			return 0, fmt.Errorf("tensor %q has shape %v, expected %v", s.names[name], shape, want[name])
		}
		if !strings.Contains(name, ".running_") {
			n := int64(1)
			for _, d := range shape {
				n *= int64(d)
			}
			parameters += n
		}
	}
	var extra []string
	for name, original := range s.names {
		if want[name] == nil {
			extra = append(extra, original)
		}
	}
	if len(extra) > 0 {
		return 0, fmt.Errorf("tensor %q (one of %d) has no place in %s: leaving it out could change the result", slices.Min(extra), len(extra), kind)
	}
	return parameters, nil
}

// fits reports whether a tensor has the shape that is wanted. A linear layer may
// be stored as a 1x1 convolution.
func fits(shape, want []int) bool {
	return slices.Equal(shape, want) || len(want) == 2 && slices.Equal(shape, append(slices.Clone(want), 1, 1))
}
