package text

import (
	"encoding/json"
	"fmt"
	"math"
)

// Ratio is a number that is NaN, and null in JSON, where nothing was counted.
type Ratio float64

// MarshalJSON returns the number, or null if it is not finite.
func (r Ratio) MarshalJSON() ([]byte, error) {
	if math.IsNaN(float64(r)) || math.IsInf(float64(r), 0) {
		return []byte("null"), nil
	}
	return json.Marshal(float64(r))
}

// UnmarshalJSON takes a number, or null for NaN.
func (r *Ratio) UnmarshalJSON(data []byte) error {
	if string(data) == "null" {
		*r = Ratio(math.NaN())
		return nil
	}
	return json.Unmarshal(data, (*float64)(r))
}

// Percent is the number for people, in six columns and the sign.
func (r Ratio) Percent() string {
	if math.IsNaN(float64(r)) {
		return "      -"
	}
	return fmt.Sprintf("%6.2f%%", 100*r)
}

// Decimals is the number for people, with three of them.
func (r Ratio) Decimals() string {
	if math.IsNaN(float64(r)) {
		return "-"
	}
	return fmt.Sprintf("%.3f", float64(r))
}
