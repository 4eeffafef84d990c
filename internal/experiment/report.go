package experiment

import (
	"bytes"
	"fmt"
	"math"

	"bagnet/internal/text"
)

// Rounding is the largest deviation, as a share of the logits' range, that rounding
// accounts for: that of the engine from exact arithmetic.
const Rounding = 2e-5

// Text writes the summary for people.
func (s Summary) Text(b *bytes.Buffer) {
	if s.Interrupted {
		b.WriteString("interrupted: this is about what was finished\n\n")
	}
	fmt.Fprintf(b, "experiment  %s\n", s.Experiment)
	fmt.Fprintf(b, "images      %d of %d, seed %d\n", s.Images, s.All, s.Seed)
	if s.Common > 0 {
		fmt.Fprintf(b, "among       %s that all networks have; %s of others left out\n", text.Count(s.Common, "class", "classes"), text.Count(s.LeftOut, "image", "images"))
	}
}

// words is the family of bags of visual words.
const words = "words"

// Text writes the heading for people.
func (s NetworkSummary) Text(b *bytes.Buffer) {
	family := s.Family
	if s.Patch > 0 {
		kind := "BagNet " + s.Family
		if s.Family == words {
			kind = "bag of visual words"
		}
		family = fmt.Sprintf("%s, patches of %d pixels", kind, s.Patch)
	}
	fmt.Fprintf(b, "\nmodel       %s (%s)\nmeasured    %d; %d failed, %d of unknown class\n", text.OneLine(s.Model), family, s.Measured, s.Failed, s.Unlabelled)
}

// An Estimate is a mean over images with its standard error.
type Estimate struct {
	Mean  text.Ratio `json:"mean"`
	Error text.Ratio `json:"standard_error"`
}

// NewEstimate makes the mean of values and its standard error.
func NewEstimate(values []float64) Estimate { return EstimateOf(Mean(values)) }

// EstimateOf is a mean with its standard error.
func EstimateOf(mean, standardError float64) Estimate {
	return Estimate{text.Ratio(mean), text.Ratio(standardError)}
}

// Value is the mean.
func (e Estimate) Value() float64 { return float64(e.Mean) }

// Percent is the estimate of a share for people.
func (e Estimate) Percent() string { return e.format(100, 2, "%") }

// Decimals is the estimate for people.
func (e Estimate) Decimals() string { return e.format(1, 3, "") }

// Alone is the mean for people, times scale.
func (e Estimate) Alone(scale float64, digits int) string {
	return Estimate{e.Mean, text.Ratio(math.NaN())}.format(scale, digits, "")
}

func (e Estimate) format(scale float64, digits int, unit string) string {
	switch {
	case math.IsNaN(float64(e.Mean)):
		return "-"
	case math.IsNaN(float64(e.Error)):
		return fmt.Sprintf("%.*f%s", digits, scale*float64(e.Mean), unit)
	}
	return fmt.Sprintf("%.*f ± %.*f%s", digits, scale*float64(e.Mean), digits, scale*float64(e.Error), unit)
}

// A Bounded estimate is one with its interval.
type Bounded struct {
	Estimate
	Interval Interval `json:"interval"` // 95 %
}

// Text is the interval for people, times scale.
func (i Interval) Text(scale float64, digits int, unit string) string {
	if math.IsNaN(float64(i[0])) {
		return "-"
	}
	return fmt.Sprintf("%.*f to %.*f%s", digits, scale*float64(i[0]), digits, scale*float64(i[1]), unit)
}

// Share is 1 for what counts and 0 for what does not.
func Share(counts bool) float64 {
	if counts {
		return 1
	}
	return 0
}

// A Proof is how far an answer went that should not move.
type Proof struct {
	Images    int        `json:"proved_on"`
	Deviation text.Ratio `json:"largest_deviation"` // of the range of the image's logits
	Exact     bool       `json:"exact"`             // up to rounding
}

// NewProof returns the largest of the deviations, of which rounding accounts for what is
// allowed; nil if there are none.
func NewProof(deviations []float64, allowed float64) *Proof {
	if len(deviations) == 0 {
		return nil
	}
	largest := deviations[0]
	for _, d := range deviations[1:] {
		largest = max(largest, d)
	}
	return &Proof{len(deviations), text.Ratio(largest), largest <= allowed}
}
