package model

import (
	"fmt"
	"math"
)

// epsilon is PyTorch's default for BatchNorm2d, which every BagNet uses.
const epsilon = 1e-5

// A folded convolution is a convolution with the BatchNorm that follows it
// multiplied in: weights [out][in][size][size] and bias [out].
type folded struct {
	weights, bias []float32
	largest       float64 // max |weight| before folding
}

// fold computes, in float64, for y = (x-mean)/sqrt(var+eps)*gamma + beta:
// weight*s and beta - mean*s with s = gamma/sqrt(var+eps).
func fold[T float32 | float64](name string, weights []T, norm batchNorm) (folded, error) {
	out := len(norm.gamma)
	per := len(weights) / out
	f := folded{weights: make([]float32, len(weights)), bias: make([]float32, out)}
	for o := range out {
		variance := float64(norm.variance[o])
		if variance < 0 {
			return f, fmt.Errorf("folding %s: its running variance %v at channel %d is negative", name, variance, o)
		}
		scale := float64(norm.gamma[o]) / math.Sqrt(variance+epsilon)
		f.bias[o] = float32(float64(norm.beta[o]) - float64(norm.mean[o])*scale)
		overflow := math.IsInf(float64(f.bias[o]), 0)
		for i := o * per; i < (o+1)*per; i++ {
			w := float64(weights[i])
			f.largest = max(f.largest, math.Abs(w))
			f.weights[i] = float32(w * scale)
			overflow = overflow || math.IsInf(float64(f.weights[i]), 0)
		}
		if overflow {
			return f, fmt.Errorf("folding %s: channel %d exceeds float32 once its BatchNorm is multiplied in", name, o)
		}
	}
	return f, nil
}

// A batchNorm holds the four vectors of a BatchNorm2d, one value a channel.
type batchNorm struct{ gamma, beta, mean, variance []float32 }

// mergeStem returns the single 3x3 convolution [out][3][3][3] that equals v1's
// 1x1 convolution [mid][3] followed by its 3x3 one [out][mid][3][3]: nothing
// stands between the two.
func mergeStem(conv1, conv2 []float32, width int) []float64 {
	merged := make([]float64, width*3*9)
	for o := range width {
		for m := range width {
			for c := range 3 {
				a := float64(conv1[m*3+c])
				for t := range 9 {
					merged[(o*3+c)*9+t] += a * float64(conv2[(o*width+m)*9+t])
				}
			}
		}
	}
	return merged
}
