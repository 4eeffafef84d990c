package sensitivity

import (
	"fmt"
	"math"

	"bagnet/internal/chart"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Report is what the experiment has to say.
type Report struct {
	experiment.Summary
	Follows  string    `json:"follows"`         // which class: predicted or true
	Cell     int       `json:"cell"`            // side, pixels
	Fill     string    `json:"fill,omitempty"`  // FillRoad
	Place    string    `json:"place,omitempty"` // PlacePeaks
	Networks []Network `json:"networks"`

	maps   []string
	shares []float64 // percent
	curve  string
}

// Network is about one network.
type Network struct {
	experiment.NetworkSummary
	Boxes *BoxesReport `json:"boxes,omitempty"`
	Maps  []MapReport  `json:"maps"`
	Pairs []Pair       `json:"pairs,omitempty"`
}

// BoxesReport is about the images that have boxes.
type BoxesReport struct {
	Images int                 `json:"images"` // in which the network sees any, for the class
	Boxes  int                 `json:"boxes"`  // in all of them
	Cells  experiment.Estimate `json:"cells"`  // mean share of the cells whose centres are in one
}

// MapReport is about one map. It has intervals where maps are compared.
type MapReport struct {
	Map         string              `json:"map"`
	Area        experiment.Estimate `json:"area"`        // mean probability over the curve
	Correlation experiment.Estimate `json:"correlation"` // with the true sensitivity
	Curve       []ShareReport       `json:"curve"`       // of deletion

	Insertion           *CurveReport         `json:"insertion,omitempty"`
	AreaInterval        *experiment.Interval `json:"area_interval,omitempty"`
	CorrelationInterval *experiment.Interval `json:"correlation_interval,omitempty"`
	Pointing            *experiment.Bounded  `json:"pointing,omitempty"`  // share of images
	Precision           *experiment.Bounded  `json:"precision,omitempty"` // mean share of the highest cells
}

// CurveReport is about the curve of insertion.
type CurveReport struct {
	Area         experiment.Estimate  `json:"area"`
	AreaInterval *experiment.Interval `json:"area_interval,omitempty"`
	Curve        []ShareReport        `json:"curve"`
}

// ShareReport is about images with that share of their cells masked, or put back.
type ShareReport struct {
	Percent     float64             `json:"percent"`
	Masked      text.Ratio          `json:"masked_percent"` // mean of what that is in whole cells
	Probability experiment.Estimate `json:"probability"`
	LogitDrop   experiment.Estimate `json:"logit_drop"`
}

// NewReport sums up the records of a run with those settings.
func NewReport(run *experiment.Run[Record], s Settings) *Report {
	r := &Report{Summary: run.Summary, Follows: s.Follow, Cell: s.Cell, Networks: []Network{},
		maps: s.Names(), shares: s.Shares, curve: s.Curve}
	if s.Fill != FillMean {
		r.Fill = s.Fill
	}
	if s.Place != PlaceCells {
		r.Place = s.Place
	}
	for _, m := range run.Networks {
		n := Network{NetworkSummary: m.NetworkSummary}
		for _, name := range s.Names() {
			n.Maps = append(n.Maps, newMapReport(name, s, m.Results))
		}
		if s.Boxes != nil {
			n.Boxes = newBoxesReport(m.Results)
		}
		n.compare(s, m.Results, r.Seed)
		r.Networks = append(r.Networks, n)
	}
	return r
}

// deleted and inserted report which curves a run has.
func (s Settings) deleted() bool  { return s.Curve != Insertion }
func (s Settings) inserted() bool { return s.Curve == Insertion || s.Curve == Both }

// newMapReport sums up what images' records say of a map.
func newMapReport(name string, s Settings, results []experiment.Result[Record]) MapReport {
	r := MapReport{Map: name, Area: estimate(area, name, results), Correlation: estimate(correlation, name, results)}
	r.Curve = newCurve(name, s, results, func(m MapRecord) []ShareRecord { return m.Curve })
	if s.inserted() {
		r.Insertion = &CurveReport{Area: estimate(insertion, name, results)}
		r.Insertion.Curve = newCurve(name, s, results, func(m MapRecord) []ShareRecord {
			if m.Insertion == nil {
				return nil
			}
			return m.Insertion.Curve
		})
	}
	if !s.deleted() {
		r.Curve = nil
	}
	return r
}

// estimate is the mean of a quantity.
func estimate(q quantity, name string, results []experiment.Result[Record]) experiment.Estimate {
	return experiment.NewEstimate(q.of(name, results))
}

// newCurve sums up one of the curves of a map.
func newCurve(name string, s Settings, results []experiment.Result[Record], of func(MapRecord) []ShareRecord) []ShareReport {
	probabilities, drops, masked := make(map[float64][]float64), make(map[float64][]float64), make(map[float64][]float64) // by share
	for _, image := range results {
		for _, point := range of(image.Value.with(name)) {
			probabilities[point.Percent] = append(probabilities[point.Percent], point.Probability)
			masked[point.Percent] = append(masked[point.Percent], 100*point.share(image.Value.Cells, s.Cell))
			drops[point.Percent] = append(drops[point.Percent], image.Value.Logit-point.Logit)
		}
	}
	var curve []ShareReport
	for _, percent := range s.Shares {
		curve = append(curve, ShareReport{percent, experiment.NewEstimate(masked[percent]).Mean, experiment.NewEstimate(probabilities[percent]), experiment.NewEstimate(drops[percent])})
	}
	return curve
}

// share is that of the image, of so many cells of side x side pixels, that is masked or put
// back.
func (s ShareRecord) share(cells, side int) float64 {
	if s.Pixels > 0 {
		return float64(s.Pixels) / float64(cells*side*side)
	}
	return float64(s.Masked) / float64(cells)
}

// newBoxesReport sums up what there is to point at.
func newBoxesReport(results []experiment.Result[Record]) *BoxesReport {
	r := &BoxesReport{}
	var shares []float64
	for _, image := range results {
		if b := image.Value.Boxes; b != nil {
			r.Images++
			r.Boxes += b.Boxes
			shares = append(shares, float64(b.Cells)/float64(image.Value.Cells))
		}
	}
	r.Cells = experiment.NewEstimate(shares)
	return r
}

// squares is what is masked, for messages.
func (r *Report) squares() string {
	if r.Place == PlacePeaks {
		return fmt.Sprintf("squares of %d pixels", r.Cell)
	}
	return fmt.Sprintf("cells of %d pixels", r.Cell)
}

// Figure draws each map's curve, or both of them.
func (r *Report) Figure() chart.Figure {
	f := chart.Figure{Title: "Masking", X: "cells", Y: "mean probability of the " + r.Follows + " class", XScale: chart.Root, From: 0, To: 0}
	if r.Place == PlacePeaks {
		f.X = "pixels"
	}
	switch r.curve {
	default:
		f.X += " masked, %"
	case Insertion:
		f.Title, f.X = "Putting back", f.X+" put back, %"
	case Both:
		f.Title, f.X = "Masking and putting back", f.X+" masked or put back, %"
	}
	f.Title += " " + r.squares() + ", as maps rank them"
	names := experiment.ShortNames(r.maps)
	for _, n := range r.Networks {
		kind := ""
		if len(r.Networks) > 1 {
			kind = n.Shown()
		}
		for i, m := range n.Maps {
			if r.curve != Insertion {
				s := chart.Series{Name: names[i], Kind: kind, Points: r.drawn(m.Curve)}
				if r.curve == Both {
					s.Kind = joined(kind, "masked")
				}
				f.Series = append(f.Series, s)
			}
			if m.Insertion != nil {
				s := chart.Series{Name: names[i], Kind: kind, Points: r.drawn(m.Insertion.Curve)}
				if r.curve == Both {
					s.Kind = joined(kind, "put back")
				}
				f.Series = append(f.Series, s)
			}
		}
	}
	return f
}

// joined is what a curve is of, and which of a network's curves.
func joined(network, curve string) string {
	if network == "" {
		return curve
	}
	return network + ", " + curve
}

// drawn are the points of a curve. What squares cover, a little different with each map, is
// rounded, so that the axis has one mark for all.
func (r *Report) drawn(curve []ShareReport) []chart.Point {
	var points []chart.Point
	for _, p := range curve {
		x := float64(p.Masked)
		if r.Place == PlacePeaks {
			x = math.Round(10*x) / 10
		}
		points = append(points, chart.Point{X: x, Y: p.Probability.Value(), Error: float64(p.Probability.Error)})
	}
	return points
}
