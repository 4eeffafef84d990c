package experiment

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/integrate"

	"bagnet/internal/answer"
)

// Cells divide an image into squares of Side x Side pixels, counted row by row.
type Cells struct{ Rows, Cols, Side int }

// NewCells returns the cells of an image of h x w pixels, whose sides must be
// multiples of theirs.
func NewCells(h, w, side int) (Cells, error) {
	if side < 1 || h < side || w < side || h%side > 0 || w%side > 0 {
		return Cells{}, fmt.Errorf("cells of %d pixels do not divide an image of %dx%d", side, w, h)
	}
	return Cells{h / side, w / side, side}, nil
}

// Len returns how many cells there are.
func (c Cells) Len() int { return c.Rows * c.Cols }

// CheckMap says what is wrong with a map of rows x cols values: it must have a
// value for each pixel, or for each square of s x s pixels, with s a divisor of
// Side.
func (c Cells) CheckMap(rows, cols int) error {
	h, w := c.Rows*c.Side, c.Cols*c.Side
	if rows > 0 && h%rows == 0 && c.Side%(h/rows) == 0 && cols*(h/rows) == w {
		return nil
	}
	if c.Side == 1 {
		return fmt.Errorf("a map of %d rows and %d columns does not suit the image, %d rows and %d columns: want a value for each pixel", rows, cols, h, w)
	}
	return fmt.Errorf("a map of %d rows and %d columns does not suit the image, %d rows and %d columns in cells of %d pixels: want a value for each pixel, for each cell, or for equal squares that make up a cell",
		rows, cols, h, w, c.Side)
}

// Means returns the [Len()] mean of a map, [rows, cols] and as CheckMap wants
// it, over each cell. Of a map whose squares are larger than the cells it is the value of
// the square.
func (c Cells) Means(values []float32, rows, cols int) []float64 {
	means := make([]float64, c.Len())
	if k := c.Rows / rows; k > 1 {
		for i := range means {
			means[i] = float64(values[i/c.Cols/k*cols+i%c.Cols/k])
		}
		return means
	}
	n := rows / c.Rows // of a cell, in each direction
	for i, v := range values[:rows*cols] {
		means[i/cols/n*c.Cols+i%cols/n] += float64(v)
	}
	floats.Scale(1/float64(n*n), means)
	return means
}

// Order returns the cells of a map, [cells], from the highest value to the
// lowest; equals in the order in which they are counted.
func Order(values []float64) []int {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[b], values[a]) })
	return order
}

// Counts returns how many of the cells each share of them is, rounded.
func (c Cells) Counts(shares []float64) []int {
	var counts []int
	for _, share := range shares {
		counts = append(counts, int(math.Round(share*float64(c.Len()))))
	}
	return counts
}

// A Response is what a network says of a class.
type Response struct {
	Logit       float64 `json:"logit"`
	Probability float64 `json:"probability"`
}

// Respond returns what logits, those of all outputs, say of one class.
func Respond(logits []float32, class int) Response {
	if len(logits) == 1 {
		return Response{float64(answer.Logit(logits, class)), answer.Probabilities(logits)[class]}
	}
	all := float64s(logits)
	return Response{all[class], math.Exp(all[class] - floats.LogSumExp(all))}
}

// Area returns the mean height of a curve: the area under it, by the trapezoidal
// rule, divided by its width. x ascends; there are two points at least. NaN
// where the curve has no width.
func Area(x, y []float64) float64 {
	return integrate.Trapezoidal(x, y) / (x[len(x)-1] - x[0])
}
