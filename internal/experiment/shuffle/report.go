package shuffle

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

// Report is what the experiment has to say.
type Report struct {
	experiment.Summary
	Networks []Network `json:"networks"`
}

// Network is about one network.
type Network struct {
	experiment.NetworkSummary
	Intact   experiment.Estimate `json:"intact"`
	Tiles    []TilesReport       `json:"tiles"`
	Features *FeaturesReport     `json:"features,omitempty"`
	Patches  *experiment.Proof   `json:"patches,omitempty"`
	side     int                 // of the images, pixels; 0 if they differ
}

// ShuffledReport is about images in another order.
type ShuffledReport struct {
	Images           int                 `json:"images"`
	Accuracy         experiment.Estimate `json:"accuracy"`
	LogitCorrelation text.Ratio          `json:"logit_correlation"` // of the true class, over images and repeats
	ClassCorrelation experiment.Estimate `json:"class_correlation"` // over classes, the mean of all images
}

// TilesReport is about one size of tile.
type TilesReport struct {
	Tile int `json:"tile"`
	ShuffledReport
}

// FeaturesReport is about the last feature map.
type FeaturesReport struct {
	ShuffledReport
	experiment.Proof
	Averaged bool `json:"averaged"` // positions have no weights of their own, so the proof must be exact
}

// NewReport sums up the records of a run.
func NewReport(run *experiment.Run[Record]) *Report {
	r := &Report{Summary: run.Summary, Networks: []Network{}}
	for _, m := range run.Networks {
		r.Networks = append(r.Networks, newNetwork(m))
	}
	return r
}

func newNetwork(m *experiment.Measured[Record]) Network {
	n := Network{NetworkSummary: m.NetworkSummary, Tiles: []TilesReport{}}
	var intact, features, patches []float64
	tiles, positions := make(map[int]*gathered), &gathered{}
	for i, image := range m.Results {
		v := image.Value
		intact = append(intact, experiment.Share(v.Class == image.Class))
		if i == 0 {
			n.side = v.Side
		} else if n.side != v.Side {
			n.side = 0
		}
		for _, t := range v.Tiles {
			if tiles[t.Tile] == nil {
				tiles[t.Tile] = &gathered{}
			}
			tiles[t.Tile].add(image.Class, v.Logit, t.Repeats)
		}
		if v.Features != nil {
			positions.add(image.Class, v.Logit, v.Features.Repeats)
			features = append(features, float64(v.Features.Deviation))
		}
		if v.Patches != nil {
			patches = append(patches, float64(*v.Patches))
		}
	}
	n.Intact = experiment.NewEstimate(intact)
	for _, t := range slices.Sorted(maps.Keys(tiles)) {
		n.Tiles = append(n.Tiles, TilesReport{t, tiles[t].report()})
	}
	if proof := experiment.NewProof(features, experiment.Rounding); proof != nil {
		weighted := strings.HasPrefix(m.Family, "vgg") || m.Family == "alexnet"
		n.Features = &FeaturesReport{positions.report(), *proof, !weighted}
	}
	n.Patches = experiment.NewProof(patches, experiment.Rounding)
	return n
}

// gathered gathers what a network says of images in another order.
type gathered struct {
	right, correlations []float64 // one value an image: repeats are not independent of each other
	intact, shuffled    []float64 // true logits, one pair a repeat
}

func (s *gathered) add(class int, intact float32, repeats []Shuffled) {
	var right, correlations []float64
	for _, r := range repeats {
		right = append(right, experiment.Share(r.Class == class))
		correlations = append(correlations, float64(r.Correlation))
		s.intact = append(s.intact, float64(intact))
		s.shuffled = append(s.shuffled, float64(r.Logit))
	}
	s.right = append(s.right, experiment.NewEstimate(right).Value())
	s.correlations = append(s.correlations, experiment.NewEstimate(correlations).Value())
}

func (s *gathered) report() ShuffledReport {
	return ShuffledReport{len(s.right), experiment.NewEstimate(s.right), text.Ratio(experiment.Pearson(s.intact, s.shuffled)), experiment.NewEstimate(s.correlations)}
}

// Text is the report for people.
func (r *Report) Text() []byte {
	var b bytes.Buffer
	r.Summary.Text(&b)
	for _, n := range r.Networks {
		n.NetworkSummary.Text(&b)
		fmt.Fprintf(&b, "\n%-9s  %17s  %17s  %17s\n", "tiles", "top-1 accuracy", "r of true logit", "r over classes")
		fmt.Fprintf(&b, "%-9s  %17s\n", "intact", n.Intact.Percent())
		for _, t := range slices.Backward(n.Tiles) {
			t.text(&b, fmt.Sprintf("%d px", t.Tile))
		}
		if f := n.Features; f != nil {
			f.ShuffledReport.text(&b, "features")
			b.WriteString("\npositions of the last feature map shuffled: ")
			if f.Averaged {
				verdict(&b, &f.Proof)
			} else {
				fmt.Fprintf(&b, "the logits move by at most %.2g of their range, %s\n", float64(f.Deviation), text.Count(f.Proof.Images, "image", "images"))
			}
		}
		if n.Patch > 0 && n.Family == "v2" {
			b.WriteString("\na BagNet v2 pads within its layers: no patch can be run alone\n")
		}
		if n.Patches != nil {
			fmt.Fprintf(&b, "\npatches of %d pixels shuffled, each run alone: ", n.Patch)
			verdict(&b, n.Patches)
		}
	}
	return b.Bytes()
}

func (s ShuffledReport) text(b *bytes.Buffer, name string) {
	fmt.Fprintf(b, "%-9s  %17s  %17s  %17s\n", name, s.Accuracy.Percent(), s.LogitCorrelation.Decimals(), s.ClassCorrelation.Decimals())
}

// verdict says whether an answer moved.
func verdict(b *bytes.Buffer, p *experiment.Proof) {
	what := "the logits are the same\nup to rounding"
	if !p.Exact {
		what = "the logits are NOT the same"
	}
	fmt.Fprintf(b, "%s; largest deviation %.2g of their range, %s\n", what, float64(p.Deviation), text.Count(p.Images, "image", "images"))
}

// Figure draws accuracy against tile size.
func (r *Report) Figure() chart.Figure {
	f := chart.Figure{Title: "Accuracy on shuffled tiles", X: "side of the tiles, pixels (the last one: intact)", Y: "top-1 accuracy", LogX: true, From: 0, To: 1}
	for _, n := range r.Networks {
		s := chart.Series{Name: text.OneLine(n.Model)}
		for _, t := range n.Tiles {
			s.Points = append(s.Points, chart.Point{X: float64(t.Tile), Y: t.Accuracy.Value(), Error: float64(t.Accuracy.Error)})
		}
		x := math.NaN()
		if n.side > 0 {
			x = float64(n.side)
		}
		s.Points = append(s.Points, chart.Point{X: x, Y: n.Intact.Value(), Error: float64(n.Intact.Error)})
		f.Series = append(f.Series, s)
	}
	return f
}
