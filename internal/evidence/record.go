package evidence

import (
	"fmt"

	"bagnet"
	"bagnet/internal/output"
	"bagnet/internal/results"
)

// A Record is what is kept of an image whose array is written.
type Record struct {
	results.ImageRecord
	Array *Array `json:"array,omitempty"`

	Computed *bagnet.Patches `json:"-"` // to be written; nil if they are
	Place    string          `json:"-"` // where
}

// Mismatch says why a record that is about no failure does not have an array that is still
// there; "" if it does.
func (r *Record) Mismatch() string {
	if r.Array == nil {
		return "it is damaged"
	}
	if !output.Exists(r.Array.Output) {
		return fmt.Sprintf("its array %q is gone", r.Array.Output)
	}
	return ""
}

// Damage says why no run can have made a record; "" if one can.
func (r *Record) Damage() string {
	if r.Error == "" && r.Array == nil {
		return "a record is damaged"
	}
	return ""
}
