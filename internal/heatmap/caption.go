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
	File        string  // name of the image's
	Truth       string  // label of the image's true class, where it is known
	Model       string
	Patch       int    // pixels along a side of a patch
	Stride      int    // pixels between neighbouring patches
	Caution     string // of maps whose values depend on more than their patch, a Caution
	Method      string // how the map was made, if not of patches
}

// Caution is what must be known of a map whose values depend on a square of sees x sees
// pixels rather than on their patch. side is that of the image, the longer one, pixels; 0
// if it is not known.
func Caution(sees, side int) string {
	whole := ""
	if side > 0 && 5*sees >= 9*side { // so a corner's square has nine tenths of each side
		whole = ", (nearly) the whole image"
	}
	return fmt.Sprintf("a position saw a square of %d pixels a side%s: evidence at a position is not evidence from there", sees, whole)
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

// source is what the image is: its file and its true class.
func (c Caption) source() string {
	var parts []string
	if c.File != "" {
		parts = append(parts, c.File)
	}
	if c.Truth != "" {
		parts = append(parts, "true class: "+c.Truth)
	}
	return strings.Join(parts, separator)
}

// difference is what the values of a difference are, in a line of at most that width; "" if
// there is no room to say it, or no difference.
func (c Caption) difference(text lettering, width int) string {
	if c.Versus == "" {
		return ""
	}
	const between, unit = " minus ", ", logits"
	first := func(label string) string { // of the names that ImageNet's labels have
		name, _, _ := strings.Cut(label, ",")
		return text.printable(name)
	}
	a, b := first(c.Class), first(c.Versus)
	room := width - text.width(between+unit)
	if text.width(a)+text.width(b) > room {
		a = text.shorten(a, max(room/2, room-text.width(b)))
		b = text.shorten(b, room-text.width(a))
	}
	if line := a + between + b + unit; text.width(line) <= width && room > 4*text.line {
		return line
	}
	return ""
}

// notes is the line in small print: what was looked at and how, and what hatched and pale
// areas are.
func (c Caption) notes(hatched, pale bool) string {
	var parts []string
	if c.Model != "" {
		parts = append(parts, c.Model)
	}
	if c.Patch > 0 {
		what := "patches"
		if c.Caution != "" {
			what = "cells"
		}
		parts = append(parts, fmt.Sprintf("%s of %d × %d pixels", what, c.Patch, c.Patch))
	}
	if c.Stride > 0 {
		parts = append(parts, fmt.Sprintf("stride %d", c.Stride))
	}
	if c.Method != "" {
		parts = append(parts, c.Method)
	}
	if hatched {
		parts = append(parts, "hatched: no patch")
	}
	if pale {
		parts = append(parts, "pale: patches reach beyond the image and took no part")
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
