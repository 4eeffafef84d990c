package sensitivity

import (
	"context"

	"bagnet/internal/experiment"
)

// A ranking is what a map says of an image.
type ranking struct {
	cells  []float64 // [cells]; nil for the network's true sensitivity, until it is known
	pixels []float64 // [H, W]; nil if the map has a value a cell, or only these are asked for
}

// rank asks a map for its values.
func (x *Experiment) rank(ctx context.Context, m Map, v View) (ranking, error) {
	if x.Place != PlacePeaks {
		values, err := m.Values(ctx, v)
		return ranking{cells: values}, err
	}
	cells := v.Cells
	v.Cells = experiment.Cells{Rows: v.H, Cols: v.W, Side: 1}
	values, err := m.Values(ctx, v)
	if err != nil || values == nil {
		return ranking{}, err
	}
	pixels := make([]float32, len(values))
	for i, value := range values {
		pixels[i] = float32(value)
	}
	return ranking{cells.Means(pixels, v.H, v.W), values}, nil
}

// squares are the cells or, of a map with a value a pixel, squares of their size around the
// highest pixels, for shares of the image from 0 to 1.
func (r ranking) squares(cells experiment.Cells, shares []float64) experiment.Squares {
	if r.pixels == nil {
		return cells.Ranked(r.cells, shares)
	}
	return experiment.Peaks(r.pixels, cells.Rows*cells.Side, cells.Cols*cells.Side, cells.Side, shares)
}

// highest is the centre of the highest cell or pixel, the first of equals.
func (r ranking) highest(cells experiment.Cells) point {
	values, grid := r.cells, cells
	if r.pixels != nil {
		values, grid = r.pixels, experiment.Cells{Rows: cells.Rows * cells.Side, Cols: cells.Cols * cells.Side, Side: 1}
	}
	return centre(grid, experiment.Order(values)[0])
}

// A point of the prepared image: distances from its upper left corner, pixels.
type point struct{ x, y float64 }

// centre is that of a cell.
func centre(cells experiment.Cells, cell int) point {
	side := float64(cells.Side)
	return point{(float64(cell%cells.Cols) + 0.5) * side, (float64(cell/cells.Cols) + 0.5) * side}
}
