package texture

// A pyramid is a picture at several scales, each half as large as the one before: smoothed
// by the binomial filter (1, 3, 3, 1)/8 along both axes, which reaches over the borders of
// the squares that become a pixel, so that these do not show.
type pyramid struct {
	sizes  [][2]int    // height and width of each level
	levels [][]float32 // [h][w][3]
	room   []float32   // a level, smaller along one axis
	wraps  bool        // whether rows and columns go on at the other end; else the last is repeated
}

var binomial = [4]float32{1. / 8, 3. / 8, 3. / 8, 1. / 8}

func newPyramid(h, w, levels int, wraps bool) *pyramid {
	p := &pyramid{wraps: wraps, room: make([]float32, 3*h*(w+1)/2)}
	for range levels {
		p.sizes = append(p.sizes, [2]int{h, w})
		p.levels = append(p.levels, make([]float32, 3*h*w))
		h, w = (h+1)/2, (w+1)/2
	}
	return p
}

// place returns which of n pixels lies at i.
func (p *pyramid) place(i, n int) int {
	if p.wraps {
		return (i + n) % n
	}
	return max(0, min(i, n-1))
}

// descend makes all levels of the first.
func (p *pyramid) descend() {
	for i := 1; i < len(p.levels); i++ {
		h, w, small := p.sizes[i-1][0], p.sizes[i-1][1], p.sizes[i]
		from, to, room := p.levels[i-1], p.levels[i], p.room[:3*h*small[1]]
		clear(room)
		p.taps(small[1], w, func(x, at int, share float32) {
			for y := range h {
				add(room[3*(y*small[1]+x):], from[3*(y*w+at):], 3, share)
			}
		})
		clear(to)
		p.taps(small[0], h, func(y, at int, share float32) {
			add(to[3*y*small[1]:], room[3*at*small[1]:], 3*small[1], share)
		})
	}
}

// ascend adds what the levels are to the first, as the adjoint of descend does.
func (p *pyramid) ascend() {
	for i := len(p.levels) - 1; i > 0; i-- {
		h, w, small := p.sizes[i-1][0], p.sizes[i-1][1], p.sizes[i]
		to, from, room := p.levels[i-1], p.levels[i], p.room[:3*h*small[1]]
		clear(room)
		p.taps(small[0], h, func(y, at int, share float32) {
			add(room[3*at*small[1]:], from[3*y*small[1]:], 3*small[1], share)
		})
		p.taps(small[1], w, func(x, at int, share float32) {
			for y := range h {
				add(to[3*(y*w+at):], room[3*(y*small[1]+x):], 3, share)
			}
		})
	}
}

// taps calls do for each of small pixels and each of the n pixels that it is made of.
func (p *pyramid) taps(small, n int, do func(to, from int, share float32)) {
	for i := range small {
		for k, share := range binomial {
			do(i, p.place(2*i+k-1, n), share)
		}
	}
}

func add(to, from []float32, n int, share float32) {
	from = from[:n]
	for i, v := range from {
		to[i] += float32(v * share)
	}
}
