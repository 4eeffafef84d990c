package engine

import "fmt"

// A Map is a view of an activation in NHWC order without the N: H rows of W
// pixels of C channels. Channel c of pixel (y, x) is Data[y*Stride+x*C+c];
// pixels of a row are contiguous, rows lie Stride floats apart.
//
// A Map does not own its Data. A frame of zeros around an activation (padding)
// is a larger Map whose interior is filled through Inner.
type Map struct {
	Data    []float32
	H, W, C int
	Stride  int // floats from one row to the next, at least W*C
}

// NewMap returns a compact view (Stride = w*c) of the first h*w*c floats of data.
func NewMap(data []float32, h, w, c int) Map {
	return Map{Data: data[:h*w*c], H: h, W: w, C: c, Stride: w * c}
}

// Inner returns the view that leaves out a frame of pad pixels on every side.
func (m Map) Inner(pad int) Map {
	if pad == 0 {
		return m
	}
	m.Data = m.Data[pad*m.Stride+pad*m.C:]
	m.H, m.W = m.H-2*pad, m.W-2*pad
	return m
}

// Crop returns the view of the top left h x w pixels.
func (m Map) Crop(h, w int) Map {
	m.H, m.W = h, w
	return m
}

// ClearFrame sets the outermost pad pixels on every side to zero.
func (m Map) ClearFrame(pad int) {
	for y := range m.H {
		row := m.Data[y*m.Stride : y*m.Stride+m.W*m.C]
		if y < pad || y >= m.H-pad {
			clear(row)
			continue
		}
		clear(row[:pad*m.C])
		clear(row[(m.W-pad)*m.C:])
	}
}

// check panics unless the view lies within its data.
func (m Map) check(what string) {
	if m.H < 1 || m.W < 1 || m.C < 1 || m.Stride < m.W*m.C || (m.H-1)*m.Stride+m.W*m.C > len(m.Data) {
		panic(fmt.Sprintf("engine: %s: view of %dx%dx%d with stride %d exceeds its %d floats",
			what, m.H, m.W, m.C, m.Stride, len(m.Data)))
	}
}
