package texture

import "math"

// colours turn a pixel v into matrix (v - zero).
type colours struct {
	mean   [3]float64 // of the picture
	zero   [3]float64
	matrix [3][3]float64
	// spread is what leads back: v = mean + spread z, of colours z without covariance.
	spread [3][3]float64
}

// leastShare of the mean variance of a picture's colours is added to each, and a little, so
// that faint colours are not made as strong as light and dark, and that there are some.
const leastShare, leastVariance = 0.05, 1e-6

// whiten makes values without covariance and of a variance of 1 at most: spread is the lower
// Cholesky factor of the covariance, matrix its inverse.
func (c *colours) whiten() {
	l := c.spread
	c.zero = c.mean
	for i := range 3 { // by forward substitution
		for j := 0; j <= i; j++ {
			sum := 0.0
			if i == j {
				sum = 1
			}
			for k := j; k < i; k++ {
				sum -= l[i][k] * c.matrix[k][j]
			}
			c.matrix[i][j] = sum / l[i][i]
		}
	}
}

// newColours returns a picture's mean and spread, and no matrix.
func newColours(p *Picture) *colours {
	c := &colours{}
	n := float64(p.H * p.W)
	for i, v := range p.Values {
		c.mean[i%3] += float64(v) / n
	}
	var cov [3][3]float64
	for at := 0; at < len(p.Values); at += 3 {
		for i := range 3 {
			for j := range 3 {
				cov[i][j] += (float64(p.Values[at+i]) - c.mean[i]) * (float64(p.Values[at+j]) - c.mean[j]) / n
			}
		}
	}
	least := leastVariance + leastShare*(cov[0][0]+cov[1][1]+cov[2][2])/3
	for i := range 3 {
		cov[i][i] += least
		for j := 0; j <= i; j++ {
			sum := cov[i][j]
			for k := range j {
				sum -= c.spread[i][k] * c.spread[j][k]
			}
			if i == j {
				c.spread[i][i] = math.Sqrt(sum)
			} else {
				c.spread[i][j] = sum / c.spread[j][j]
			}
		}
	}
	return c
}

// apply makes white of pixels from 0 to 1.
func (c *colours) apply(white []float32, pixels []float64) {
	m := &c.matrix
	for at := 0; at < len(pixels); at += 3 {
		r, g, b := pixels[at]-c.zero[0], pixels[at+1]-c.zero[1], pixels[at+2]-c.zero[2]
		for i := range 3 {
			white[at+i] = float32(m[i][0]*r + m[i][1]*g + m[i][2]*b)
		}
	}
}

// adjoint makes the gradient at pixels of that at white.
func (c *colours) adjoint(pixels []float64, white []float32) {
	m := &c.matrix
	for at := 0; at < len(pixels); at += 3 {
		x, y, z := float64(white[at]), float64(white[at+1]), float64(white[at+2])
		for i := range 3 {
			pixels[at+i] = m[0][i]*x + m[1][i]*y + m[2][i]*z
		}
	}
}
