package shuffle

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"bagnet/internal/chart"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Report is what the experiment has to say.
type Report struct {
	experiment.Summary
	Networks []Network               `json:"networks"`
	Pairs    []experiment.Difference `json:"pairs,omitempty"`
}

// Network is about one network.
type Network struct {
	experiment.NetworkSummary
	Intact   experiment.Estimate `json:"intact"`
	Tiles    []TilesReport       `json:"tiles"`
	Features *FeaturesReport     `json:"features,omitempty"`
	Patches  *experiment.Proof   `json:"patches,omitempty"`
	Depth    int                 `json:"layers"`
	Half     Half                `json:"half"`
	side     int                 // of the images, pixels; 0 if they differ
}

// Half is from which side of tiles on half of the accuracy is left, of what the intact images'
// is above chance: from there on all larger tiles leave as much.
type Half struct {
	Chance float64 `json:"chance"` // the accuracy of answers drawn at random
	experiment.Reach

	last float64 // of the tiles, or the intact images' side
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
		r.Networks = append(r.Networks, newNetwork(m, run.Seed))
	}
	r.Pairs = experiment.Differences(run, amounts)
	return r
}

func newNetwork(m *experiment.Measured[Record], seed uint64) Network {
	n := Network{NetworkSummary: m.NetworkSummary, Tiles: []TilesReport{}, Depth: m.Layers}
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
	n.Half = newHalf(m, n.side, seed)
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

// newHalf finds out how large tiles have to be, by straight lines between the accuracies at the
// logarithms of their sides. Images of one side are the last tile.
func newHalf(m *experiment.Measured[Record], side int, seed uint64) Half {
	shares := map[int][]float64{} // of right answers, of each image, by the tiles' side
	intact := make([]float64, len(m.Results))
	for k, image := range m.Results {
		intact[k] = experiment.Share(image.Value.Class == image.Class)
		for _, t := range image.Value.Tiles {
			if shares[t.Tile] == nil {
				shares[t.Tile] = slices.Repeat([]float64{math.NaN()}, len(m.Results))
			}
			shares[t.Tile][k] = t.right(image.Class)
		}
	}
	if side > 0 {
		shares[side] = intact
	}
	tiles := slices.Sorted(maps.Keys(shares))
	x := make([]float64, len(tiles))
	for i, t := range tiles {
		x[i] = math.Log2(float64(t))
	}
	mean := func(values []float64, sample []int) float64 {
		sum, n := 0.0, 0
		for _, k := range sample {
			if !math.IsNaN(values[k]) {
				sum, n = sum+values[k], n+1
			}
		}
		return sum / float64(n)
	}
	h := Half{Chance: 1 / float64(max(1, len(m.Classes)))}
	y := make([]float64, len(tiles))
	statistic := func(sample []int) float64 {
		whole := mean(intact, sample)
		if whole <= h.Chance || math.IsNaN(whole) {
			return math.NaN()
		}
		for i, t := range tiles {
			y[i] = mean(shares[t], sample)
		}
		return math.Exp2(experiment.Reached(x, y, (whole+h.Chance)/2))
	}
	first := math.NaN()
	if len(tiles) > 0 {
		first, h.last = math.Exp2(x[0]), float64(tiles[len(tiles)-1])
	}
	h.Reach = experiment.NewReach(len(intact), first, rand.New(rand.NewPCG(seed, math.MaxUint64)), statistic)
	return h
}

// right is the share of the repeats whose answer is a class.
func (t TilesRecord) right(class int) (share float64) {
	for _, r := range t.Repeats {
		share += experiment.Share(r.Class == class) / float64(len(t.Repeats))
	}
	return share
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
		half := ""
		for _, t := range slices.Backward(n.Tiles) {
			t.text(&b, fmt.Sprintf("%d px", t.Tile))
		}
		if n.Measured > 0 {
			half = fmt.Sprintf("\nhalf of the accuracy, above a chance of %.2f%%, is left by tiles of %s\n", 100*n.Half.Chance, n.Half.Text(n.Half.last))
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
		b.WriteString(half)
		if n.Patch > 0 && n.Family == "v2" {
			b.WriteString("\na BagNet v2 pads within its layers: no patch can be run alone\n")
		}
		if n.Patches != nil {
			fmt.Fprintf(&b, "\npatches of %d pixels shuffled, each run alone: ", n.Patch)
			verdict(&b, n.Patches)
		}
	}
	experiment.TextDifferences(&b, r.Pairs)
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
	f := chart.Figure{Title: "Accuracy on shuffled tiles", X: "side of the tiles, pixels (the last one: intact)", Y: "top-1 accuracy", XScale: chart.Log, From: 0, To: 1}
	var chances []float64
	for _, n := range r.Networks {
		s := chart.Series{Name: n.Shown()}
		for _, t := range n.Tiles {
			s.Points = append(s.Points, chart.Point{X: float64(t.Tile), Y: t.Accuracy.Value(), Error: float64(t.Accuracy.Error)})
		}
		x := math.NaN()
		if n.side > 0 {
			x = float64(n.side)
		}
		s.Points = append(s.Points, chart.Point{X: x, Y: n.Intact.Value(), Error: float64(n.Intact.Error)})
		f.Series = append(f.Series, s)
		chances = append(chances, n.Half.Chance)
	}
	return experiment.WithChance(f, chances)
}

// DepthFigure draws the side of the tiles that leave half of the accuracy against one of
// experiment.Axes.
func (r *Report) DepthFigure(axis string) chart.Figure {
	var all []experiment.Reaching
	for _, n := range r.Networks {
		all = append(all, experiment.Reaching{NetworkSummary: n.NetworkSummary, Reach: n.Half.Reach, Last: n.Half.last})
	}
	return experiment.ReachFigure("Which tiles leave half of the accuracy?", "side of the tiles, pixels", axis, all)
}

// amounts are what an image adds to the accuracies.
func amounts(image experiment.Result[Record]) []experiment.Amount {
	all := []experiment.Amount{{Of: "intact", Value: experiment.Share(image.Value.Class == image.Class), Weight: 1}}
	for _, t := range image.Value.Tiles {
		all = append(all, experiment.Amount{Of: fmt.Sprintf("tiles of %d px", t.Tile), Value: t.right(image.Class), Weight: 1})
	}
	return all
}
