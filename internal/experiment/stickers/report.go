package stickers

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

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

// Network is about one network. Shares are of the images that stickers were pasted into,
// of which the mean over repeats is taken first.
type Network struct {
	experiment.NetworkSummary
	Own     int             `json:"own"` // images of the stickers' class itself, which are left out
	Pasted  []PastedReport  `json:"pasted"`
	Places  []PlacesReport  `json:"places,omitempty"`
	Defence []DefenceReport `json:"defence,omitempty"`
}

// PastedReport is about so many stickers of a size.
type PastedReport struct {
	Size   int                 `json:"size"`
	Number int                 `json:"number"`
	Images int                 `json:"images"`
	Became experiment.Estimate `json:"became"` // the stickers' class
	Other  experiment.Estimate `json:"other"`  // another class
}

// PlacesReport is about the place of a sticker: means over images, in logits.
type PlacesReport struct {
	Size      int                 `json:"size"`
	Images    int                 `json:"images"`
	Effect    experiment.Estimate `json:"effect"`
	Anywhere  experiment.Estimate `json:"anywhere"`
	Congruent experiment.Estimate `json:"congruent"`
}

// DefenceReport is about double masking, with one sticker of a size.
type DefenceReport struct {
	Size      int                 `json:"size"`
	Images    int                 `json:"images"`
	Became    experiment.Estimate `json:"became"` // of the defended answers, the stickers' class
	Certified int                 `json:"certified"`
	Tries     int                 `json:"tries"`   // with images whose answer is certified
	Changed   int                 `json:"changed"` // of these: 0, or a certificate is wrong
}

// NewReport sums up the records of a run.
func NewReport(run *experiment.Run[Record]) *Report {
	r := &Report{Summary: run.Summary, Networks: []Network{}}
	for _, m := range run.Networks {
		r.Networks = append(r.Networks, newNetwork(m))
	}
	r.Pairs = experiment.Differences(run, amounts)
	return r
}

// sizeAndNumber are of stickers.
type sizeAndNumber struct{ size, number int }

func (a sizeAndNumber) compare(b sizeAndNumber) int {
	return cmp.Or(cmp.Compare(a.size, b.size), cmp.Compare(a.number, b.number))
}

func newNetwork(m *experiment.Measured[Record]) Network {
	n := Network{NetworkSummary: m.NetworkSummary, Pasted: []PastedReport{}}
	became, other := map[sizeAndNumber][]float64{}, map[sizeAndNumber][]float64{}
	effect, anywhere, congruent := map[int][]float64{}, map[int][]float64{}, map[int][]float64{}
	defended, defence := map[int][]float64{}, map[int]*DefenceReport{}
	for _, image := range m.Results {
		if image.Value.Own {
			n.Own++
		}
		for _, p := range image.Value.Pasted {
			if key := (sizeAndNumber{p.Size, p.Number}); p.Tries > 0 {
				became[key] = append(became[key], float64(p.Became)/float64(p.Tries))
				other[key] = append(other[key], float64(p.Other)/float64(p.Tries))
			}
		}
		for _, p := range image.Value.Places {
			effect[p.Size] = append(effect[p.Size], float64(p.Effect))
			anywhere[p.Size] = append(anywhere[p.Size], float64(p.Anywhere))
			congruent[p.Size] = append(congruent[p.Size], float64(p.Congruent))
		}
		for _, d := range image.Value.Defence {
			defended[d.Size] = append(defended[d.Size], float64(d.Became)/float64(d.Tries))
			of := defence[d.Size]
			if of == nil {
				of = &DefenceReport{Size: d.Size}
				defence[d.Size] = of
			}
			of.Images++
			if d.Certified {
				of.Certified++
				of.Tries += d.Tries
				of.Changed += d.Changed
			}
		}
	}
	for _, key := range slices.SortedFunc(maps.Keys(became), sizeAndNumber.compare) {
		n.Pasted = append(n.Pasted, PastedReport{key.size, key.number, len(became[key]), experiment.NewEstimate(became[key]), experiment.NewEstimate(other[key])})
	}
	for _, size := range slices.Sorted(maps.Keys(effect)) {
		n.Places = append(n.Places, PlacesReport{size, len(effect[size]), experiment.NewEstimate(effect[size]), experiment.NewEstimate(anywhere[size]), experiment.NewEstimate(congruent[size])})
	}
	for _, size := range slices.Sorted(maps.Keys(defence)) {
		d := *defence[size]
		d.Became = experiment.NewEstimate(defended[size])
		n.Defence = append(n.Defence, d)
	}
	return n
}

// Text is the report for people.
func (r *Report) Text() []byte {
	var b bytes.Buffer
	r.Summary.Text(&b)
	for _, n := range r.Networks {
		n.NetworkSummary.Text(&b)
		if n.Own > 0 {
			fmt.Fprintf(&b, "left out    %s of the stickers' own class\n", text.Count(n.Own, "image", "images"))
		}
		fmt.Fprintf(&b, "\n%-9s  %8s  %6s  %19s  %17s\n", "stickers", "side", "images", "became their class", "or another")
		for _, p := range n.Pasted {
			fmt.Fprintf(&b, "%-9d  %5d px  %6d  %19s  %17s\n", p.Number, p.Size, p.Images, p.Became.Percent(), p.Other.Percent())
		}
		if len(n.Places) > 0 {
			fmt.Fprintf(&b, "\n%-20s  %17s  %17s  %17s\n", "alone, logits", "effect", "± by place", "± whole strides")
		}
		for _, p := range n.Places {
			fmt.Fprintf(&b, "%-20s  %17s  %17s  %17s\n", fmt.Sprintf("%d px", p.Size), p.Effect.Decimals(), p.Anywhere.Decimals(), p.Congruent.Decimals())
		}
		for i, d := range n.Defence {
			if i == 0 {
				b.WriteString("\ndouble masking, one sticker\n")
			}
			fmt.Fprintf(&b, "%d px: %s became their class; %d of %s certified, and of %s on these %s\n", d.Size, d.Became.Percent(),
				d.Certified, text.Count(d.Images, "answer", "answers"), text.Count(d.Tries, "try", "tries"), d.outcome())
		}
	}
	experiment.TextDifferences(&b, r.Pairs)
	return b.Bytes()
}

// outcome says what became of certified answers.
func (d *DefenceReport) outcome() string {
	if d.Changed == 0 {
		return "none changed the answer"
	}
	return fmt.Sprintf("%d CHANGED THE ANSWER: the certificates are wrong", d.Changed)
}

// Figure draws the share of answers that became the stickers' class over their size.
func (r *Report) Figure() chart.Figure {
	f := chart.Figure{Title: "Answers that stickers change to their class", X: "side of the sticker, pixels", Y: "share of the images", YScale: chart.Root, From: 0, To: 1}
	for _, n := range r.Networks {
		byNumber := map[int]*chart.Series{}
		for _, p := range n.Pasted {
			s := byNumber[p.Number]
			if s == nil {
				s = &chart.Series{Name: n.Shown(), Kind: text.Count(p.Number, "sticker", "stickers")}
				byNumber[p.Number] = s
			}
			s.Points = append(s.Points, chart.Point{X: float64(p.Size), Y: p.Became.Value(), Error: float64(p.Became.Error)})
		}
		for _, number := range slices.Sorted(maps.Keys(byNumber)) {
			f.Series = append(f.Series, *byNumber[number])
		}
	}
	return f
}

// amounts are what an image adds to the shares of answers that became the stickers' class.
func amounts(image experiment.Result[Record]) (all []experiment.Amount) {
	for _, p := range image.Value.Pasted {
		if p.Tries > 0 {
			of := fmt.Sprintf("%s of %d px", text.Count(p.Number, "sticker", "stickers"), p.Size)
			all = append(all, experiment.Amount{Of: of, Value: float64(p.Became) / float64(p.Tries), Weight: 1})
		}
	}
	return all
}
