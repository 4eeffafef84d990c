package model

import (
	"context"
	"fmt"

	"gorgonia.org/tensor"

	"bagnet/internal/engine"
	"bagnet/internal/inference"
)

// Images whose activations need more bytes than this are computed in tiles, to
// the same bits: a value depends on its patch alone. Tiles see their neighbours'
// rims again. For a native grid that costs little, and the images are large that
// need it; a dense map has activations for every pixel and wide rims.
const (
	nativeBytes = 160 << 20
	denseBytes  = 400 << 20
)

// largestTile bounds the side of a tile in the image, in pixels.
const largestTile = 2048

// A tiling is a map to be computed in tiles. Value (i, j) sees the q x q pixels
// from (i*stride-frame, j*stride-frame) on.
type tiling struct {
	rows, cols int
	stride     int
	q, frame   int
	bytes      int  // that a tile may need
	inside     bool // v2: tiles end at the image, whose border the network pads
}

// A tile is the rectangle of values from row and col on, computed from a
// rectangle of the image. Of what the network gives, the first skipY rows and
// skipX columns belong to neighbours.
type tile struct {
	row, col, rows, cols int
	image                inference.Rect
	skipY, skipX         int
}

// tile returns the tile of the given values of an image of h x w pixels.
func (g tiling) tile(row, col, rows, cols, h, w int) tile {
	t := tile{row: row, col: col, rows: rows, cols: cols}
	t.image.Y, t.image.H, t.skipY = g.axis(row, rows, h)
	t.image.X, t.image.W, t.skipX = g.axis(col, cols, w)
	return t
}

// axis returns where a tile of n values from first on begins in the image, its
// length, and the values to skip.
func (g tiling) axis(first, n, size int) (start, length, skip int) {
	start = first*g.stride - g.frame
	end := start + (n-1)*g.stride + g.q
	if !g.inside {
		return start, end - start, 0
	}
	start, end = max(0, start), min(size, end)
	start -= start % g.stride
	return start, end - start, first - start/g.stride
}

// paste copies the tile's values to their place in a map, [rows, cols, n], out
// of what the network gave for it, width values a row.
func (t tile) paste(values *tensor.Dense, out []float32, width int) {
	cols, n := values.Shape()[1], values.Shape()[2]
	for i := range t.rows {
		src := out[((t.skipY+i)*width+t.skipX)*n:]
		copy(values.Float32s()[((t.row+i)*cols+t.col)*n:][:t.cols*n], src)
	}
}

// add adds the tile's features to the sums of the map's rows, [rows, n] float64.
// Tiles of a row of tiles come from left to right, so that every sum is formed
// in the order of the columns, however the map is cut.
func (t tile) add(sums []float64, n int, out []float32, width int) {
	for i := range t.rows {
		row := sums[(t.row+i)*n:][:n]
		for j := range t.cols {
			for c, v := range out[((t.skipY+i)*width+t.skipX+j)*n:][:n] {
				row[c] += float64(v)
			}
		}
	}
}

// tiles runs a graph on a map's tiles, row by row, and gives each tile with the
// graph's outputs and their width to done.
func (m pass) tiles(ctx context.Context, g *inference.Graph, t tiling, img inference.Pixels, progress func(done, total int), done func(t tile, width int, outs [][]float32)) error {
	h, w := img.Size()
	rows, cols, err := m.tileSize(g, t, h, w)
	if err != nil {
		return err
	}
	down, across := ceil(t.rows, rows), ceil(t.cols, cols)
	for i := range down {
		for j := range across {
			r0, r1, c0, c1 := i*t.rows/down, (i+1)*t.rows/down, j*t.cols/across, (j+1)*t.cols/across
			one := t.tile(r0, c0, r1-r0, c1-c0, h, w)
			plan, err := g.Plan(one.image.H, one.image.W)
			if err != nil {
				return err
			}
			outs := make([][]float32, g.Outputs())
			var width int
			for k := range outs {
				oh, ow, oc := plan.Size(k)
				outs[k], width = make([]float32, oh*ow*oc), ow
			}
			if err := m.runner.Run(ctx, g, img, one.image, outs...); err != nil {
				return err
			}
			done(one, width, outs)
			if progress != nil {
				progress(i*across+j+1, down*across)
			}
		}
	}
	return nil
}

// tileSize returns the size of the largest tiles that keep to the limits.
func (m pass) tileSize(g *inference.Graph, t tiling, h, w int) (rows, cols int, _ error) {
	rows, cols = t.rows, t.cols
	for rows > 1 || cols > 1 {
		one := t.tile(0, 0, rows, cols, h, w).image
		if max(one.H, one.W) <= m.tilePixels {
			p, err := g.Plan(one.H, one.W)
			if err != nil {
				return 0, 0, err
			}
			if p.Bytes() <= t.bytes {
				break
			}
		}
		if rows >= cols {
			rows = (rows + 1) / 2
		} else {
			cols = (cols + 1) / 2
		}
	}
	return rows, cols, nil
}

// nativeTiles does what native does, tile by tile.
func (m pass) nativeTiles(ctx context.Context, img inference.Pixels, r readout, progress func(done, total int)) ([]float32, *tensor.Dense, error) {
	c := m.config
	h, w := img.Size()
	t := tiling{stride: c.Stride(), q: c.PatchSize, bytes: nativeBytes}
	t.rows, t.cols = c.Grid(h, w)
	if c.Family == "v2" {
		t.frame, t.inside = (c.PatchSize-1)/2, true
	}
	g := m.runner.Graph(fmt.Sprint("tiles", r), func() (*engine.Network, []engine.Node) {
		net, x := m.features(c.Stride())
		outs := []engine.Node{x}
		if len(r.classes) > 0 {
			outs = append(outs, m.readout(net, x, r))
		}
		return net, outs
	})
	n := c.Features()
	sums := make([]float64, t.rows*n)
	values := newMap(t.rows, t.cols, max(1, m.width(r)))
	err := m.tiles(ctx, g, t, img, progress, func(one tile, width int, outs [][]float32) {
		one.add(sums, n, outs[0], width)
		if m.width(r) > 0 {
			one.paste(values, outs[len(outs)-1], width)
		}
	})
	if err != nil {
		return nil, nil, err
	}
	logits, err := m.head(ctx, mean(sums, n, t.rows*t.cols), 1, 1)
	return logits, values, err
}

// mean returns the mean of cells with n features each, from the sums of their rows.
func mean(sums []float64, n, cells int) []float32 {
	values := make([]float32, n)
	for c := range values {
		total := 0.0
		for i := c; i < len(sums); i += n {
			total += sums[i]
		}
		values[c] = float32(total / float64(cells))
	}
	return values
}
