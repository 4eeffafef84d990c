package texture

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

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

// Limits of Settings, and what makes good textures in seconds.
const MaxSteps, DefaultSteps = 100_000, 100

// Result is a texture and how near it comes.
type Result struct {
	Picture
	Loss  float64
	Steps int // that were taken
}

const (
	// margin is how far from the bounds pixels begin: at a bound the gradient is zero.
	margin = 0.01
	// faint is the deviation of the noise's colours, as a share of the picture's.
	faint = 0.25
	// remembered are the steps that L-BFGS makes the next one of.
	remembered = 10
)

// Synthesise makes a texture of a picture's statistics. The bounds of pixels hold by a
// reparametrisation: a pixel is (1 + sin u)/2, and L-BFGS, which knows no bounds, looks for
// the u. It begins with faint noise that has the picture's mean colour and directions of
// colours. The same settings and features give the same bits, whatever the number of threads.
func Synthesise(ctx context.Context, f Features, p *Picture, s Settings) (*Result, error) {
	loss, err := NewLoss(ctx, f, p, s.Threads)
	if err != nil {
		return nil, err
	}
	q := &search{ctx: ctx, loss: loss, progress: s.Progress, u: make([]float64, len(p.Values)), x: make([]float64, len(p.Values))}
	problem := optimize.Problem{Func: q.value, Grad: q.gradient, Status: q.status}
	settings := &optimize.Settings{MajorIterations: s.Steps + 1, Converger: optimize.NeverTerminate{}, Recorder: q}
	found, err := optimize.Minimize(problem, noise(loss.colours, p, s.Seed), settings, &optimize.LBFGS{Store: remembered})
	switch {
	case q.failure != nil:
		panic(q.failure) // where the caller can catch it
	case q.err != nil:
		return nil, q.err
	case found == nil:
		return nil, fmt.Errorf("looking for a texture: %w", err)
	}
	// err may say that no step leads lower: then this is the lowest.
	r := &Result{Picture: Picture{make([]float32, len(p.Values)), p.H, p.W}, Loss: found.F, Steps: q.steps}
	for i, u := range found.X {
		r.Values[i] = float32(pixel(u))
	}
	return r, nil
}

func pixel(u float64) float64 { return (1 + math.Sin(u)) / 2 }

// A search is one under way: what the minimiser, in goroutines of its own, asks of it.
type search struct {
	ctx      context.Context
	loss     *Loss
	progress func(int, float64)
	u, x     []float64 // the latest, and its pixels
	steps    int
	err      error
	failure  any // of a panic
}

// guard ends the search if what it does fails.
func (s *search) guard(do func() error) {
	defer func() {
		if failure := recover(); failure != nil {
			s.failure = failure
		}
	}()
	if err := do(); err != nil && s.err == nil {
		s.err = err
	}
}

func (s *search) value(u []float64) (value float64) {
	s.guard(func() (err error) {
		copy(s.u, u)
		for i, v := range u {
			s.x[i] = pixel(v)
		}
		value, err = s.loss.Value(s.ctx, s.x)
		return err
	})
	return value
}

func (s *search) gradient(grad, u []float64) {
	if !slices.Equal(u, s.u) {
		s.value(u)
	}
	s.guard(func() error { return s.loss.Gradient(s.ctx, grad) })
	for i, v := range u {
		grad[i] *= math.Cos(v) / 2
	}
}

func (s *search) status() (optimize.Status, error) {
	if s.failure != nil || s.err != nil {
		return optimize.Failure, s.err
	}
	return optimize.NotTerminated, nil
}

// Init is of an optimize.Recorder.
func (s *search) Init() error { return nil }

// Record notes how the search goes.
func (s *search) Record(at *optimize.Location, o optimize.Operation, stats *optimize.Stats) error {
	if o == optimize.MajorIteration {
		if s.steps = stats.MajorIterations; s.progress != nil {
			s.progress(s.steps, at.F)
		}
	}
	return nil
}

// noise returns the u of pixels that have no more of p than its colours.
func noise(c *colours, p *Picture, seed uint64) []float64 {
	rng := rand.New(rand.NewPCG(seed, math.MaxUint64))
	u := make([]float64, len(p.Values))
	for at := 0; at < len(u); at += 3 {
		z := [3]float64{rng.NormFloat64(), rng.NormFloat64(), rng.NormFloat64()}
		for i := range 3 {
			v := c.mean[i] + faint*(c.spread[i][0]*z[0]+c.spread[i][1]*z[1]+c.spread[i][2]*z[2])
			u[at+i] = math.Asin(2*max(margin, min(1-margin, v)) - 1)
		}
	}
	return u
}
