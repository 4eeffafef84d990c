package experiment

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// An Answer is what a network says of an image.
type Answer struct {
	Class       int     // the likeliest one; negative for none, which is wrong
	Probability float64 // of that class
}

// Answers are those of several networks to the same images, whose true classes
// are known.
type Answers struct {
	Labels []int      // [images] the true classes
	Given  [][]Answer // [networks][images]
}

// score returns 1 if a network is right on an image, else 0.
func (a *Answers) score(network, image int) float64 {
	if a.Given[network][image].Class == a.Labels[image] {
		return 1
	}
	return 0
}

// Classes returns the true classes that there are images of, ascending.
func (a *Answers) Classes() []int {
	classes := slices.Clone(a.Labels)
	slices.Sort(classes)
	return slices.Compact(classes)
}

// Accuracies returns the share of each class's images that a network is right
// on, 0 to 1, and its standard error over images, in the order of Classes.
func (a *Answers) Accuracies(network int) (shares, standardErrors []float64) {
	byClass := map[int][]float64{}
	for i, label := range a.Labels {
		byClass[label] = append(byClass[label], a.score(network, i))
	}
	for _, class := range a.Classes() {
		share, standardError := Mean(byClass[class])
		shares, standardErrors = append(shares, share), append(standardErrors, standardError)
	}
	return shares, standardErrors
}

// Accuracy returns the share of the images that a network is right on, 0 to 1,
// and its standard error over images.
func (a *Answers) Accuracy(network int) (share, standardError float64) {
	scores := make([]float64, len(a.Labels))
	for i := range scores {
		scores[i] = a.score(network, i)
	}
	return Mean(scores)
}

// OnlyRight returns the images that one network is right on and all others are
// wrong on, those that it is surest of first; equals keep their order.
func (a *Answers) OnlyRight(network int) []int {
	var images []int
	for i := range a.Labels {
		right := 0.0
		for n := range a.Given {
			right += a.score(n, i)
		}
		if right == 1 && a.score(network, i) == 1 {
			images = append(images, i)
		}
	}
	given := a.Given[network]
	slices.SortStableFunc(images, func(x, y int) int {
		return cmp.Compare(given[y].Probability, given[x].Probability)
	})
	return images
}

// Agreement counts the images that two networks are right and wrong on.
type Agreement struct {
	BothRight, FirstRight, SecondRight, BothWrong int
	SameAnswer                                    int // of BothWrong: both give the same wrong class
}

// Agreement counts where two networks agree.
func (a *Answers) Agreement(first, second int) Agreement {
	var n Agreement
	for i, label := range a.Labels {
		x, y := a.Given[first][i].Class, a.Given[second][i].Class
		switch {
		case x == label && y == label:
			n.BothRight++
		case x == label:
			n.FirstRight++
		case y == label:
			n.SecondRight++
		default:
			n.BothWrong++
			if x == y && x >= 0 { // negative: no answer
				n.SameAnswer++
			}
		}
	}
	return n
}

// Images returns how many images were counted.
func (n Agreement) Images() int {
	return n.BothRight + n.FirstRight + n.SecondRight + n.BothWrong
}

// Observed returns the share of images that both networks are right on or both
// wrong on, 0 to 1; NaN without images.
func (n Agreement) Observed() float64 {
	return float64(n.BothRight+n.BothWrong) / float64(n.Images())
}

// Expected returns what Observed would be if the networks, as accurate as they
// are, were right and wrong independently of each other: p1*p2 + (1-p1)*(1-p2).
func (n Agreement) Expected() float64 {
	all := float64(n.Images())
	p1, p2 := float64(n.BothRight+n.FirstRight)/all, float64(n.BothRight+n.SecondRight)/all
	return p1*p2 + (1-p1)*(1-p2)
}

// Kappa returns Cohen's kappa of being right or wrong, which Geirhos, Meding and
// Wichmann (NeurIPS 2020) call error consistency: how far the agreement exceeds
// the expected one, as a share of how far it could. It is 1 for the same errors,
// 0 for independent ones, negative for fewer common errors than that, and NaN
// where both are always right or both always wrong, which leaves nothing to
// exceed.
func (n Agreement) Kappa() float64 {
	if n.Images() == n.BothRight || n.Images() == n.BothWrong {
		return math.NaN()
	}
	c := n.Expected()
	return (n.Observed() - c) / (1 - c)
}

// Overlap returns the share of the images that either network is wrong on that
// both are wrong on (Jaccard index), 0 to 1; NaN where neither errs.
func (n Agreement) Overlap() float64 {
	return float64(n.BothWrong) / float64(n.BothWrong+n.FirstRight+n.SecondRight)
}

// SameShare returns the share of the images that both networks are wrong on for
// which they give the same class, 0 to 1; NaN if there are none.
func (n Agreement) SameShare() float64 {
	return float64(n.SameAnswer) / float64(n.BothWrong)
}

// KappaInterval returns the 2.5th and the 97.5th percentile of kappa over
// images drawn with replacement, 1000 times as many as there are (percentile
// bootstrap). Draws in which kappa is undefined are left out; both are NaN if
// kappa itself is undefined.
func (n Agreement) KappaInterval(rng *rand.Rand) (low, high float64) {
	if math.IsNaN(n.Kappa()) {
		return math.NaN(), math.NaN()
	}
	kappas := resampled(n.Images(), rng, func(sample []int) float64 {
		var drawn Agreement
		for _, i := range sample {
			switch {
			case i < n.BothRight:
				drawn.BothRight++
			case i < n.BothRight+n.FirstRight:
				drawn.FirstRight++
			case i < n.BothRight+n.FirstRight+n.SecondRight:
				drawn.SecondRight++
			default:
				drawn.BothWrong++
			}
		}
		return drawn.Kappa()
	})
	if len(kappas) == 0 {
		return math.NaN(), math.NaN()
	}
	slices.Sort(kappas)
	return stat.Quantile(0.025, stat.Empirical, kappas, nil), stat.Quantile(0.975, stat.Empirical, kappas, nil)
}
