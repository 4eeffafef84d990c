package sensitivity

import (
	"math"

	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// BoxRecord is about the boxes of an image.
type BoxRecord struct {
	Boxes int `json:"boxes"` // that the prepared image shows
	Cells int `json:"cells"` // whose centres lie in one
}

// PointRecord is about where a map is highest.
type PointRecord struct {
	X         float64    `json:"x"` // of the highest point, pixels of the prepared image
	Y         float64    `json:"y"`
	Hit       bool       `json:"hit"`       // it is in a box
	Precision text.Ratio `json:"precision"` // share of the highest cells whose centres are in one
}

// A rectangle of the prepared image, which has an area.
type rectangle struct{ x0, y0, x1, y1 float64 }

// distance is how far a point is from the nearest one of the rectangle, edges included.
func (r rectangle) distance(p point) float64 {
	return math.Hypot(max(r.x0-p.x, 0, p.x-r.x1), max(r.y0-p.y, 0, p.y-r.y1))
}

// A target is what of an image's boxes the network sees.
type target []rectangle

// target returns the boxes of an image about a class; nil if the network sees none.
func (x *Experiment) target(net *experiment.Network, it *experiment.Sample, class int) (target, error) {
	if x.Boxes == nil {
		return nil, nil
	}
	boxes, err := x.Boxes.Of(it.Path, net.Classes, class)
	if err != nil {
		return nil, err
	}
	var t target
	for _, b := range boxes {
		var r rectangle
		r.x0, r.y0 = net.Preprocessing.Place(it.Width, it.Height, b.X0, b.Y0)
		r.x1, r.y1 = net.Preprocessing.Place(it.Width, it.Height, b.X1, b.Y1)
		r = rectangle{max(r.x0, 0), max(r.y0, 0), min(r.x1, float64(it.W)), min(r.y1, float64(it.H))}
		if r.x0 < r.x1 && r.y0 < r.y1 {
			t = append(t, r)
		}
	}
	return t, nil
}

// distance is how far a point is from the nearest box.
func (t target) distance(p point) float64 {
	nearest := math.Inf(1)
	for _, r := range t {
		nearest = min(nearest, r.distance(p))
	}
	return nearest
}

// record counts the boxes and the cells whose centres are in them.
func (t target) record(cells experiment.Cells) *BoxRecord {
	r := &BoxRecord{Boxes: len(t)}
	for cell := range cells.Len() {
		if t.distance(centre(cells, cell)) == 0 {
			r.Cells++
		}
	}
	return r
}

// point says whether a map points at a box, which its highest point may miss by some
// pixels, and how many of its top cells are in one; of 0, as many as there are in boxes.
func (t target) point(r ranking, cells experiment.Cells, tolerance, top int) *PointRecord {
	p := r.highest(cells)
	record := &PointRecord{p.x, p.y, t.distance(p) <= float64(tolerance), text.Ratio(math.NaN())}
	if top == 0 {
		top = t.record(cells).Cells
	}
	if top = min(top, cells.Len()); top > 0 {
		in := 0
		for _, cell := range experiment.Order(r.cells)[:top] {
			if t.distance(centre(cells, cell)) == 0 {
				in++
			}
		}
		record.Precision = text.Ratio(float64(in) / float64(top))
	}
	return record
}
