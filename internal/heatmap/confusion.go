package heatmap

import (
	"errors"
	"fmt"
	"image"
	"image/color"
	"math"
)

// A Confusion shows how often images of one class were taken for another.
type Confusion struct {
	Title  string
	Facts  string   // the line under it: model, images
	Labels []string // of the classes, in order
	Counts [][]int  // [truth][predicted] images, as many rows and columns as labels

	// Zoomable is for pages that can be enlarged without blur: however many classes there are,
	// their names and the counts are written, as small as the cells.
	Zoomable bool
}

// Draw draws the matrix: a row for each true class, a column for each predicted
// one. Colours stand for the share of a row's images, on a scale of square roots, so
// that rare confusions are seen too; a row without images is hatched, or grey if it is low. Cells have room
// for their counts if there are about 40 classes or fewer; where they have none, the colour of a
// single image is far from the white of none. Up to 100 classes are
// labelled, more are numbered from 0. A thousand classes get three pixels each. Calls
// may be concurrent.
func (c Confusion) Draw() (*image.NRGBA, error) {
	d, err := c.Layout()
	if err != nil {
		return nil, err
	}
	return d.Image()
}

// Layout lays out what Draw draws.
func (c Confusion) Layout() (*Drawing, error) {
	if err := c.check(); err != nil {
		return nil, fmt.Errorf("drawing confusion matrix: %w", err)
	}
	l := c.layout()
	return &Drawing{Size: l.size, Em: l.em, what: fmt.Sprintf("confusion matrix of %d classes", len(c.Labels)), fewer: "choose fewer classes", paint: l.draw}, nil
}

func (c Confusion) check() error {
	if len(c.Labels) == 0 {
		return errors.New("there are no classes")
	}
	if len(c.Counts) != len(c.Labels) {
		return fmt.Errorf("%d rows for %d classes", len(c.Counts), len(c.Labels))
	}
	for i, row := range c.Counts {
		if len(row) != len(c.Labels) {
			return fmt.Errorf("row %d has %d columns for %d classes", i, len(row), len(c.Labels))
		}
		for j, n := range row {
			if n < 0 {
				return fmt.Errorf("row %d, column %d: %d images", i, j, n)
			}
		}
	}
	return nil
}

// images returns the number of images in each row; a float, which no sum of counts
// overflows.
func (c Confusion) images() []float64 {
	sums := make([]float64, len(c.Counts))
	for i, row := range c.Counts {
		for _, n := range row {
			sums[i] += float64(n)
		}
	}
	return sums
}

// most returns the largest count.
func (c Confusion) most() int {
	most := 0
	for _, row := range c.Counts {
		for _, n := range row {
			most = max(most, n)
		}
	}
	return most
}

// shareColors are the colours of 0 (-1 of the map) to all of a row (+1).
var shareColors = parsePoints(blues)

// seenFrom is where colours begin that stand for images if there are no counts beside them:
// on white they have a contrast of 2 (WCAG 2.1) or more.
const seenFrom = 0.5

// seenColors are those of shares above 0 (-1 of the map) to 1 that are seen without counts.
var seenColors = shareColors.from(seenFrom)

// shareHeight is where a share of 0 to 1 is on the scale, 0 to 1.
func shareHeight(share float64) float64 { return math.Sqrt(share) }

// inkOn returns black or white, whichever is read better on a colour.
func inkOn(c color.NRGBA) color.Color {
	if 299*int(c.R)+587*int(c.G)+114*int(c.B) < 115*1000 {
		return color.White
	}
	return black
}
