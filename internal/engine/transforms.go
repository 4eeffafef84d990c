package engine

import "unsafe"

// filtering is what a kernel has for Winograd's filtering; all is nil
// where that does not pay.
type filtering struct {
	window, square func(*transformArgs)
	pays           func(c *Conv, e extent) bool // whether c computes e pixels faster so
}

// The polynomials behind the transforms are evaluated at 0, two pairs of numbers and infinity.
// With 1 and 2, as in the paper, factors are whole but errors four times as large: those of numbers
// that are about as far below 1 as above are smallest (found by trying; all are exact in float32).
const (
	near, far             = 0.625, 1.5
	nearSquare, farSquare = near * near, far * far
	nearCube, farCube     = near * nearSquare, far * farSquare
	sumOfSquares          = nearSquare + farSquare
	squares2              = nearSquare * farSquare
)

// transformArgs are the operands of one transform: of a window of 6x6 inputs to 36 positions, or of
// products at these to a square of 4x4 outputs. Strides are in bytes. The assembly addresses the
// fields by their offsets: see gen/winograd.go.
type transformArgs struct {
	from               unsafe.Pointer // first input, or product at the first position
	fromRow, fromPixel uintptr        // from one to the next; products have no rows
	to                 unsafe.Pointer // value at the first position, or first output
	toRow, toPixel     uintptr        // from one to the next; values have no rows
	n                  int            // channels
	bias               unsafe.Pointer // [n], added to outputs
	res                unsafe.Pointer // residual added behind the bias, or nil; may equal to
	resRow, resPixel   uintptr
	lo                 float32 // lower bound of the outputs
}

// channel returns where channel c lies whose first one is at p.
func channel(p unsafe.Pointer, c int, offset uintptr) *float32 {
	return (*float32)(unsafe.Add(p, 4*c+int(offset)))
}

// windowGeneric computes B' d B of every channel.
func windowGeneric(a *transformArgs) {
	for c := range a.n {
		var columns [windowSide][windowSide]float32
		for x := range uintptr(windowSide) {
			var d [windowSide]float32
			for y := range uintptr(windowSide) {
				d[y] = *channel(a.from, c, y*a.fromRow+x*a.fromPixel)
			}
			columns[x] = analyse(d)
		}
		for y := range windowSide {
			var d [windowSide]float32
			for x := range columns {
				d[x] = columns[x][y]
			}
			for x, v := range analyse(d) {
				*channel(a.to, c, uintptr(y*windowSide+x)*a.toPixel) = v
			}
		}
	}
}

// analyse returns B' times six inputs. Products are rounded before they are added, on every platform.
func analyse(d [windowSide]float32) [windowSide]float32 {
	even, odd := d[4]-float32(farSquare*d[2]), float32(near*(d[3]-float32(farSquare*d[1])))
	even2, odd2 := d[4]-float32(nearSquare*d[2]), float32(far*(d[3]-float32(nearSquare*d[1])))
	return [windowSide]float32{
		d[4] - float32(sumOfSquares*d[2]) + float32(squares2*d[0]),
		even + odd, even - odd, even2 + odd2, even2 - odd2,
		d[5] - float32(sumOfSquares*d[3]) + float32(squares2*d[1]),
	}
}

// squareGeneric computes A' m A of every channel, adds bias and residual in this order, and
// bounds the result.
func squareGeneric(a *transformArgs) {
	for c := range a.n {
		var columns [windowSide][squareSide]float32
		for x := range uintptr(windowSide) {
			var m [windowSide]float32
			for y := range uintptr(windowSide) {
				m[y] = *channel(a.from, c, (y*windowSide+x)*a.fromPixel)
			}
			columns[x] = synthesise(m)
		}
		bias := *channel(a.bias, c, 0)
		for y := range squareSide {
			var m [windowSide]float32
			for x := range columns {
				m[x] = columns[x][y]
			}
			for x, v := range synthesise(m) {
				v += bias
				if a.res != nil {
					v += *channel(a.res, c, uintptr(y)*a.resRow+uintptr(x)*a.resPixel)
				}
				*channel(a.to, c, uintptr(y)*a.toRow+uintptr(x)*a.toPixel) = atLeast(a.lo, v)
			}
		}
	}
}

// synthesise returns A' times six products.
func synthesise(m [windowSide]float32) [squareSide]float32 {
	s1, d1, s2, d2 := m[1]+m[2], m[1]-m[2], m[3]+m[4], m[3]-m[4]
	return [squareSide]float32{
		m[0] + s1 + s2,
		float32(near*d1) + float32(far*d2),
		float32(nearSquare*s1) + float32(farSquare*s2),
		m[5] + float32(nearCube*d1) + float32(farCube*d2),
	}
}
