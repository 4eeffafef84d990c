package model

import (
	"fmt"
	"math"
)

// epsilon is PyTorch's default for BatchNorm2d, which every BagNet uses.
const epsilon = 1e-5

// A folding is what a BatchNorm does to the convolution before it: each output
// channel's weights are multiplied by scale, and bias is added.
type folding struct {
	scale   []float64
	bias    []float32
	largest float64 // max |weight| before folding
}

// fold computes, in float64, for y = (x-mean)/sqrt(var+eps)*gamma + beta the
// scale gamma/sqrt(var+eps) and the bias beta - mean*scale.
func fold(name string, weights []float32, norm batchNorm) (folding, error) {
	out := len(norm.gamma)
	per := len(weights) / out
	f := folding{scale: make([]float64, out), bias: make([]float32, out)}
	for o := range out {
		variance := float64(norm.variance[o])
		if variance < 0 {
			return f, fmt.Errorf("folding %s: its running variance %v at channel %d is negative", name, variance, o)
		}
		f.scale[o] = float64(norm.gamma[o]) / math.Sqrt(variance+epsilon)
		f.bias[o] = float32(float64(norm.beta[o]) - float64(norm.mean[o])*f.scale[o])
		var largest float32
		for _, w := range weights[o*per : (o+1)*per] {
			largest = max(largest, w, -w)
		}
		f.largest = max(f.largest, float64(largest))
		if math.IsInf(float64(f.bias[o]), 0) || math.IsInf(float64(float32(float64(largest)*f.scale[o])), 0) {
			return f, fmt.Errorf("folding %s: channel %d exceeds float32 once its BatchNorm is multiplied in", name, o)
		}
	}
	return f, nil
}

// A batchNorm holds the four vectors of a BatchNorm2d, one value a channel.
type batchNorm struct{ gamma, beta, mean, variance []float32 }

// mergeStem returns the single 3x3 convolution [out][3][3][3] that equals v1's
// 1x1 convolution [mid][3] followed by its 3x3 one [out][mid][3][3]: nothing
// stands between the two. It is exact to float64; scale, a factor for each
// output channel, is multiplied in before it is rounded.
func mergeStem(conv1, conv2 []float32, width int, scale []float64) []float32 {
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
	weights := make([]float32, len(merged))
	for i, w := range merged {
		weights[i] = float32(w * scale[i/27])
	}
	return weights
}
