package cli

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"bagnet/internal/chart"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// shuffleReport is what experiment shuffle has to say.
type shuffleReport struct {
	experimentSummary
	Networks []shuffleNetwork `json:"networks"`
}

// shuffleNetwork is what it has to say of one network.
type shuffleNetwork struct {
	networkSummary
	Intact   estimate         `json:"intact"`
	Tiles    []tilesReport    `json:"tiles"`
	Features *featuresReport  `json:"features,omitempty"`
	Patches  *invarianceProof `json:"patches,omitempty"`
	side     int              // of the images, pixels; 0 if they differ
}

// shuffledReport is about images in another order.
type shuffledReport struct {
	Images           int        `json:"images"`
	Accuracy         estimate   `json:"accuracy"`
	LogitCorrelation text.Ratio `json:"logit_correlation"` // of the true class, over images and repeats
	ClassCorrelation estimate   `json:"class_correlation"` // over classes, the mean of all images
}

// tilesReport is about one size of tile.
type tilesReport struct {
	Tile int `json:"tile"`
	shuffledReport
}

// featuresReport is about the last feature map.
type featuresReport struct {
	shuffledReport
	invarianceProof
	Averaged bool `json:"averaged"` // positions have no weights of their own, so the proof must be exact
}

// invarianceProof is how far an answer went that should not move.
type invarianceProof struct {
	Images    int        `json:"proved_on"`
	Deviation text.Ratio `json:"largest_deviation"` // of the range of the image's logits
	Exact     bool       `json:"exact"`             // up to rounding
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
	var intact, features, patches []float64
	tiles, positions := make(map[int]*shuffledImages), &shuffledImages{}
	for i, image := range m.results {
		v := image.value
		intact = append(intact, share(v.Class == image.class))
		if i == 0 {
			n.side = v.Side
		} else if n.side != v.Side {
			n.side = 0
		}
		for _, t := range v.Tiles {
			if tiles[t.Tile] == nil {
				tiles[t.Tile] = &shuffledImages{}
			}
			tiles[t.Tile].add(image.class, v.Logit, t.Repeats)
		}
		if v.Features != nil {
			positions.add(image.class, v.Logit, v.Features.Repeats)
			features = append(features, float64(v.Features.Deviation))
		}
		if v.Patches != nil {
			patches = append(patches, float64(*v.Patches))
		}
	}
	n.Intact = newEstimate(intact)
	for _, t := range slices.Sorted(maps.Keys(tiles)) {
		n.Tiles = append(n.Tiles, tilesReport{t, tiles[t].report()})
	}
	if proof := newProof(features, rounding); proof != nil {
		weighted := strings.HasPrefix(m.Family, "vgg") || m.Family == "alexnet"
		n.Features = &featuresReport{positions.report(), *proof, !weighted}
	}
	n.Patches = newProof(patches, rounding)
	return n
}

// shuffledImages gathers what a network says of images in another order.
type shuffledImages struct {
	right, correlations []float64 // one value an image: repeats are not independent of each other
	intact, shuffled    []float64 // true logits, one pair a repeat
}

func (s *shuffledImages) add(class int, intact float32, repeats []shuffledImage) {
	var right, correlations []float64
	for _, r := range repeats {
		right = append(right, share(r.Class == class))
		correlations = append(correlations, float64(r.Correlation))
		s.intact = append(s.intact, float64(intact))
		s.shuffled = append(s.shuffled, float64(r.Logit))
	}
	s.right = append(s.right, newEstimate(right).value())
	s.correlations = append(s.correlations, newEstimate(correlations).value())
}

func (s *shuffledImages) report() shuffledReport {
	return shuffledReport{len(s.right), newEstimate(s.right), text.Ratio(experiment.Pearson(s.intact, s.shuffled)), newEstimate(s.correlations)}
}

// newProof returns the largest of the deviations, of which rounding accounts for
// what is allowed; nil if there are none.
func newProof(deviations []float64, allowed float64) *invarianceProof {
	if len(deviations) == 0 {
		return nil
	}
	largest := slices.Max(deviations)
	return &invarianceProof{len(deviations), text.Ratio(largest), largest <= allowed}
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
		fmt.Fprintf(&b, "\n%-9s  %17s  %17s  %17s\n", "tiles", "top-1 accuracy", "r of true logit", "r over classes")
		fmt.Fprintf(&b, "%-9s  %17s\n", "intact", n.Intact.percent())
		for _, t := range slices.Backward(n.Tiles) {
			t.text(&b, fmt.Sprintf("%d px", t.Tile))
		}
		if f := n.Features; f != nil {
			f.shuffledReport.text(&b, "features")
			b.WriteString("\npositions of the last feature map shuffled: ")
			if f.Averaged {
				f.invarianceProof.text(&b)
			} else {
				fmt.Fprintf(&b, "the logits move by at most %.2g of their range, %s\n", float64(f.Deviation), text.Count(f.invarianceProof.Images, "image", "images"))
			}
		}
		if n.Patch > 0 && n.Family == "v2" {
			b.WriteString("\na BagNet v2 pads within its layers: no patch can be run alone\n")
		}
		if n.Patches != nil {
			fmt.Fprintf(&b, "\npatches of %d pixels shuffled, each run alone: ", n.Patch)
			n.Patches.text(&b)
		}
	}
	return b.Bytes()
}

func (s shuffledReport) text(b *bytes.Buffer, name string) {
	fmt.Fprintf(b, "%-9s  %17s  %17s  %17s\n", name, s.Accuracy.percent(), s.LogitCorrelation.Decimals(), s.ClassCorrelation.decimals())
}

// text says whether the answer moved.
func (p *invarianceProof) text(b *bytes.Buffer) {
	verdict := "the logits are the same\nup to rounding"
	if !p.Exact {
		verdict = "the logits are NOT the same"
	}
	fmt.Fprintf(b, "%s; largest deviation %.2g of their range, %s\n", verdict, float64(p.Deviation), text.Count(p.Images, "image", "images"))
}

// figure draws accuracy against tile size.
func (r *shuffleReport) figure() chart.Figure {
	f := chart.Figure{Title: "Accuracy on shuffled tiles", X: "side of the tiles, pixels (the last one: intact)", Y: "top-1 accuracy", LogX: true, From: 0, To: 1}
	for _, n := range r.Networks {
		s := chart.Series{Name: text.OneLine(n.Model)}
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
