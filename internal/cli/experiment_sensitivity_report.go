package cli

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"bagnet/internal/chart"
	"bagnet/internal/text"
)

// sensitivityReport is what experiment sensitivity has to say.
type sensitivityReport struct {
	experimentSummary
	Follows  string               `json:"follows"` // which class: predicted or true
	Patch    int                  `json:"cell"`    // pixels
	Networks []sensitivityNetwork `json:"networks"`

	maps   []string
	shares []float64 // percent
}

// sensitivityNetwork is what it has to say of one network.
type sensitivityNetwork struct {
	networkSummary
	Maps []mapReport `json:"maps"`
}

// mapReport is about one map.
type mapReport struct {
	Map         string        `json:"map"`
	Area        estimate      `json:"area"`        // mean probability over the curve
	Correlation estimate      `json:"correlation"` // with the true sensitivity
	Curve       []shareReport `json:"curve"`
}

// shareReport is about images with that share of their cells masked.
type shareReport struct {
	Percent     float64    `json:"percent"`
	Masked      text.Ratio `json:"masked_percent"` // mean of what that is in whole cells
	Probability estimate   `json:"probability"`
	LogitDrop   estimate   `json:"logit_drop"`
}

func newSensitivityReport(run *experimentRun[sensitivityRecord], o *sensitivityOptions) *sensitivityReport {
	r := &sensitivityReport{experimentSummary: run.experimentSummary, Follows: o.follow.value, Patch: o.patch,
		Networks: []sensitivityNetwork{}, maps: o.maps, shares: o.shares}
	for _, m := range run.networks {
		n := sensitivityNetwork{networkSummary: m.networkSummary}
		for _, name := range o.maps {
			n.Maps = append(n.Maps, newMapReport(name, o.shares, m.results))
		}
		r.Networks = append(r.Networks, n)
	}
	return r
}

// newMapReport sums up what images' records say of a map.
func newMapReport(name string, shares []float64, results []result[sensitivityRecord]) mapReport {
	var areas, correlations []float64
	probabilities, drops, masked := make(map[float64][]float64), make(map[float64][]float64), make(map[float64][]float64) // by share
	for _, image := range results {
		for _, m := range image.value.Maps {
			if m.Map != name {
				continue
			}
			areas = append(areas, float64(m.Area))
			correlations = append(correlations, float64(m.Correlation))
			for _, point := range m.Curve {
				probabilities[point.Percent] = append(probabilities[point.Percent], point.Probability)
				masked[point.Percent] = append(masked[point.Percent], 100*float64(point.Masked)/float64(image.value.Cells))
				drops[point.Percent] = append(drops[point.Percent], image.value.Logit-point.Logit)
			}
		}
	}
	r := mapReport{Map: name, Area: newEstimate(areas), Correlation: newEstimate(correlations)}
	for _, percent := range shares {
		r.Curve = append(r.Curve, shareReport{percent, newEstimate(masked[percent]).Mean, newEstimate(probabilities[percent]), newEstimate(drops[percent])})
	}
	return r
}

// text is the report for people.
func (r *sensitivityReport) text() []byte {
	var b bytes.Buffer
	r.experimentSummary.text(&b)
	fmt.Fprintf(&b, "masked      cells of %d pixels, those that each map ranks highest first\n", r.Patch)
	name := len("mean fall of its logit")
	for _, m := range r.maps {
		name = max(name, utf8.RuneCountInString(text.Path(m)))
	}
	heading := func(what string) {
		fmt.Fprintf(&b, "\n%s", text.Pad(what, name))
		for _, percent := range r.shares {
			fmt.Fprintf(&b, "  %5s%%", strconv.FormatFloat(percent, 'g', 5, 64))
		}
	}
	for _, n := range r.Networks {
		n.networkSummary.text(&b)
		heading(r.Follows + " class, mean %")
		fmt.Fprintf(&b, "  %15s  %13s\n", "area under it", "r with truth")
		for _, m := range n.Maps {
			b.WriteString(text.Pad(text.Path(m.Map), name))
			for _, point := range m.Curve {
				fmt.Fprintf(&b, "  %6s", point.Probability.alone(100, 1))
			}
			fmt.Fprintf(&b, "  %15s  %13s\n", m.Area.percent(), m.Correlation.decimals())
		}
		heading("mean fall of its logit")
		b.WriteByte('\n')
		for _, m := range n.Maps {
			b.WriteString(text.Pad(text.Path(m.Map), name))
			for _, point := range m.Curve {
				fmt.Fprintf(&b, "  %6s", point.LogitDrop.alone(1, 2))
			}
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

// figure draws each map's curve.
func (r *sensitivityReport) figure() chart.Figure {
	f := chart.Figure{Title: fmt.Sprintf("Masking cells of %d pixels, as maps rank them", r.Patch), X: "cells masked, %", Y: "mean probability of the " + r.Follows + " class", From: 0, To: 0}
	for _, n := range r.Networks {
		for _, m := range n.Maps {
			s := chart.Series{Name: text.Path(m.Map)}
			if len(r.Networks) > 1 {
				s.Name = text.OneLine(n.Model) + ":\n" + s.Name
			}
			for _, point := range m.Curve {
				s.Points = append(s.Points, chart.Point{X: float64(point.Masked), Y: point.Probability.value(), Error: float64(point.Probability.Error)})
			}
			f.Series = append(f.Series, s)
		}
	}
	return f
}
