package experiment

import "math"

// A Place is the top left pixel of a square.
type Place struct{ Y, X int }

// Squares are what is masked of an image: squares of Side x Side pixels, in the order in
// which that happens, and how many of them for each share of the image.
type Squares struct {
	Side   int
	Image  int // pixels of the image
	Places []Place
	Counts []int // ascending, one a share
	Pixels []int // that so many of them cover
}

// Places returns where the cells lie, in an order of them; nil is that in which they are
// counted.
func (c Cells) Places(order []int) []Place {
	places := make([]Place, c.Len())
	for i := range places {
		cell := i
		if order != nil {
			cell = order[i]
		}
		places[i] = Place{cell / c.Cols * c.Side, cell % c.Cols * c.Side}
	}
	return places
}

// Ranked returns the cells from the highest of the values, [cells], to the lowest, and
// how many are the shares of them, from 0 to 1, rounded to whole cells.
func (c Cells) Ranked(values []float64, shares []float64) Squares {
	s := Squares{c.Side, c.Len() * c.Side * c.Side, c.Places(Order(values)), c.Counts(shares), nil}
	for _, n := range s.Counts {
		s.Pixels = append(s.Pixels, n*c.Side*c.Side)
	}
	return s
}

// Peaks returns squares around the highest values of a map, [h, w], a value a pixel: each is
// centred on the highest pixel that those before it do not cover, equals row by row, or moved
// to within the image where it would not lie there. So squares may overlap, but none is centred
// on a pixel of an earlier one. For each share of the image's pixels, from 0 to 1 and
// ascending, there are more of them until less than half a square is missing; of the whole
// image, until nothing is.
func Peaks(values []float64, h, w, side int, shares []float64) Squares {
	s := Squares{Side: side, Image: h * w}
	covered := make([]bool, h*w)
	pixels := 0
	order := Order(values)
	for _, share := range shares {
		most := int(math.Round(share * float64(h*w)))
		for 2*(most-pixels) >= side*side || most == h*w && pixels < most {
			p := order[0]
			if order = order[1:]; covered[p] {
				continue
			}
			at := Place{within(p/w-side/2, h-side), within(p%w-side/2, w-side)}
			for y := at.Y; y < at.Y+side; y++ {
				for q := y*w + at.X; q < y*w+at.X+side; q++ {
					if !covered[q] {
						covered[q] = true
						pixels++
					}
				}
			}
			s.Places = append(s.Places, at)
		}
		s.Counts, s.Pixels = append(s.Counts, len(s.Places)), append(s.Pixels, pixels)
	}
	return s
}

// within is x, or the nearest to it from 0 to most.
func within(x, most int) int { return max(0, min(x, most)) }
