package sensitivity

import (
	"bytes"
	"fmt"
	"strconv"
	"unicode/utf8"

	"bagnet/internal/chart"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Report is what the experiment has to say.
type Report struct {
	experiment.Summary
	Follows  string    `json:"follows"` // which class: predicted or true
	Cell     int       `json:"cell"`    // side, pixels
	Networks []Network `json:"networks"`

	maps   []string
	shares []float64 // percent
}

// Network is about one network.
type Network struct {
	experiment.NetworkSummary
	Maps []MapReport `json:"maps"`
}

// MapReport is about one map.
type MapReport struct {
	Map         string              `json:"map"`
	Area        experiment.Estimate `json:"area"`        // mean probability over the curve
	Correlation experiment.Estimate `json:"correlation"` // with the true sensitivity
	Curve       []ShareReport       `json:"curve"`
}

// ShareReport is about images with that share of their cells masked.
type ShareReport struct {
	Percent     float64             `json:"percent"`
	Masked      text.Ratio          `json:"masked_percent"` // mean of what that is in whole cells
	Probability experiment.Estimate `json:"probability"`
	LogitDrop   experiment.Estimate `json:"logit_drop"`
}

// NewReport sums up the records of a run with those settings.
func NewReport(run *experiment.Run[Record], s Settings) *Report {
	r := &Report{Summary: run.Summary, Follows: s.Follow, Cell: s.Cell,
		Networks: []Network{}, maps: s.Names(), shares: s.Shares}
	for _, m := range run.Networks {
		n := Network{NetworkSummary: m.NetworkSummary}
		for _, name := range s.Names() {
			n.Maps = append(n.Maps, newMapReport(name, s.Shares, m.Results))
		}
		r.Networks = append(r.Networks, n)
	}
	return r
}

// newMapReport sums up what images' records say of a map.
func newMapReport(name string, shares []float64, results []experiment.Result[Record]) MapReport {
	var areas, correlations []float64
	probabilities, drops, masked := make(map[float64][]float64), make(map[float64][]float64), make(map[float64][]float64) // by share
	for _, image := range results {
		for _, m := range image.Value.Maps {
			if m.Map != name {
				continue
			}
			areas = append(areas, float64(m.Area))
			correlations = append(correlations, float64(m.Correlation))
			for _, point := range m.Curve {
				probabilities[point.Percent] = append(probabilities[point.Percent], point.Probability)
				masked[point.Percent] = append(masked[point.Percent], 100*float64(point.Masked)/float64(image.Value.Cells))
				drops[point.Percent] = append(drops[point.Percent], image.Value.Logit-point.Logit)
			}
		}
	}
	r := MapReport{Map: name, Area: experiment.NewEstimate(areas), Correlation: experiment.NewEstimate(correlations)}
	for _, percent := range shares {
		r.Curve = append(r.Curve, ShareReport{percent, experiment.NewEstimate(masked[percent]).Mean, experiment.NewEstimate(probabilities[percent]), experiment.NewEstimate(drops[percent])})
	}
	return r
}

// Text is the report for people.
func (r *Report) Text() []byte {
	var b bytes.Buffer
	r.Summary.Text(&b)
	fmt.Fprintf(&b, "masked      cells of %d pixels, those that each map ranks highest first\n", r.Cell)
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
		n.NetworkSummary.Text(&b)
		heading(r.Follows + " class, mean %")
		fmt.Fprintf(&b, "  %15s  %13s\n", "area under it", "r with truth")
		for _, m := range n.Maps {
			b.WriteString(text.Pad(text.Path(m.Map), name))
			for _, point := range m.Curve {
				fmt.Fprintf(&b, "  %6s", point.Probability.Alone(100, 1))
			}
			fmt.Fprintf(&b, "  %15s  %13s\n", m.Area.Percent(), m.Correlation.Decimals())
		}
		heading("mean fall of its logit")
		b.WriteByte('\n')
		for _, m := range n.Maps {
			b.WriteString(text.Pad(text.Path(m.Map), name))
			for _, point := range m.Curve {
				fmt.Fprintf(&b, "  %6s", point.LogitDrop.Alone(1, 2))
			}
			b.WriteByte('\n')
		}
	}
	return b.Bytes()
}

// Figure draws each map's curve.
func (r *Report) Figure() chart.Figure {
	f := chart.Figure{Title: fmt.Sprintf("Masking cells of %d pixels, as maps rank them", r.Cell), X: "cells masked, %", Y: "mean probability of the " + r.Follows + " class", From: 0, To: 0}
	for _, n := range r.Networks {
		for _, m := range n.Maps {
			s := chart.Series{Name: text.Path(m.Map)}
			if len(r.Networks) > 1 {
				s.Name = text.OneLine(n.Model) + ":\n" + s.Name
			}
			for _, point := range m.Curve {
				s.Points = append(s.Points, chart.Point{X: float64(point.Masked), Y: point.Probability.Value(), Error: float64(point.Probability.Error)})
			}
			f.Series = append(f.Series, s)
		}
	}
	return f
}
