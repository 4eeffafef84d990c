package text

import (
	"encoding/json"
	"math"
	"testing"
)

// TestRatiosComeBack has numbers that JSON cannot have.
func TestRatiosComeBack(t *testing.T) {
	encoded, err := json.Marshal([]Ratio{0.1, Ratio(math.NaN()), Ratio(math.Inf(1)), -1e-300})
	if err != nil || string(encoded) != "[0.1,null,null,-1e-300]" {
		t.Fatalf("%s, %v", encoded, err)
	}
	var back []Ratio
	if err := json.Unmarshal(encoded, &back); err != nil || back[0] != 0.1 || !math.IsNaN(float64(back[1])) || back[3] != -1e-300 {
		t.Errorf("%v, %v", back, err)
	}
	if err := json.Unmarshal([]byte(`["x"]`), &back); err == nil {
		t.Error("a word is no ratio")
	}
}
