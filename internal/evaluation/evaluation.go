// Package evaluation computes how good a classifier is from its answers to
// images whose true classes are known: accuracies, confusions, calibration and
// the mistakes it was most confident of.
//
// All of it is exact counting, so that the order of the images does not matter
// to the last bit.
package evaluation

import "math"

// TopFive is how many of an image's likeliest classes may hold the true one
// for it to count as right "in the top five".
const TopFive = 5

// A Prediction is a class that a classifier gave a probability.
type Prediction struct {
	Class       int
	Probability float64 // 0 to 1
}

// A Result is a classifier's answer to one image.
type Result struct {
	Path        string
	Class       int          // the true one
	Predictions []Prediction // most likely first: TopFive, or all that the classifier has if they are fewer
}

// A Class counts images of one true class.
type Class struct {
	Images   int
	Top1     int         // classified as that class
	Top5     int         // with that class among the TopFive likeliest
	Mistaken map[int]int // classified as another class, by that class; nil if there are none
}

// An Evaluation sums results up. Its size does not depend on how many there
// are. It is not safe for concurrent use.
type Evaluation struct {
	classes  []Class
	bins     [Bins]bin
	mistakes mistakes
}

// New returns an empty evaluation of a classifier with that many classes,
// which will keep that many of its most confident mistakes.
func New(classes, mistakes int) *Evaluation {
	e := &Evaluation{classes: make([]Class, classes)}
	e.mistakes.limit = mistakes
	return e
}

// Add counts one result. It has at least one prediction; its classes are
// among the evaluation's.
func (e *Evaluation) Add(r Result) {
	first := r.Predictions[0]
	right := first.Class == r.Class
	e.bins[binOf(first.Probability)].add(first.Probability, right)

	c := &e.classes[r.Class]
	c.Images++
	for _, p := range r.Predictions[:min(TopFive, len(r.Predictions))] {
		if p.Class == r.Class {
			c.Top5++
			break
		}
	}
	if right {
		c.Top1++
		return
	}
	if c.Mistaken == nil {
		c.Mistaken = make(map[int]int)
	}
	c.Mistaken[first.Class]++
	e.mistakes.add(Mistake{Path: r.Path, Class: r.Class, Predicted: first.Class, Probability: first.Probability})
}

// Classes returns the counts of each class. The slice is the evaluation's own.
func (e *Evaluation) Classes() []Class { return e.classes }

// Total returns the sums over all classes; its Mistaken is nil.
func (e *Evaluation) Total() Class {
	var t Class
	for _, c := range e.classes {
		t.Images += c.Images
		t.Top1 += c.Top1
		t.Top5 += c.Top5
	}
	return t
}

// MeanClassAccuracy returns the mean of the top-1 accuracies of the classes
// that have images, 0 to 1, and how many these are; NaN if there are none.
func (e *Evaluation) MeanClassAccuracy() (mean float64, classes int) {
	var sum float64
	for _, c := range e.classes {
		if c.Images > 0 {
			sum += Share(c.Top1, c.Images)
			classes++
		}
	}
	return sum / float64(classes), classes
}

// Mistakes returns the most confident mistakes, the most confident first;
// equals are ordered by path, then by true and predicted class.
func (e *Evaluation) Mistakes() []Mistake { return e.mistakes.kept }

// Confusion returns how many images of each class (row) were classified as
// each class (column).
func (e *Evaluation) Confusion() [][]int {
	n := len(e.classes)
	counts := make([][]int, n)
	all := make([]int, n*n)
	for i, c := range e.classes {
		counts[i] = all[i*n : (i+1)*n : (i+1)*n]
		counts[i][i] = c.Top1
		for predicted, images := range c.Mistaken {
			counts[i][predicted] = images
		}
	}
	return counts
}

// MostMistaken returns the class that images of c were most often taken for
// instead, the one with the lowest index if there are several, and how many
// images were; -1 and 0 if every image was right.
func (c Class) MostMistaken() (class, images int) {
	class = -1
	for other, n := range c.Mistaken {
		if n > images || n == images && other < class {
			class, images = other, n
		}
	}
	return class, images
}

// Share returns part/whole, NaN where there is no whole.
func Share(part, whole int) float64 {
	if whole == 0 {
		return math.NaN()
	}
	return float64(part) / float64(whole)
}
