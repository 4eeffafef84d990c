package images

import (
	"image"
	"math"
)

// resize returns an opaque picture of w x h pixels, filtered as PIL's
// Image.resize does it (libImaging/Resample.c), bit for bit: horizontally, then
// vertically, 8 bits in between, weights rounded to weightBits. Each pass is left
// out if that side keeps its size. (imaging.Resize, which keeps its weights in
// floating point, is up to 2 levels off in bicubic.)
func resize(img *image.NRGBA, w, h int, filter Interpolation) *image.NRGBA {
	if w != img.Rect.Dx() {
		img = resizeRows(img, w, filter)
	}
	if h != img.Rect.Dy() {
		img = resizeColumns(img, h, filter)
	}
	return img
}

// resizeHolds returns what resizing a picture of w x h pixels to another size
// holds beside the picture and the result, in pixels of 4 bytes: the rows between
// the two passes, and of each sample of a side at most 4 weights.
func resizeHolds(w, h, toW, toH int) int64 {
	return int64(toW)*int64(h) + 4*int64(max(w, toW)+max(h, toH))
}

// weightBits is the number of fractional bits of a filter weight.
const weightBits = 32 - 8 - 2

// taps are the samples that one output sample is the weighted sum of.
type taps struct {
	first   int // index of the first of them
	weights []int32
}

// filterTaps returns the taps of each of n output samples made of size input
// samples. A filter is widened by the scale when it reduces (antialiasing).
func filterTaps(size, n int, filter Interpolation) []taps {
	kernel, support := triangle, 1.0
	if filter == Bicubic {
		kernel, support = cubic, 2.0
	}
	scale := float64(size) / float64(n)
	widening := max(scale, 1)
	support *= widening
	inverse := 1 / widening

	out := make([]taps, n)
	weights := make([]float64, 2*int(math.Ceil(support))+1)
	for i := range out {
		// The conversions keep a compiler from fusing products with sums: the
		// reference rounds each.
		centre := float64((float64(i) + 0.5) * scale)
		first := max(0, int(centre-support+0.5))
		count := min(size, int(centre+support+0.5)) - first
		sum := 0.0
		for k := range count {
			weights[k] = kernel((float64(k+first) - centre + 0.5) * inverse)
			sum += weights[k]
		}
		out[i] = taps{first: first, weights: make([]int32, count)}
		for k, w := range weights[:count] {
			if sum != 0 {
				w /= sum
			}
			out[i].weights[k] = int32(math.Round(w * (1 << weightBits)))
		}
	}
	return out
}

func triangle(x float64) float64 { return max(0, 1-math.Abs(x)) }

// cubic is R. Keys' kernel with a = -0.5 ("Cubic convolution interpolation for
// digital image processing", 1981).
func cubic(x float64) float64 {
	const a = -0.5
	x = math.Abs(x)
	switch {
	case x < 1:
		return float64(float64(float64(float64((a+2)*x)-(a+3))*x)*x) + 1
	case x < 2:
		return (float64(float64(float64((x-5)*x)+8)*x) - 4) * a
	}
	return 0
}

const half = 1 << (weightBits - 1)

func resizeRows(img *image.NRGBA, w int, filter Interpolation) *image.NRGBA {
	columns := filterTaps(img.Rect.Dx(), w, filter)
	h := img.Rect.Dy()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		src := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		dst := out.Pix[y*out.Stride:][:4*w]
		for x, t := range columns {
			r, g, b := int32(half), int32(half), int32(half)
			in := src[4*t.first:][:4*len(t.weights)]
			for k, weight := range t.weights {
				s := in[4*k : 4*k+4 : 4*k+4]
				r += weight * int32(s[0])
				g += weight * int32(s[1])
				b += weight * int32(s[2])
			}
			d := dst[4*x : 4*x+4 : 4*x+4]
			d[0], d[1], d[2], d[3] = clamp(r>>weightBits), clamp(g>>weightBits), clamp(b>>weightBits), 0xff
		}
	}
	return out
}

func resizeColumns(img *image.NRGBA, h int, filter Interpolation) *image.NRGBA {
	rows := filterTaps(img.Rect.Dy(), h, filter)
	w := img.Rect.Dx()
	out := image.NewNRGBA(image.Rect(0, 0, w, h))
	sums := make([]int32, 4*w)
	for y, t := range rows {
		for i := range sums {
			sums[i] = half
		}
		for k, weight := range t.weights {
			for i, v := range img.Pix[(t.first+k)*img.Stride:][:4*w] {
				sums[i] += weight * int32(v)
			}
		}
		dst := out.Pix[y*out.Stride:][:4*w]
		for i, s := range sums {
			dst[i] = clamp(s >> weightBits)
		}
		// Rounded weights need not sum up to 1.
		setOpaque(dst)
	}
	return out
}
