package experiment

import (
	"bytes"
	"math"
	"testing"

	"bagnet/internal/text"
)

func TestEstimatesForPeople(t *testing.T) {
	nan := text.Ratio(math.NaN())
	for _, tc := range []struct{ got, want string }{
		{Estimate{0.12345, 0.01}.Percent(), "12.35 ± 1.00%"},
		{Estimate{0.5, nan}.Percent(), "50.00%"},
		{Estimate{nan, nan}.Percent(), "-"},
		{Estimate{-0.5, 0.25}.Decimals(), "-0.500 ± 0.250"},
		{Estimate{0.25, 0.125}.Alone(100, 1), "25.0"},
		{Estimate{nan, nan}.Alone(100, 1), "-"},
		{text.Ratio(1).Decimals(), "1.000"},
		{nan.Decimals(), "-"},
	} {
		if tc.got != tc.want {
			t.Errorf("%q, want %q", tc.got, tc.want)
		}
	}
	// The standard deviation of 1, 2 and 6 is the root of 7.
	if e := NewEstimate([]float64{1, 2, 6}); e.Value() != 3 || math.Abs(float64(e.Error)-math.Sqrt(7.0/3)) > 1e-15 {
		t.Errorf("%+v", e)
	}
}

// TestProof takes the largest deviation, which may be just what is allowed.
func TestProof(t *testing.T) {
	for _, tc := range []struct {
		deviations []float64
		want       Proof
	}{
		{[]float64{1e-6, 2e-5, 0}, Proof{3, 2e-5, true}},
		{[]float64{3e-5, 1e-6}, Proof{2, 3e-5, false}},
	} {
		if got := NewProof(tc.deviations, Rounding); got == nil || *got != tc.want {
			t.Errorf("%v: %+v, want %+v", tc.deviations, got, tc.want)
		}
	}
	if got := NewProof(nil, Rounding); got != nil {
		t.Errorf("of nothing: %+v", got)
	}
	if got := NewProof([]float64{0, math.NaN()}, Rounding); got.Exact || !math.IsNaN(float64(got.Deviation)) {
		t.Errorf("of NaN: %+v", got)
	}
}

func TestSummariesForPeople(t *testing.T) {
	var b bytes.Buffer
	Summary{Experiment: "x", Seed: 3, Images: 2, All: 9, Interrupted: true, Common: 1, LeftOut: 2}.Text(&b)
	NetworkSummary{Model: "net\n", Family: "v1", Patch: 33, Measured: 4, Failed: 5, Unlabelled: 6}.Text(&b)
	NetworkSummary{Model: "other", Family: "vgg"}.Text(&b)
	want := `interrupted: this is about what was finished

experiment  x
images      2 of 9, seed 3
among       1 class that all networks have; 2 images of others left out

model       ` + text.OneLine("net\n") + ` (BagNet v1, patches of 33 pixels)
measured    4; 5 failed, 6 of unknown class

model       other (vgg)
measured    0; 0 failed, 0 of unknown class
`
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}
