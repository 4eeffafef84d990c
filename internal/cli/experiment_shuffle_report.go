package cli

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"

	"bagnet/internal/chart"
	"bagnet/internal/experiment"
)

// shuffleReport is what experiment shuffle has to say.
type shuffleReport struct {
	experimentSummary
	Networks []shuffleNetwork `json:"networks"`
}

// shuffleNetwork is what it has to say of one network.
type shuffleNetwork struct {
	networkSummary
	Intact  estimate         `json:"intact"`
	Tiles   []tilesReport    `json:"tiles"`
	Patches *invarianceProof `json:"patches,omitempty"`
	side    int              // of the images, pixels; 0 if they differ
}

// tilesReport is about one size of tile.
type tilesReport struct {
	Tile             int      `json:"tile"`
	Images           int      `json:"images"`
	Accuracy         estimate `json:"accuracy"`
	LogitCorrelation ratio    `json:"logit_correlation"` // of the true class, over images and repeats
	ClassCorrelation estimate `json:"class_correlation"` // over classes, the mean of all images
}

// invarianceProof is how far an answer went that should not move.
type invarianceProof struct {
	Images    int   `json:"images"`
	Deviation ratio `json:"largest_deviation"` // of the range of the image's logits
	Exact     bool  `json:"exact"`             // up to rounding
}

// rounding is the largest deviation, as a share of the logits' range, that
// rounding accounts for: that of the engine from exact arithmetic.
const rounding = 2e-5

func newShuffleReport(run *experimentRun[shuffleRecord]) *shuffleReport {
	r := &shuffleReport{experimentSummary: run.experimentSummary, Networks: []shuffleNetwork{}}
	for _, m := range run.networks {
		r.Networks = append(r.Networks, newShuffleNetwork(m))
	}
	return r
}

func newShuffleNetwork(m *measured[shuffleRecord]) shuffleNetwork {
	n := shuffleNetwork{networkSummary: m.networkSummary, Tiles: []tilesReport{}}
	type pairs struct{ right, correlations, intact, shuffled []float64 }
	var intact []float64
	var patches []float64
	sizes := make(map[int]*pairs)
	for i, image := range m.results {
		v := image.value
		intact = append(intact, share(v.Class == image.class))
		if i == 0 {
			n.side = v.Side
		} else if n.side != v.Side {
			n.side = 0
		}
		for _, t := range v.Tiles {
			p := sizes[t.Tile]
			if p == nil {
				p = &pairs{}
				sizes[t.Tile] = p
			}
			var right, correlations []float64 // one value an image: repeats are not independent of each other
			for _, s := range t.Repeats {
				right = append(right, share(s.Class == image.class))
				correlations = append(correlations, float64(s.Correlation))
				p.intact = append(p.intact, float64(v.Logit))
				p.shuffled = append(p.shuffled, float64(s.Logit))
			}
			p.right = append(p.right, newEstimate(right).value())
			p.correlations = append(p.correlations, newEstimate(correlations).value())
		}
		if v.Patches != nil {
			patches = append(patches, float64(*v.Patches))
		}
	}
	n.Intact = newEstimate(intact)
	for _, t := range slices.Sorted(maps.Keys(sizes)) {
		p := sizes[t]
		n.Tiles = append(n.Tiles, tilesReport{t, len(p.right), newEstimate(p.right), ratio(experiment.Pearson(p.intact, p.shuffled)), newEstimate(p.correlations)})
	}
	n.Patches = newProof(patches)
	return n
}

// newProof returns the largest of the deviations, nil if there are none.
func newProof(deviations []float64) *invarianceProof {
	if len(deviations) == 0 {
		return nil
	}
	largest := slices.Max(deviations)
	return &invarianceProof{len(deviations), ratio(largest), largest <= rounding}
}

// share is 1 for what counts and 0 for what does not.
func share(counts bool) float64 {
	if counts {
		return 1
	}
	return 0
}

// text is the report for people.
func (r *shuffleReport) text() []byte {
	var b bytes.Buffer
	r.experimentSummary.text(&b)
	for _, n := range r.Networks {
		n.networkSummary.text(&b)
		fmt.Fprintf(&b, "\n%9s  %17s  %17s  %17s\n", "tile", "top-1 accuracy", "r of true logit", "r over classes")
		fmt.Fprintf(&b, "%9s  %17s\n", "intact", n.Intact.percent())
		for _, t := range slices.Backward(n.Tiles) {
			fmt.Fprintf(&b, "%6d px  %17s  %17s  %17s\n", t.Tile, t.Accuracy.percent(), decimals(t.LogitCorrelation), t.ClassCorrelation.decimals())
		}
		if p := n.Patches; p != nil {
			b.WriteByte('\n')
			p.text(&b, fmt.Sprintf("its patches of %d pixels shuffled, each run alone", n.Patch))
		}
	}
	return b.Bytes()
}

// text says what was shuffled and whether that changed the answer.
func (p *invarianceProof) text(b *bytes.Buffer, what string) {
	verdict := "the answer is the same up to rounding"
	if !p.Exact {
		verdict = "the answer is NOT the same"
	}
	fmt.Fprintf(b, "%s:\n%s; largest deviation %.2g of the logits' range, %s\n", what, verdict, float64(p.Deviation), count(p.Images, "image", "images"))
}

// figure draws accuracy against tile size.
func (r *shuffleReport) figure() chart.Figure {
	f := chart.Figure{Title: "Accuracy on shuffled tiles", X: "side of the tiles, pixels (the last one: intact)", Y: "top-1 accuracy", LogX: true, From: 0, To: 1}
	for _, n := range r.Networks {
		s := chart.Series{Name: oneLine(n.Model)}
		for _, t := range n.Tiles {
			s.Points = append(s.Points, chart.Point{X: float64(t.Tile), Y: t.Accuracy.value(), Error: float64(t.Accuracy.Error)})
		}
		x := math.NaN()
		if n.side > 0 {
			x = float64(n.side)
		}
		s.Points = append(s.Points, chart.Point{X: x, Y: n.Intact.value(), Error: float64(n.Intact.Error)})
		f.Series = append(f.Series, s)
	}
	return f
}
