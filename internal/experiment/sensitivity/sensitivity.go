// Package sensitivity measures how well maps tell which parts of the images matter to a
// network.
package sensitivity

import (
	"context"

	"bagnet/internal/answer"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Settings are what is masked, and which class is followed.
type Settings struct {
	Maps   []Map
	Cell   int       // side of a cell, pixels
	Stride int       // of the patches of BagNets' maps, pixels
	Shares []float64 // of the cells that are masked, percent, ascending
	Follow string    // FollowPredicted or FollowTrue
}

// The classes that can be followed.
const (
	FollowPredicted = "predicted"
	FollowTrue      = "true"
)

// Names are what the maps are called.
func (s Settings) Names() []string {
	var names []string
	for _, m := range s.Maps {
		names = append(names, m.Name())
	}
	return names
}

// Experiment is what the package measures.
type Experiment struct{ Settings }

// Record is what it finds in one image.
type Record struct {
	Class int `json:"class"` // followed
	experiment.Response
	Cells int         `json:"cells"`
	Maps  []MapRecord `json:"maps"`
}

// MapRecord is what it finds with one map.
type MapRecord struct {
	Map         string        `json:"map"`
	Correlation text.Ratio    `json:"correlation"` // with the true sensitivity
	Area        text.Ratio    `json:"area"`        // mean probability over the curve
	Curve       []ShareRecord `json:"curve"`
}

// ShareRecord is a point of a curve.
type ShareRecord struct {
	Percent float64 `json:"percent"`
	Masked  int     `json:"masked"` // cells
	experiment.Response
}

// Name is the experiment's.
func (x *Experiment) Name() string { return "sensitivity" }

// Basis is what results depend on. Ids of runs are made of it: other names or another
// order of the fields would part runs from their records.
func (x *Experiment) Basis() any {
	type mapSettings struct{ Name, Weights string }
	var all []mapSettings
	for _, m := range x.Maps {
		all = append(all, mapSettings{m.Name(), m.Weights()})
	}
	return struct {
		Maps          []mapSettings
		Patch, Stride int
		Shares        []float64
		Follow        string
	}{all, x.Cell, x.Stride, x.Shares, x.Follow}
}

// Measure masks the cells of one image as each map ranks them.
func (x *Experiment) Measure(ctx context.Context, net *experiment.Network, it *experiment.Sample) (Record, error) {
	var r Record
	cells, err := experiment.NewCells(it.H, it.W, x.Cell)
	if err != nil {
		return r, err
	}
	a, err := net.Classify(ctx, it.Pixels())
	if err != nil {
		return r, err
	}
	logits := a.Outputs
	r.Cells, r.Class = cells.Len(), it.Class
	if x.Follow == FollowPredicted {
		r.Class = answer.Best(logits)
	}
	r.Response = experiment.Respond(logits, r.Class)
	values := make([][]float64, len(x.Maps))
	for i, m := range x.Maps { // a missing file is found out before the long work
		if values[i], err = m.Values(ctx, View{it, net, r.Class, cells}); err != nil {
			return r, err
		}
	}
	masking := experiment.NewMasking(net, cells, it.Image, r.Class, logits)
	effects, err := masking.Occlusion(ctx)
	if err != nil {
		return r, err
	}
	for i, m := range x.Maps {
		if values[i] == nil {
			values[i] = effects
		}
		record, err := x.curve(ctx, masking, cells, values[i])
		if err != nil {
			return r, err
		}
		record.Map, record.Correlation = m.Name(), text.Ratio(experiment.Pearson(values[i], effects))
		r.Maps = append(r.Maps, record)
	}
	return r, nil
}

// curve masks the cells that a map ranks highest.
func (x *Experiment) curve(ctx context.Context, masking *experiment.Masking, cells experiment.Cells, values []float64) (MapRecord, error) {
	shares := make([]float64, len(x.Shares))
	for i, percent := range x.Shares {
		shares[i] = percent / 100
	}
	counts := cells.Counts(shares)
	for i, n := range counts { // whole cells
		shares[i] = float64(n) / float64(cells.Len())
	}
	responses, err := masking.Curve(ctx, experiment.Order(values), counts)
	if err != nil {
		return MapRecord{}, err
	}
	var r MapRecord
	probabilities := make([]float64, len(responses))
	for i, response := range responses {
		r.Curve = append(r.Curve, ShareRecord{x.Shares[i], counts[i], response})
		probabilities[i] = response.Probability
	}
	r.Area = text.Ratio(experiment.Area(shares, probabilities))
	return r, nil
}
