package weights

import (
	"fmt"
	"math"
)

// epsilon is PyTorch's default for BatchNorm2d, which all networks here use.
const epsilon = 1e-5

// A folding is what a BatchNorm does to the convolution before it: each output
// channel's weights are multiplied by scale, and bias is added.
type folding struct {
	scale   []float64
	bias    []float32
	largest float64 // max |weight| before folding
}

// A batchNorm holds the four vectors of a BatchNorm2d, one value a channel.
type batchNorm struct{ gamma, beta, mean, variance []float32 }

// scaleShift returns, for channel c of y = (x-mean)/sqrt(var+eps)*gamma + beta,
// the scale gamma/sqrt(var+eps) and the shift beta - (mean-bias)*scale, where
// bias is that of a convolution before it.
func (n batchNorm) scaleShift(c int, bias float64) (scale, shift float64, _ error) {
	variance := float64(n.variance[c])
	if variance < 0 {
		return 0, 0, fmt.Errorf("its running variance %v at channel %d is negative", variance, c)
	}
	scale = float64(n.gamma[c]) / math.Sqrt(variance+epsilon)
	return scale, float64(n.beta[c]) - (float64(n.mean[c])-bias)*scale, nil
}

// fold computes in float64 what norm does to a convolution with these weights
// and this bias, nil if it has none.
func fold(name string, weights, bias []float32, norm batchNorm) (folding, error) {
	out := len(norm.gamma)
	per := len(weights) / out
	f := folding{scale: make([]float64, out), bias: make([]float32, out)}
	for o := range out {
		before := 0.0
		if bias != nil {
			before = float64(bias[o])
		}
		scale, shift, err := norm.scaleShift(o, before)
		if err != nil {
			return f, fmt.Errorf("folding %s: %w", name, err)
		}
		f.scale[o], f.bias[o] = scale, float32(shift)
		largest := largest(weights[o*per : (o+1)*per])
		f.largest = max(f.largest, largest)
		if math.IsInf(float64(f.bias[o]), 0) || math.IsInf(float64(float32(largest*scale)), 0) {
			return f, fmt.Errorf("folding %s: channel %d exceeds float32 once its BatchNorm is multiplied in", name, o)
		}
	}
	return f, nil
}

// largest returns max |weight|. The order of magnitudes is that of their bits.
func largest(weights []float32) float64 {
	var most uint32
	for _, w := range weights {
		most = max(most, math.Float32bits(w)&^(1<<31))
	}
	return float64(math.Float32frombits(most))
}
