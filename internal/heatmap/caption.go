package heatmap

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Caption says what a picture shows. Empty fields are left out.
type Caption struct {
	Class       string  // label of the class whose evidence it is; without one there is no caption
	Versus      string  // label of the class whose evidence was subtracted
	Logit       float64 // of the image, for Class (minus that for Versus); NaN for none
	Probability float64 // of Class, 0 to 1; NaN for none
	Model       string
	Patch       int // pixels along a side of a patch
	Stride      int // pixels between neighbouring patches
}

func (c Caption) title() string {
	if c.Versus == "" {
		return c.Class
	}
	return c.Class + " minus " + c.Versus
}

// facts is the line under the title: what the image gets.
func (c Caption) facts() string {
	var parts []string
	if !math.IsNaN(c.Logit) {
		what := "logit "
		if c.Versus != "" {
			what = "difference of logits "
		}
		parts = append(parts, what+formatLogit(c.Logit))
	}
	if !math.IsNaN(c.Probability) {
		what := "probability "
		if c.Versus != "" {
			what += "of " + c.Class + " "
		}
		parts = append(parts, what+formatProbability(c.Probability))
	}
	return strings.Join(parts, separator)
}

// notes is the line in small print: what was looked at and how, and what a hatched
// area is.
func (c Caption) notes(hatched bool) string {
	var parts []string
	if c.Model != "" {
		parts = append(parts, c.Model)
	}
	if c.Patch > 0 {
		parts = append(parts, fmt.Sprintf("patches of %d × %d pixels", c.Patch, c.Patch))
	}
	if c.Stride > 0 {
		parts = append(parts, fmt.Sprintf("stride %d", c.Stride))
	}
	if hatched {
		parts = append(parts, "hatched: no patch")
	}
	return strings.Join(parts, separator)
}

const (
	separator = "  ·  "
	minus     = "−" // U+2212, as wide as the plus sign
)

// formatLogit writes two decimals, or three digits of very large and small numbers.
func formatLogit(v float64) string {
	switch a := math.Abs(v); {
	case math.IsInf(v, 0):
		return strings.Replace(strings.TrimSuffix(strconv.FormatFloat(v, 'g', -1, 64), "Inf")+"∞", "-", minus, 1)
	case a != 0 && (a < 0.01 || a >= 1e5):
		return strings.ReplaceAll(strconv.FormatFloat(v, 'g', 3, 64), "-", minus)
	}
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.Replace(s, "-", minus, 1)
}

// formatProbability writes percent to a tenth and claims no certainty.
func formatProbability(p float64) string {
	switch {
	case p >= 0.9995:
		return "> 99.9 %"
	case p < 0.0005:
		return "< 0.1 %"
	}
	return strconv.FormatFloat(100*p, 'f', 1, 64) + " %"
}
