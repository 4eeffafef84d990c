// Package sensitivity measures how well maps tell which parts of the images matter to a
// network, and where people say that something is.
package sensitivity

import (
	"context"
	"math"
	"math/rand/v2"

	"bagnet/internal/answer"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Settings are what is masked, and which class is followed.
type Settings struct {
	Maps    []Map
	Cell    int       // side of a cell, and of a square, pixels
	Stride  int       // of the patches of BagNets' maps, pixels
	Shares  []float64 // of the cells that are masked or put back, percent, ascending
	Follow  string    // FollowPredicted or FollowTrue
	Curve   string    // Deletion, Insertion or Both; "" is Deletion
	Fill    string    // FillMean or FillRoad: what masked pixels become; "" is FillMean
	Place   string    // PlaceCells or PlacePeaks: where squares are; "" is PlaceCells
	NoTruth bool      // the true sensitivity, and what it takes, is not for correlations
	Compare string    // CompareNone, CompareFirst or CompareAll: pairs of maps in the report

	Boxes     *dataset.Boxes // nil for none
	Tolerance int            // a map's highest point may lie so far from a box, pixels
	Top       int            // cells that precision is about; 0: as many as have their centres in boxes
}

// The classes that can be followed.
const (
	FollowPredicted = "predicted"
	FollowTrue      = "true"
)

// The curves: cells are masked, or put back into an image that is all masked, or one after
// the other.
const (
	Deletion  = "deletion"
	Insertion = "insertion"
	Both      = "both"
)

// What masked pixels become: experiment's MeanFill or RoadFill.
const (
	FillMean = "mean"
	FillRoad = "road"
)

// Where the squares are that a map ranks: the cells, or centred on its highest pixels.
const (
	PlaceCells = "cells"
	PlacePeaks = "peaks"
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
	Boxes *BoxRecord  `json:"boxes,omitempty"` // nil if there are none for the class
	Maps  []MapRecord `json:"maps"`
}

// MapRecord is what it finds with one map.
type MapRecord struct {
	Map         string        `json:"map"`
	Correlation text.Ratio    `json:"correlation"` // with the true sensitivity
	Area        text.Ratio    `json:"area"`        // mean probability over the curve
	Curve       []ShareRecord `json:"curve"`       // of deletion

	Insertion *CurveRecord `json:"insertion,omitempty"`
	Pointing  *PointRecord `json:"pointing,omitempty"`
}

// CurveRecord is another curve than that of deletion.
type CurveRecord struct {
	Area  text.Ratio    `json:"area"`
	Curve []ShareRecord `json:"curve"`
}

// ShareRecord is a point of a curve. Masked are those that are put back, for insertion.
type ShareRecord struct {
	Percent float64 `json:"percent"`
	Masked  int     `json:"masked"`           // cells or squares
	Pixels  int     `json:"pixels,omitempty"` // that squares at peaks cover
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
	basis := struct {
		Maps          []mapSettings
		Patch, Stride int
		Shares        []float64
		Follow        string

		// Since there are others than the first of each:
		Curve     string `json:",omitempty"`
		Fill      string `json:",omitempty"`
		Place     string `json:",omitempty"`
		NoTruth   bool   `json:",omitempty"`
		Boxes     string `json:",omitempty"`
		Tolerance int    `json:",omitempty"`
		Top       int    `json:",omitempty"`
	}{Maps: all, Patch: x.Cell, Stride: x.Stride, Shares: x.Shares, Follow: x.Follow, NoTruth: x.NoTruth, Tolerance: x.Tolerance, Top: x.Top}
	if x.Curve != Deletion {
		basis.Curve = x.Curve
	}
	if x.Fill != FillMean {
		basis.Fill = x.Fill
	}
	if x.Place != PlaceCells {
		basis.Place = x.Place
	}
	if x.Boxes != nil {
		basis.Boxes = x.Boxes.SHA256
	}
	return basis
}

// Measure masks parts of one image as each map ranks them.
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
	target, err := x.target(net, it, r.Class)
	if err != nil {
		return r, err
	}
	ranked := make([]ranking, len(x.Maps))
	for i, m := range x.Maps { // a missing file is found out before the long work
		if ranked[i], err = x.rank(ctx, m, View{it, net, r.Class, cells}); err != nil {
			return r, err
		}
	}
	masking := experiment.NewMasking(net, it.Image, r.Class, logits, x.fill(net, it))
	var effects []float64
	if x.needsTruth(ranked) {
		if effects, err = masking.Occlusion(ctx, cells); err != nil {
			return r, err
		}
	}
	if target != nil {
		r.Boxes = target.record(cells)
	}
	for i, m := range x.Maps {
		if ranked[i].cells == nil {
			ranked[i] = ranking{cells: effects}
		}
		record := MapRecord{Map: m.Name(), Correlation: text.Ratio(math.NaN()), Area: text.Ratio(math.NaN())}
		if !x.NoTruth {
			record.Correlation = text.Ratio(experiment.Pearson(ranked[i].cells, effects))
		}
		if err := x.curves(ctx, &record, masking, ranked[i].squares(cells, x.shares())); err != nil {
			return r, err
		}
		if target != nil {
			record.Pointing = target.point(ranked[i], cells, x.Tolerance, x.Top)
		}
		r.Maps = append(r.Maps, record)
	}
	return r, nil
}

// needsTruth reports whether the true sensitivity is wanted, or one of the maps.
func (x *Experiment) needsTruth(ranked []ranking) bool {
	for _, r := range ranked {
		if r.cells == nil {
			return true
		}
	}
	return !x.NoTruth
}

// fill is what masked pixels of an image become. Its noise comes of the seed and the image's
// number, as it.RNG does, but is no image's chance.
func (x *Experiment) fill(net *experiment.Network, it *experiment.Sample) experiment.Fill {
	if x.Fill != FillRoad {
		return experiment.MeanFill{}
	}
	return experiment.NewRoadFill(it.H, it.W, net.Preprocessing.Std, rand.New(rand.NewPCG(^it.Seed, uint64(it.Ordinal)+1)))
}

// shares are those of the settings, from 0 to 1.
func (x *Experiment) shares() []float64 {
	shares := make([]float64, len(x.Shares))
	for i, percent := range x.Shares {
		shares[i] = percent / 100
	}
	return shares
}

// curves masks the squares that a map ranks highest, puts them back, or both.
func (x *Experiment) curves(ctx context.Context, r *MapRecord, masking *experiment.Masking, s experiment.Squares) error {
	if x.Curve != Insertion {
		responses, err := masking.Deletion(ctx, s)
		if err != nil {
			return err
		}
		r.Curve, r.Area = x.curve(s, responses)
	}
	if x.Curve != Insertion && x.Curve != Both {
		return nil
	}
	responses, err := masking.Insertion(ctx, s)
	if err != nil {
		return err
	}
	r.Insertion = &CurveRecord{}
	r.Insertion.Curve, r.Insertion.Area = x.curve(s, responses)
	return nil
}

// curve is what the network said of each share, and the area under its probabilities.
func (x *Experiment) curve(s experiment.Squares, responses []experiment.Response) ([]ShareRecord, text.Ratio) {
	var curve []ShareRecord
	shares, probabilities := make([]float64, len(responses)), make([]float64, len(responses))
	for i, response := range responses {
		point := ShareRecord{x.Shares[i], s.Counts[i], 0, response}
		if x.Place == PlacePeaks {
			point.Pixels = s.Pixels[i]
		}
		curve = append(curve, point)
		shares[i], probabilities[i] = float64(s.Pixels[i])/float64(s.Image), response.Probability
	}
	return curve, text.Ratio(experiment.Area(shares, probabilities))
}
