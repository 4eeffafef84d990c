package evaluation

import (
	"slices"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
)

// About is what a report says of a run beside its images. The parts of its shards have it.
type About struct {
	Model   string        `json:"model"`
	Classes []class.Class `json:"classes"` // of the network
	Outputs int           `json:"outputs"`
	Among   []int         `json:"among,omitempty"` // the classes that answers are taken from; nil for all
	dataset.Sampling
}

// Valid reports whether a can be about a run.
func (a *About) Valid() bool {
	valid := len(a.Classes) >= 2 && a.Outputs >= 1 && slices.IsSorted(a.Among) && len(slices.Compact(slices.Clone(a.Among))) == len(a.Among)
	for i, c := range a.Classes {
		valid = valid && c.Index == i
	}
	for _, c := range a.Among {
		valid = valid && c >= 0 && c < len(a.Classes)
	}
	return valid && len(a.Among) != 1
}

// Counts are what there is to say of a shard's images beside their records.
type Counts struct {
	dataset.Counts
	Measured int     `json:"measured"` // images that went through the network, in Seconds
	Seconds  float64 `json:"seconds"`
}
