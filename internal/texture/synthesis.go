package texture

import (
	"context"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/optimize"
)

// Settings are how to look for a texture.
type Settings struct {
	Seed    uint64 // of the noise to begin with
	Steps   int    // iterations at most
	Threads int    // CPUs
	// Progress is told of each iteration and the loss then; nil for nobody.
	Progress func(step int, loss float64)
}

// Result is a texture and how near it came.
type Result struct {
	Picture
	Loss, First float64 // of the texture, and of the noise
	Steps       int     // that were taken
}

// margin is how far from the bounds the noise begins, where the gradient would be zero.
const margin = 0.01

// Synthesise makes a texture of a picture's statistics. The bounds of pixels hold by a
// reparametrisation: a pixel is (1 + sin u)/2, and L-BFGS, which knows no bounds, looks for
// the u. It begins with noise that has the picture's mean colour and covariance of colours.
// The same settings and features give the same bits, whatever the number of threads.
func Synthesise(ctx context.Context, f Features, p *Picture, s Settings) (*Result, error) {
	loss, err := NewLoss(ctx, f, p, s.Threads)
	if err != nil {
		return nil, err
	}
	u := noise(loss.colours, p, s.Seed)
	x := make([]float64, len(u))
	r := &Result{Picture: Picture{make([]float32, len(u)), p.H, p.W}}
	var failed error
	latest := make([]float64, len(u))
	value := func(u []float64) float64 {
		copy(latest, u)
		for i, v := range u {
			if PEN > 0 { x[i] = v } else {
			x[i] = (1 + math.Sin(v)) / 2 }
		}
		value, err := loss.Value(ctx, x)
		if PEN > 0 { for _, v := range u { if v < 0 { value += PEN*v*v/float64(len(u)) }; if v > 1 { value += PEN*(v-1)*(v-1)/float64(len(u)) } } }
		if err != nil && failed == nil {
			failed = err
		}
		return value
	}
	problem := optimize.Problem{
		Func: value,
		Grad: func(grad, u []float64) {
			if !slices.Equal(u, latest) {
				value(u)
			}
			if err := loss.Gradient(ctx, grad); err != nil && failed == nil {
				failed = err
			}
			for i, v := range u {
				if PEN > 0 { if v < 0 { grad[i] += PEN*2*v/float64(len(u)) }; if v > 1 { grad[i] += PEN*2*(v-1)/float64(len(u)) }; continue }
				grad[i] *= math.Cos(v) / 2
			}
		},
		Status: func() (optimize.Status, error) {
			if failed != nil {
				return optimize.Failure, failed
			}
			return optimize.NotTerminated, nil
		},
	}
	settings := &optimize.Settings{
		MajorIterations: s.Steps, Converger: optimize.NeverTerminate{},
		Recorder: &recorder{s.Progress, r},
	}
	found, err := optimize.Minimize(problem, u, settings, &optimize.LBFGS{Store: 10})
	switch {
	case failed != nil:
		return nil, failed
	case found == nil:
		return nil, err
	}
	r.Loss = found.F
	for i, v := range found.X {
		if PEN > 0 { r.Values[i] = float32(max(0,min(1,v))); continue }
		r.Values[i] = float32((1 + math.Sin(v)) / 2)
	}
	return r, nil
}

func env(n string, d float64) float64 { if v, err := strconv.ParseFloat(os.Getenv(n), 64); err == nil { return v }; return d }
var noiseShare, PEN, EPS, VAR, PER = env("NS", .25), env("PEN", 10), env("EPS", .01), env("VAR", .02), env("PER", 8)


// recorder notes how the search goes.
type recorder struct {
	progress func(int, float64)
	r        *Result
}

func (*recorder) Init() error { return nil }

func (n *recorder) Record(at *optimize.Location, o optimize.Operation, stats *optimize.Stats) error {
	switch {
	case o == optimize.InitIteration:
		n.r.First = at.F
	case o == optimize.MajorIteration:
		n.r.Steps = stats.MajorIterations
		if n.progress != nil {
			n.progress(stats.MajorIterations, at.F)
		}
	}
	return nil
}

// noise returns the u of pixels that have no more of p than its colours' mean and covariance.
func noise(c *colours, p *Picture, seed uint64) []float64 {
	own := newColours(p)
	rng := rand.New(rand.NewPCG(seed, math.MaxUint64))
	u := make([]float64, len(p.Values))
	for at := 0; at < len(u); at += 3 {
		z := [3]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		for i := range 3 {
			v := own.mean[i] + noiseShare*(own.spread[i][0]*z[0]+own.spread[i][1]*z[1]+own.spread[i][2]*z[2])
			if PEN > 0 { u[at+i] = v; continue }
			u[at+i] = math.Asin(2*max(margin, min(1-margin, v)) - 1)
		}
	}
	return u
}
