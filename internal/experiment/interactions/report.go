package interactions

import (
	"bytes"
	"fmt"
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
	Regions    []RegionsReport `json:"regions"`
	Depth      int             `json:"layers"`
	AddUp      []AddUp         `json:"adds_up"` // of each size
	Additivity *Additivity     `json:"additivity,omitempty"`
}

// RegionsReport is about regions of one size and one distance.
type RegionsReport struct {
	Size        int                 `json:"size"` // pixels
	Gap         int                 `json:"gap"`
	Images      int                 `json:"images"`      // that they fit into
	Correlation experiment.Estimate `json:"correlation"` // of joint change and sum, over images
	Relative    experiment.Estimate `json:"deviation"`   // mean |joint - sum| / mean |joint|
	Largest     text.Ratio          `json:"largest_deviation"`
}

// addUp is how much of a joint effect has to be the sum of the single ones.
const addUp = 0.9

// AddUp is from which gap on 90 % of the joint effect of masking regions of one size adds up:
// |joint - sum| / |joint|, as in RegionsReport, is 0.1 or less there and for all larger gaps.
type AddUp struct {
	Size int `json:"size"` // pixels
	experiment.Reach

	last float64 // of the gaps
}

// Additivity is how far joint change and sum are apart where they must not be.
type Additivity struct {
	experiment.Proof
	Gap int `json:"always_from_gap"` // pixels, from which on no patch can touch two regions
}

// NewReport sums up the records of a run with those settings.
func NewReport(run *experiment.Run[Record], s Settings) *Report {
	r := &Report{Summary: run.Summary, Networks: []Network{}}
	for _, m := range run.Networks {
		n := Network{NetworkSummary: m.NetworkSummary, Regions: []RegionsReport{}, Depth: m.Layers, AddUp: []AddUp{}}
		var apart []float64 // deviations of regions that no patch touches two of
		for _, size := range s.Sizes {
			for _, gap := range s.Gaps {
				g := gather(m.Results, size, gap)
				n.Regions = append(n.Regions, g.report(size, gap, r.Seed))
				apart = append(apart, g.apart...)
			}
			n.AddUp = append(n.AddUp, newAddUp(m.Results, size, s.Gaps, r.Seed))
		}
		// joint - sum is one logit thrice and five others once.
		if proof := experiment.NewProof(apart, 8*experiment.Rounding); proof != nil {
			n.Additivity = &Additivity{*proof, n.Patch - 1}
		}
		r.Networks = append(r.Networks, n)
	}
	r.Pairs = experiment.Differences(run, amounts)
	return r
}

// gathered are the changes of all images for one size and gap.
type gathered struct {
	joint, sum, deviations, apart []float64
}

// gather collects them. deviations are in units of the range of the image's
// logits; apart are those of regions that no patch touches two of.
func gather(results []experiment.Result[Record], size, gap int) gathered {
	var g gathered
	for _, image := range results {
		for _, r := range image.Value.Regions {
			if r.Size != size || r.Gap != gap {
				continue
			}
			g.joint, g.sum = append(g.joint, r.Joint), append(g.sum, r.Sum)
			d := 0.0
			if r.Joint != r.Sum {
				d = math.Abs(r.Joint-r.Sum) / float64(image.Value.Range)
			}
			g.deviations = append(g.deviations, d)
			if r.SharedPatch != nil && !*r.SharedPatch {
				g.apart = append(g.apart, d)
			}
		}
	}
	return g
}

func (g gathered) report(size, gap int, seed uint64) RegionsReport {
	r := RegionsReport{Size: size, Gap: gap, Images: len(g.joint), Largest: text.Ratio(math.NaN())}
	if len(g.deviations) > 0 {
		r.Largest = text.Ratio(slices.Max(g.deviations))
	}
	every := make([]int, len(g.joint))
	for i := range every {
		every[i] = i
	}
	of := func(statistic func([]int) float64) experiment.Estimate {
		rng := rand.New(rand.NewPCG(seed, uint64(size)<<32|uint64(gap)))
		return experiment.EstimateOf(statistic(every), experiment.Bootstrap(len(every), rng, statistic))
	}
	r.Correlation, r.Relative = of(g.correlation), of(g.relative)
	return r
}

func (g gathered) correlation(sample []int) float64 {
	x, y := make([]float64, len(sample)), make([]float64, len(sample))
	for i, k := range sample {
		x[i], y[i] = g.joint[k], g.sum[k]
	}
	return experiment.Pearson(x, y)
}

func (g gathered) relative(sample []int) float64 {
	apart, joint := 0.0, 0.0
	for _, k := range sample {
		apart += math.Abs(g.joint[k] - g.sum[k])
		joint += math.Abs(g.joint[k])
	}
	if joint == 0 {
		return math.NaN()
	}
	return apart / joint
}

// newAddUp finds out from which of the gaps on regions of a size add up.
func newAddUp(results []experiment.Result[Record], size int, gaps []int, seed uint64) AddUp {
	x := make([]float64, len(gaps))
	apart, joint := make([][]float64, len(gaps)), make([][]float64, len(gaps)) // [gap][image], 0 where regions do not fit
	for i, gap := range gaps {
		x[i] = float64(gap)
		apart[i], joint[i] = make([]float64, len(results)), make([]float64, len(results))
		for k, image := range results {
			for _, r := range image.Value.Regions {
				if r.Size == size && r.Gap == gap {
					apart[i][k], joint[i][k] = math.Abs(r.Joint-r.Sum), math.Abs(r.Joint)
				}
			}
		}
	}
	shares := make([]float64, len(gaps))
	statistic := func(sample []int) float64 {
		for i := range gaps {
			a, j := 0.0, 0.0
			for _, k := range sample {
				a, j = a+apart[i][k], j+joint[i][k]
			}
			shares[i] = 1 - a/j // NaN where nothing fits
		}
		return experiment.Reached(x, shares, addUp)
	}
	last := 0.0
	for i := range gaps {
		if slices.Max(append(joint[i], 0)) > 0 {
			last = x[i]
		}
	}
	rng := rand.New(rand.NewPCG(seed, uint64(size)<<32|math.MaxUint32))
	return AddUp{size, experiment.NewReach(len(results), x[0], rng, statistic), last}
}

// Text is the report for people.
func (r *Report) Text() []byte {
	var b bytes.Buffer
	r.Summary.Text(&b)
	for _, n := range r.Networks {
		n.NetworkSummary.Text(&b)
		fmt.Fprintf(&b, "\n%6s %6s  %6s  %15s  %17s  %17s\n", "size", "gap", "images", "r of joint, sum", "|joint-sum|/joint", "largest, of range")
		var left []string
		for _, g := range n.Regions {
			if g.Images == 0 {
				left = append(left, fmt.Sprintf("%d px with a gap of %d", g.Size, g.Gap))
				continue
			}
			fmt.Fprintf(&b, "%3d px %3d px  %6d  %15s  %17s  %17.2g\n", g.Size, g.Gap, g.Images, g.Correlation.Decimals(), g.Relative.Percent(), float64(g.Largest))
		}
		if len(left) > 0 && n.Measured > 0 {
			fmt.Fprintf(&b, "left out, as they do not fit into the images: %s\n", strings.Join(left, "; "))
		}
		if n.Measured > 0 {
			b.WriteString("\n90% of the joint effect adds up from a gap of\n")
			for _, a := range n.AddUp {
				fmt.Fprintf(&b, "%s, for regions of %d px\n", a.Text(a.last), a.Size)
			}
		}
		n.conclusion(&b)
	}
	experiment.TextDifferences(&b, r.Pairs)
	return b.Bytes()
}

// conclusion says whether a BagNet adds up what it must.
func (n *Network) conclusion(b *bytes.Buffer) {
	switch p := n.Additivity; {
	case p != nil:
		verdict := "they add up exactly, but for rounding"
		if !p.Exact {
			verdict = "they do NOT add up exactly"
		}
		fmt.Fprintf(b, "\nregions that no patch touches two of, as from a gap of %d pixels on: %s;\nlargest deviation %.2g of the logits' range, %s\n",
			p.Gap, verdict, float64(p.Deviation), text.Count(p.Images, "measurement", "measurements"))
	case n.Patch > 0 && n.Measured > 0:
		fmt.Fprintf(b, "\nno regions were so far apart that no patch touches two of them, as from a gap of %d pixels on\n", n.Patch-1)
	}
}

// regions names those of a size.
func regions(size int) string { return fmt.Sprintf("regions of %d px", size) }

// Figure draws the correlation against the gap.
func (r *Report) Figure() chart.Figure {
	f := chart.Figure{Title: "Do masked regions add up?", X: "gap between the regions, pixels", Y: "correlation of joint change and sum", From: 0.9, To: 1}
	for _, n := range r.Networks {
		series := map[int]int{}
		for _, g := range n.Regions {
			if g.Images == 0 {
				continue
			}
			i, ok := series[g.Size]
			if !ok {
				i = len(f.Series)
				series[g.Size] = i
				f.Series = append(f.Series, chart.Series{Name: n.Shown(), Kind: regions(g.Size)})
			}
			f.Series[i].Points = append(f.Series[i].Points, chart.Point{X: float64(g.Gap), Y: g.Correlation.Value(), Error: float64(g.Correlation.Error)})
		}
	}
	return f
}

// DepthFigure draws the gap from which on regions add up against one of experiment.Axes.
func (r *Report) DepthFigure(axis string) chart.Figure {
	var all []experiment.Reaching
	for _, n := range r.Networks {
		for _, a := range n.AddUp {
			all = append(all, experiment.Reaching{NetworkSummary: n.NetworkSummary, Reach: a.Reach, Last: a.last})
			if len(n.AddUp) > 1 {
				all[len(all)-1].Kind = regions(a.Size)
			}
		}
	}
	return experiment.ReachFigure("How far apart do regions add up?", "gap from which on 90% adds up, pixels", axis, all)
}

// amounts are what an image adds to the mean deviations, |joint - sum| / |joint|.
func amounts(image experiment.Result[Record]) (all []experiment.Amount) {
	for _, r := range image.Value.Regions {
		of := fmt.Sprintf("deviation, %d px, gap %d", r.Size, r.Gap)
		all = append(all, experiment.Amount{Of: of, Value: math.Abs(r.Joint - r.Sum), Weight: math.Abs(r.Joint)})
	}
	return all
}
