package words

import (
	"math"

	"gorgonia.org/tensor"

	"bagnet/internal/inference"
)

// What a patch is described by: its pixels as seen through side x side cells.
const (
	side       = 4 // cells of a patch, in both directions
	directions = 8 // of gradients, 45 degrees apart, the first one to the right, then clockwise
	channels   = 3 // of colour
	// colourSide x colourSide squares of cells each have a mean colour.
	colourSide = 2

	// ShapeLength is how many numbers describe a patch's shapes.
	ShapeLength = side * side * directions
	// ColourLength is how many numbers describe a patch's colours.
	ColourLength = colourSide * colourSide * channels
)

// faint is a gradient, per pixel and unit of the normalised image, below which a patch
// counts as flat rather than as one of faint edges: it is about three times the last bit of
// 8-bit pixels.
const faint = 0.05

// sum is what the pixels of a cell, or the four around one corner, add up to.
type sum [directions + channels]float32

// A field is what one strip of patches is described from.
type field struct {
	pixels []float32 // [h, w, 3]
	cells  []sum     // [rows, cols], step pixels apart
	rows   int
	cols   int
	step   int
}

// describe appends the descriptors of the patches of a strip: rows x cols patches, stride
// pixels apart, the first of which begins at pixel (y, x) of the image, which is zero
// where it is not. A patch of cells of cell pixels is side*cell + 1 pixels wide: gradients
// are those at the corners between pixels.
func (f *field) describe(img inference.Pixels, cell, stride, y, x, rows, cols int, shape, colour []float32) ([]float32, []float32) {
	q := side*cell + 1
	h, w := (rows-1)*stride+q, (cols-1)*stride+q
	f.read(img, y, x, h, w)
	f.add(h, w, cell, min(stride, cell))
	for i := range rows {
		for j := range cols {
			shape, colour = f.patch(i*stride, j*stride, cell, shape, colour)
		}
	}
	return shape, colour
}

// read fills in pixels.
func (f *field) read(img inference.Pixels, y, x, h, w int) {
	if n := 3 * h * w; cap(f.pixels) < n {
		f.pixels = make([]float32, n)
	}
	f.pixels = f.pixels[:3*h*w]
	ih, iw := img.Size()
	y0, x0, y1, x1 := max(0, y), max(0, x), min(ih, y+h), min(iw, x+w)
	if y1-y0 < h || x1-x0 < w {
		clear(f.pixels)
	}
	if y0 < y1 && x0 < x1 {
		img.Read(f.pixels[3*((y0-y)*w+x0-x):], 3*w, y0, x0, y1-y0, x1-x0)
	}
}

// add fills in the cells of cell x cell corners, one every step corners. Each is a sum of
// its own corners in their order, so that its bits depend on nothing else.
func (f *field) add(h, w, cell, step int) {
	f.rows, f.cols, f.step = (h-1-cell)/step+1, (w-1-cell)/step+1, step
	corners := make([]sum, (h-1)*(w-1))
	for i := range h - 1 {
		for j := range w - 1 {
			corners[i*(w-1)+j] = corner(f.pixels[3*(i*w+j):], f.pixels[3*((i+1)*w+j):])
		}
	}
	if n := f.rows * f.cols; cap(f.cells) < n {
		f.cells = make([]sum, n)
	}
	f.cells = f.cells[:f.rows*f.cols]
	for i := range f.rows {
		for j := range f.cols {
			var s sum
			for k := range cell {
				row := corners[(i*step+k)*(w-1)+j*step:][:cell]
				for l := range row {
					for c, v := range row[l] {
						s[c] += v
					}
				}
			}
			f.cells[i*f.cols+j] = s
		}
	}
}

// corner is the gradient of brightness, and the mean colour, of the 2x2 pixels that two
// rows begin with. The gradient is written as the sum of its two neighbouring directions:
// that is exact, smooth, and takes no angles.
func corner(above, below []float32) (s sum) {
	above, below = above[:6], below[:6]
	a, b := (above[0]+above[1]+above[2])/3, (above[3]+above[4]+above[5])/3
	c, d := (below[0]+below[1]+below[2])/3, (below[3]+below[4]+below[5])/3
	gx, gy := (b+d-a-c)/2, (c+d-a-b)/2
	right, down := gx >= 0, gy >= 0
	ax, ay := gx, gy
	if !right {
		ax = -gx
	}
	if !down {
		ay = -gy
	}
	axis, diagonal := 0, 0
	switch {
	case right && down:
		axis, diagonal = 0, 1
	case down:
		axis, diagonal = 4, 3
	case right:
		axis, diagonal = 0, 7
	default:
		axis, diagonal = 4, 5
	}
	if ay > ax {
		if axis = 2; !down {
			axis = 6
		}
		s[axis], s[diagonal] = ay-ax, math.Sqrt2*ax
	} else {
		s[axis], s[diagonal] = ax-ay, math.Sqrt2*ay
	}
	for k := range channels {
		s[directions+k] = (above[k] + above[k+3] + below[k] + below[k+3]) / 4
	}
	return s
}

// patch appends the descriptors of the patch that begins at pixel (y, x) of the strip.
//
// Its shapes are what part of its gradients each of its cells has in each direction, after
// Lowe's SIFT (2004); the square root makes distances those of distributions (Hellinger's;
// RootSIFT, Arandjelovic and Zisserman, 2012). Its colours are the means of its quarters.
func (f *field) patch(y, x, cell int, shape, colour []float32) ([]float32, []float32) {
	from := len(shape)
	total := float32(side*side*cell*cell) * faint
	var quarters [colourSide][colourSide][channels]float32
	for i := range side {
		for j := range side {
			s := &f.cells[(y+i*cell)/f.step*f.cols+(x+j*cell)/f.step]
			for _, v := range s[:directions] {
				total += v
			}
			shape = append(shape, s[:directions]...)
			for k := range channels {
				quarters[i*colourSide/side][j*colourSide/side][k] += s[directions+k]
			}
		}
	}
	own := shape[from:]
	for i, v := range own {
		own[i] = float32(math.Sqrt(float64(v / total)))
	}
	of := float32(side * side / colourSide / colourSide * cell * cell)
	for i := range quarters {
		for j := range quarters[i] {
			for _, v := range quarters[i][j] {
				colour = append(colour, v/of)
			}
		}
	}
	return shape, colour
}

// Descriptors are those of an image's patches on the native grid.
type Descriptors struct {
	Shape, Colour *tensor.Dense // [patches, ShapeLength], [patches, ColourLength] float32
}

// Describe returns the descriptors of the patches of patch x patch pixels that an image
// has on the native grid, row by row.
func Describe(img inference.Pixels, patch int) (Descriptors, error) {
	h, w := img.Size()
	if err := CheckPatch(patch); err != nil {
		return Descriptors{}, err
	}
	if err := CheckSize(h, w, patch); err != nil {
		return Descriptors{}, err
	}
	g := nativeGrid(h, w, patch)
	shape, colour := new(field).describe(img, (patch-1)/side, Stride, 0, 0, g.Rows, g.Cols, nil, nil)
	matrix := func(values []float32, length int) *tensor.Dense {
		return tensor.New(tensor.WithShape(g.Rows*g.Cols, length), tensor.WithBacking(values))
	}
	return Descriptors{matrix(shape, ShapeLength), matrix(colour, ColourLength)}, nil
}
