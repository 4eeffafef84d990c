package evaluation

import (
	"math"
	"math/bits"
)

// Bins is how many bins of equal width the probabilities of the likeliest
// classes are sorted into for the calibration error: as many as in Guo et al.,
// "On Calibration of Modern Neural Networks", ICML 2017.
const Bins = 15

// A Bin holds the images whose likeliest class has a probability above From
// and up to To (the first bin's From included).
type Bin struct {
	From, To   float64
	Images     int
	Accuracy   float64 // share of them that are right; NaN in an empty bin
	Confidence float64 // mean probability of their likeliest class; NaN in an empty bin
}

// Calibration returns the Bins bins in order.
func (e *Evaluation) Calibration() []Bin {
	all := make([]Bin, Bins)
	for i, b := range e.bins {
		all[i] = Bin{From: edge(i), To: edge(i + 1), Images: b.images, Accuracy: Share(b.right, b.images)}
		all[i].Confidence = b.confidence.value() / float64(b.images)
	}
	return all
}

// CalibrationError returns Guo et al.'s expected calibration error: the mean
// over all images of |accuracy - confidence| of the image's bin. It is NaN
// without images.
func (e *Evaluation) CalibrationError() float64 {
	var sum float64
	images := 0
	for _, b := range e.bins {
		sum += math.Abs(float64(b.right) - b.confidence.value()) // its images times the difference
		images += b.images
	}
	return sum / float64(images)
}

// Confidence returns the mean probability of the images' likeliest classes,
// NaN without images.
func (e *Evaluation) Confidence() float64 {
	var sum exactSum
	images := 0
	for _, b := range e.bins {
		sum.merge(b.confidence)
		images += b.images
	}
	return sum.value() / float64(images)
}

// edge is the lower end of bin i, which is the upper one of bin i-1.
func edge(i int) float64 { return float64(i) / Bins }

// binOf returns the number of a probability's bin.
func binOf(probability float64) int {
	i := 0
	for i < Bins-1 && probability > edge(i+1) {
		i++
	}
	return i
}

// bin is what is counted for a Bin.
type bin struct {
	images, right int
	confidence    exactSum
}

func (b *bin) add(probability float64, right bool) {
	b.images++
	if right {
		b.right++
	}
	b.confidence.add(probability)
}

// exactSum is a sum of probabilities in units of 2^-63, in 128 bits. What is
// below that unit is dropped: nothing of a probability of 2^-11 or more, as a
// float64 has 53 bits.
type exactSum struct{ high, low uint64 }

func (s *exactSum) add(probability float64) {
	s.merge(exactSum{low: uint64(probability * (1 << 63))})
}

func (s *exactSum) merge(other exactSum) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, other.low, 0)
	s.high, _ = bits.Add64(s.high, other.high, carry)
}

func (s exactSum) value() float64 {
	return float64(s.high)*2 + float64(s.low)/(1<<63)
}
