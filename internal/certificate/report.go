package certificate

import (
	"cmp"
	"math"
	"slices"

	"bagnet/internal/certify"
	"bagnet/internal/chart"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/text"
)

// Counts are how many answers to images of known classes are right and certified.
type Counts struct {
	settings Settings
	classes  []class.Class
	all      count
	byClass  []count
	sides    []int    // of the stickers of each result, pixels; see differ
	windows  []int    // of each result
	differ   []bool   // the sides of stickers of images of several sizes
	largest  []int    // of the images whose answer by the first method is right at the first size
	attacks  [][2]int // on certified answers of each result, and how many of them succeeded
	open     [][2]int // the answers without a certificate that were attacked, and how many of them were changed
}

// A count is about the images of one class, or all.
type count struct {
	images, plain    int
	clean, certified []int // by result
}

func newCount(results int) count {
	return count{clean: make([]int, results), certified: make([]int, results)}
}

// NewCounts makes counts of nothing yet.
func NewCounts(s Settings, classes []class.Class) *Counts {
	n := len(s.Methods) * len(s.Stickers)
	c := &Counts{settings: s, classes: classes, all: newCount(n), sides: make([]int, n), windows: make([]int, n), differ: make([]bool, n),
		attacks: make([][2]int, n), open: make([][2]int, n)}
	for range classes {
		c.byClass = append(c.byClass, newCount(n))
	}
	return c
}

// Add counts an image whose class is known.
func (c *Counts) Add(i *Image) {
	for _, n := range []*count{&c.all, &c.byClass[i.Label.Index]} {
		n.images++
		if i.Plain.Index == i.Label.Index {
			n.plain++
		}
		for k, r := range i.Results {
			if r.right() {
				n.clean[k]++
				if r.Certified {
					n.certified[k]++
				}
			}
		}
	}
	for k, r := range i.Results {
		c.differ[k] = c.differ[k] || c.all.images > 1 && r.Patch != c.sides[k]
		c.sides[k], c.windows[k] = r.Patch, r.Window
		switch {
		case r.Broken == nil:
		case r.Certified:
			c.attacks[k][0] += r.Attacks
			c.attacks[k][1] += *r.Broken
		default:
			c.open[k][0]++
			c.open[k][1] += min(1, *r.Broken)
		}
	}
	if i.Results[0].right() {
		c.largest = append(c.largest, *i.Largest)
	}
}

// A Report is what there is to say about the images of a run, as it is in JSON. Shares
// are of the evaluated images, null where there are none.
type Report struct {
	Model       string         `json:"model"`
	Images      int            `json:"images"`
	Failed      int            `json:"failed"`
	Unlabelled  int            `json:"unlabelled"`
	Evaluated   int            `json:"evaluated"`
	Interrupted bool           `json:"interrupted"`
	Plain       text.Ratio     `json:"plain"`
	Results     []ResultReport `json:"results"`
	Largest     text.Ratio     `json:"median_largest"` // pixels, over images that the first method answers right
	Classes     []ClassReport  `json:"classes"`
	dataset.Sampling

	right  int
	chance float64 // of answers drawn at random to be right
}

// A ResultReport is about one method and one size of sticker. Patch and Window are null
// if images differ in size, and with them the stickers.
type ResultReport struct {
	Method    certify.Method `json:"method"`
	Size      string         `json:"size"`
	Patch     *int           `json:"patch"`
	Window    *int           `json:"window"`
	Clean     text.Ratio     `json:"clean"`
	Certified text.Ratio     `json:"certified"`
	Attacked  *AttackReport  `json:"attacked,omitempty"`

	clean, certified int
}

// An AttackReport is what came of attacks on the answers.
type AttackReport struct {
	Attacks  int `json:"attacks"` // on certified answers
	Broken   int `json:"broken"`  // of these
	Open     int `json:"open"`    // answers without a certificate that were attacked too
	OpenLost int `json:"changed"` // of these
}

// A ClassReport is about the images of one class.
type ClassReport struct {
	Class     class.Class  `json:"class"`
	Images    int          `json:"images"`
	Plain     text.Ratio   `json:"plain"`
	Clean     []text.Ratio `json:"clean"` // in the order of results
	Certified []text.Ratio `json:"certified"`
}

// A Run is what a report says beside what was counted.
type Run struct {
	Model              string
	Images             int // that the run came to
	Failed, Unlabelled int
	Interrupted        bool
	dataset.Sampling
}

// Report is about what was counted until now.
func (c *Counts) Report(run Run) *Report {
	r := &Report{Model: run.Model, Images: run.Images, Failed: run.Failed, Unlabelled: run.Unlabelled, Interrupted: run.Interrupted, Sampling: run.Sampling,
		Evaluated: c.all.images, Plain: share(c.all.plain, c.all.images), Largest: median(c.largest), Classes: []ClassReport{}, right: c.all.plain, chance: 1 / float64(max(1, len(c.classes)))}
	for k := range c.sides {
		sticker := c.settings.Stickers[k%len(c.settings.Stickers)]
		result := ResultReport{Method: c.settings.Methods[k/len(c.settings.Stickers)], Size: sticker.Name,
			Clean: share(c.all.clean[k], c.all.images), Certified: share(c.all.certified[k], c.all.images),
			clean: c.all.clean[k], certified: c.all.certified[k]}
		if c.all.images > 0 && !c.differ[k] {
			result.Patch, result.Window = &c.sides[k], &c.windows[k]
		}
		if c.settings.Attacks > 0 {
			result.Attacked = &AttackReport{c.attacks[k][0], c.attacks[k][1], c.open[k][0], c.open[k][1]}
		}
		r.Results = append(r.Results, result)
	}
	for i, n := range c.byClass {
		if n.images > 0 {
			r.Classes = append(r.Classes, ClassReport{c.classes[i], n.images, share(n.plain, n.images), shares(n.clean, n.images), shares(n.certified, n.images)})
		}
	}
	return r
}

func share(n, of int) text.Ratio {
	if of == 0 {
		return text.Ratio(math.NaN())
	}
	return text.Ratio(float64(n) / float64(of))
}

func shares(n []int, of int) []text.Ratio {
	all := make([]text.Ratio, len(n))
	for i := range n {
		all[i] = share(n[i], of)
	}
	return all
}

// median is the middle one, or the mean of the two in the middle.
func median(values []int) text.Ratio {
	n := len(values)
	if n == 0 {
		return text.Ratio(math.NaN())
	}
	values = slices.Sorted(slices.Values(values))
	return text.Ratio(float64(values[(n-1)/2]+values[n/2]) / 2)
}

// Figure draws accuracies over the side of the sticker.
func (r *Report) Figure() chart.Figure {
	f := chart.Figure{Title: "Answers right, and certified", X: "side of the sticker, pixels", Y: "share of the images", From: 0, To: 1}
	f.Series = []chart.Series{
		{Name: "right without a defence", Style: chart.Reference, Points: []chart.Point{{Y: float64(r.Plain)}}},
		{Name: "chance", Style: chart.Reference, Points: []chart.Point{{Y: r.chance}}},
	}
	for _, method := range r.methods() {
		clean, certified := chart.Series{Name: string(method), Kind: "clean"}, chart.Series{Name: string(method), Kind: "certified"}
		for _, result := range r.Results {
			if result.Method != method || result.Patch == nil {
				continue
			}
			x := float64(*result.Patch)
			clean.Points = append(clean.Points, chart.Point{X: x, Y: float64(result.Clean)})
			certified.Points = append(certified.Points, chart.Point{X: x, Y: float64(result.Certified)})
		}
		for _, s := range []chart.Series{clean, certified} {
			slices.SortStableFunc(s.Points, func(a, b chart.Point) int { return cmp.Compare(a.X, b.X) })
			f.Series = append(f.Series, s)
		}
	}
	return f
}

// methods are those of the results, in their order.
func (r *Report) methods() []certify.Method {
	var all []certify.Method
	for _, result := range r.Results {
		if !slices.Contains(all, result.Method) {
			all = append(all, result.Method)
		}
	}
	return all
}
