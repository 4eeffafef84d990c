package accuracy

import (
	"bytes"
	"fmt"
	"math"
	"strings"

	"bagnet/internal/chart"
	"bagnet/internal/experiment"
	"bagnet/internal/text"
)

// Report is what there is to say of several networks' answers.
type Report struct {
	experiment.Summary
	Choices  int                     `json:"classes"` // that answers are among
	Chance   text.Ratio              `json:"chance"`  // the accuracy of answers drawn at random
	Networks []Network               `json:"networks"`
	Pairs    []experiment.Difference `json:"pairs,omitempty"`

	limited bool // some of the images were chosen
}

// Network is about one network. Accuracies are shares, with their 95 % intervals.
type Network struct {
	experiment.NetworkSummary
	Depth           int                 `json:"layers"`
	Sight           *int                `json:"sees"` // see NetworkSummary.AtOnce; null if nobody knows
	Whole           bool                `json:"sees_whole_image"`
	Top1            text.Ratio          `json:"top1"`
	Top1Interval    experiment.Interval `json:"top1_interval"`
	Top5            text.Ratio          `json:"top5"` // null among five classes or fewer
	Top5Interval    experiment.Interval `json:"top5_interval"`
	MeanClass       text.Ratio          `json:"mean_class_accuracy"`
	ImagesPerSecond text.Ratio          `json:"images_per_second"`
	Seconds         float64             `json:"seconds"`

	right int
}

// NewReport sums up the records of a run.
func NewReport(run *experiment.Run[Record], x *Experiment) *Report {
	r := &Report{Summary: run.Summary, Networks: []Network{}, limited: run.Images < run.All}
	for _, m := range run.Networks {
		r.Choices = x.choices(m.Classes)
		r.Networks = append(r.Networks, newNetwork(m, r.Choices > topFive))
	}
	r.Chance = text.Ratio(1 / float64(r.Choices))
	r.Pairs = experiment.Differences(run, r.amounts)
	return r
}

// newNetwork counts one network's answers. top5 says whether some of the classes are not
// among the likeliest five.
func newNetwork(m *experiment.Measured[Record], top5 bool) Network {
	n := Network{NetworkSummary: m.NetworkSummary, Depth: m.Layers, Top5: text.Ratio(math.NaN()), ImagesPerSecond: text.Ratio(math.NaN())}
	if side, whole := m.AtOnce(); side > 0 {
		n.Sight, n.Whole = &side, whole
	} else {
		n.Whole = whole
	}
	images, right := make([]int, len(m.Classes)), make([]int, len(m.Classes))
	five := 0
	for _, image := range m.Results {
		images[image.Class]++
		for i, p := range image.Value.Predictions {
			if p.Index != image.Class {
				continue
			}
			five++
			if i == 0 {
				right[image.Class]++
			}
		}
	}
	sum, classes := 0.0, 0
	for c, of := range images {
		if of > 0 {
			n.right, sum, classes = n.right+right[c], sum+float64(right[c])/float64(of), classes+1
		}
	}
	all := len(m.Results)
	n.Top1, n.Top1Interval = text.Ratio(float64(n.right)/float64(all)), experiment.Wilson(n.right, all)
	n.Top5Interval = experiment.Wilson(0, 0)
	if top5 {
		n.Top5, n.Top5Interval = text.Ratio(float64(five)/float64(all)), experiment.Wilson(five, all)
	}
	n.MeanClass = text.Ratio(sum / float64(classes))
	if n.Seconds = m.Times.Span().Seconds(); m.Times.Measured > 0 && n.Seconds > 0 {
		n.ImagesPerSecond = text.Ratio(float64(m.Times.Measured) / n.Seconds)
	}
	return n
}

// Text is the report for people.
func (r *Report) Text() []byte {
	var b bytes.Buffer
	if r.Interrupted {
		b.WriteString("interrupted: this is about what was finished\n\n")
	}
	fmt.Fprintf(&b, "images   %d", r.Images)
	if r.limited {
		fmt.Fprintf(&b, " of %d, by seed %d", r.All, r.Seed)
	}
	fmt.Fprintf(&b, "\nclasses  %d; by chance %s are right\n", r.Choices, strings.TrimSpace(r.Chance.Percent()))
	if r.Common > 0 {
		fmt.Fprintf(&b, "         those that all networks have; %s of others left out\n", text.Count(r.LeftOut, "image", "images"))
	}
	longest := len("network")
	for _, n := range r.Networks {
		longest = max(longest, len([]rune(text.Shorten(text.OneLine(n.Model), longestName))))
	}
	fmt.Fprintf(&b, "\n%-*s  %7s  %17s  %7s  %9s  %9s  %6s  %s\n", longest, "network", "top-1", "95% interval", "top-5", "of class", "images/s", "layers", "sees at once")
	for _, n := range r.Networks {
		speed := "-"
		if !math.IsNaN(float64(n.ImagesPerSecond)) {
			speed = fmt.Sprintf("%.1f", float64(n.ImagesPerSecond))
		}
		fmt.Fprintf(&b, "%-*s  %7s  %17s  %7s  %9s  %9s  %6d  %s\n", longest, text.Shorten(text.OneLine(n.Model), longestName),
			n.Top1.Percent(), n.Top1Interval.Text(100, 2, "%"), n.Top5.Percent(), n.MeanClass.Percent(), speed, n.Layers, n.sight())
	}
	before := "\n"
	for _, n := range r.Networks {
		if n.Failed+n.Unlabelled > 0 {
			b.WriteString(before)
			before = ""
			fmt.Fprintf(&b, "%s: %d evaluated, %d failed, %d of unknown class\n", text.OneLine(n.Model), n.Measured, n.Failed, n.Unlabelled)
		}
	}
	experiment.TextDifferences(&b, r.Pairs)
	return b.Bytes()
}

// longestName is how many characters of a network's name the table shows.
const longestName = 40

// sight is what a network sees at once, for people.
func (n *Network) sight() string {
	switch side, whole := n.AtOnce(); {
	case whole:
		return "the whole image"
	default:
		return fmt.Sprintf("%d px", side)
	}
}

// Figure draws accuracy against what a network sees at once, and what chance would give.
// Networks that see the same stand side by side, in their order.
func (r *Report) Figure() chart.Figure {
	f := chart.Figure{Title: "Accuracy over what networks see at once", X: "sees at once, pixels to a side", Y: "top-1 accuracy", XScale: chart.Log, From: 0, To: 1}
	var places []float64
	for _, n := range r.Networks {
		place := n.Along(experiment.BySight)
		if n.Measured == 0 { // it takes no room beside others
			place = 0
		}
		places = append(places, place)
		if side, whole := n.AtOnce(); whole && side > 0 {
			f.X = fmt.Sprintf("sees at once, pixels to a side (%d: the whole image)", side)
		}
	}
	places, f.Marks = experiment.SideBySide(places)
	for i, n := range r.Networks {
		f.Series = append(f.Series, chart.Series{
			Style: chart.Dots, Points: []chart.Point{{X: places[i], Y: float64(n.Top1), Name: n.Shown()}},
			Bars: []chart.Bar{{Low: float64(n.Top1Interval[0]), High: float64(n.Top1Interval[1])}},
		})
	}
	return experiment.WithChance(f, []float64{float64(r.Chance)})
}

// amounts are what an image adds to the accuracies.
func (r *Report) amounts(image experiment.Result[Record]) []experiment.Amount {
	top1, top5 := false, false
	for i, p := range image.Value.Predictions {
		right := p.Index == image.Class
		top1, top5 = top1 || right && i == 0, top5 || right
	}
	all := []experiment.Amount{{Of: "top-1", Value: experiment.Share(top1), Weight: 1}}
	if r.Choices > topFive {
		all = append(all, experiment.Amount{Of: "top-5", Value: experiment.Share(top5), Weight: 1})
	}
	return all
}
