package heatmap

import "math"

// Thresholds of canny on the length of the gradient as the Sobel operator gives
// it, 8 times that per pixel; grey is 0..1. They are scikit-image's.
const (
	weakEdge   = 0.1
	strongEdge = 0.2
)

// canny finds edges as J. Canny, "A Computational Approach to Edge Detection", IEEE
// PAMI 8 (1986) does, in an image of w pixels a row, with a Gaussian of sigma pixels; for
// thresholds, gradients are per sigma, so that an enlarged image has the edges it had.
// Its outermost pixels are no edges.
func canny(grey []float32, w, sigma int) []bool {
	h := len(grey) / w
	blurred := blur(blur(grey, w, 1, sigma), w, w, sigma)
	gx, gy := make([]float32, len(grey)), make([]float32, len(grey))
	strength := make([]float32, len(grey))
	for y := 1; y < h-1; y++ {
		for i := y*w + 1; i < y*w+w-1; i++ {
			up, here, down := blurred[i-w-1:i-w+2], blurred[i-1:i+2], blurred[i+w-1:i+w+2]
			gx[i] = up[2] - up[0] + 2*(here[2]-here[0]) + down[2] - down[0]
			gy[i] = down[0] - up[0] + 2*(down[1]-up[1]) + down[2] - up[2]
			strength[i] = float32(sigma) * float32(math.Hypot(float64(gx[i]), float64(gy[i])))
		}
	}

	ridge := make([]bool, len(grey)) // candidates: as strong as both sides
	edge := make([]bool, len(grey))
	var growing []int
	for y := 1; y < h-1; y++ {
		for i := y*w + 1; i < y*w+w-1; i++ {
			if s := strength[i]; s < weakEdge || s < across(strength, i, w, gx[i], gy[i]) || s < across(strength, i, w, -gx[i], -gy[i]) {
				continue
			}
			ridge[i] = true
			if strength[i] >= strongEdge {
				edge[i] = true
				growing = append(growing, i)
			}
		}
	}
	for len(growing) > 0 { // along candidates, from strong edges into weak ones
		i := growing[len(growing)-1]
		growing = growing[:len(growing)-1]
		for _, n := range []int{i - w - 1, i - w, i - w + 1, i - 1, i + 1, i + w - 1, i + w, i + w + 1} {
			if ridge[n] && !edge[n] {
				edge[n] = true
				growing = append(growing, n)
			}
		}
	}
	return edge
}

// across returns the strength one pixel from pixel i in the direction (gx, gy),
// between the two pixels nearest to that point.
func across(strength []float32, i, w int, gx, gy float32) float32 {
	dx, dy := 1, w
	if gx < 0 {
		dx, gx = -1, -gx
	}
	if gy < 0 {
		dy, gy = -w, -gy
	}
	if gx >= gy {
		f := gy / gx // gx > 0: the strength at i is
		return strength[i+dx]*(1-f) + strength[i+dx+dy]*f
	}
	f := gx / gy
	return strength[i+dy]*(1-f) + strength[i+dx+dy]*f
}

// blur returns the image smoothed with a Gaussian of sigma pixels along its rows
// (step 1) or columns (step w). Beyond its border the image goes on as it ends.
func blur(grey []float32, w, step, sigma int) []float32 {
	radius := 4 * sigma
	kernel := make([]float32, 2*radius+1)
	var sum float32
	for k := range kernel {
		kernel[k] = float32(math.Exp(-float64((k-radius)*(k-radius)) / float64(2*sigma*sigma)))
		sum += kernel[k]
	}
	out := make([]float32, len(grey))
	for i := range grey {
		at, last := i%w, w-1
		if step != 1 {
			at, last = i/w, len(grey)/w-1
		}
		for k, weight := range kernel {
			n := max(-at, min(last-at, k-radius))
			out[i] += weight / sum * grey[i+n*step]
		}
	}
	return out
}
