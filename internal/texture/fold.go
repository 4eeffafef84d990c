package texture

// A fold makes a picture what a network reads: with squares of side x side pixels as the
// channels of one, so that what a filter finds at neighbouring pixels is computed at once.
// A picture that wraps goes on at the other end, by so many squares as its filters reach.
type fold struct {
	h, w, side int
	outH, outW int
}

// newFold folds the squares that lie wholly within a picture of h x w pixels; if it wraps,
// all of them and reach more.
func newFold(h, w, side, reach int, wraps bool) fold {
	if !wraps {
		return fold{h, w, side, h / side, w / side}
	}
	return fold{h, w, side, (h+side-1)/side + reach, (w+side-1)/side + reach}
}

// floats are those of the result, [outH][outW][side][side][3].
func (f fold) floats() int { return f.outH * f.outW * f.side * f.side * 3 }

// each calls do for each of the result's pixels with the index of its first value, and that
// of the picture's pixel that it is.
func (f fold) each(do func(to, from int)) {
	to := 0
	for y := range f.outH {
		for x := range f.outW {
			for q := range f.side * f.side {
				do(to, 3*((y*f.side+q/f.side)%f.h*f.w+(x*f.side+q%f.side)%f.w))
				to += 3
			}
		}
	}
}

// apply makes to of the picture, [h][w][3].
func (f fold) apply(to, picture []float32) {
	f.each(func(at, from int) { copy(to[at:at+3], picture[from:]) })
}

// adjoint adds the gradient at the result to that at the picture.
func (f fold) adjoint(picture, result []float32) {
	f.each(func(at, from int) {
		to, v := (*[3]float32)(picture[from:]), (*[3]float32)(result[at:])
		to[0] += v[0]
		to[1] += v[1]
		to[2] += v[2]
	})
}
