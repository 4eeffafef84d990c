package attribution

// Pixels returns the map with a value for each pixel of its image, [h*w] row by row. Those of
// GradCAM and LayerCAM are interpolated bilinearly, the layer's positions spread evenly over
// the image and their centres half a position from its edges, as PyTorch's interpolate and
// OpenCV's resize have it; each pixel of a cell gets the cell's.
func (m *Map) Pixels(h, w int) []float32 {
	switch {
	case m.Cell == 0 && m.Rows == h && m.Cols == w:
		return m.Values
	case m.Cell == 0:
		return m.interpolated(h, w)
	}
	values := make([]float32, h*w)
	for i := range values {
		values[i] = m.Values[i/w/m.Cell*m.Cols+i%w/m.Cell]
	}
	return values
}

// interpolated is the map as h x w values.
func (m *Map) interpolated(h, w int) []float32 {
	values := make([]float32, 0, h*w)
	across := make([]between, w)
	for x := range across {
		across[x] = place(x, w, m.Cols)
	}
	for y := range h {
		v := place(y, h, m.Rows)
		upper, lower := m.Values[v.at*m.Cols:], m.Values[v.next*m.Cols:]
		for _, u := range across {
			above := u.mix(upper[u.at], upper[u.next])
			below := u.mix(lower[u.at], lower[u.next])
			values = append(values, float32(above+float64(v.share*(below-above))))
		}
	}
	return values
}

// A between is a place between two values, share of the way from the first to the second.
type between struct {
	at, next int
	share    float64
}

// place returns where pixel i of n lies among values.
func place(i, n, values int) between {
	at := max(0, (float64(i)+0.5)*float64(values)/float64(n)-0.5)
	k := min(int(at), values-1)
	return between{k, min(k+1, values-1), at - float64(k)}
}

// mix returns the value between a and b.
func (p between) mix(a, b float32) float64 {
	return float64(a) + float64(p.share*(float64(b)-float64(a)))
}
