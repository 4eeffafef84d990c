package network

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"gorgonia.org/tensor"

	"bagnet/internal/inference"
	"bagnet/internal/text"
)

// A Bench is how long passes take.
type Bench struct {
	Model   string  `json:"model"`
	Size    int     `json:"size"`
	Threads int     `json:"threads"`
	Kernel  string  `json:"kernel"`
	Runs    int     `json:"runs"`
	Median  float64 `json:"median_ms"`
	Min     float64 `json:"min_ms"`
	Max     float64 `json:"max_ms"`
	GFLOPS  float64 `json:"gflops"` // at the median, of the network as published
	// Of what is really computed, and the most that the kernel's instructions do.
	Computed float64      `json:"computed_gflops"`
	Peak     float64      `json:"peak_gflops"`
	Passes   int          `json:"passes,omitempty"`            // side by side, if they are several; times are those of all
	Speed    float64      `json:"images_per_second,omitempty"` // then
	Ratio    float64      `json:"ratio,omitempty"`             // of several networks: the time as a multiple of the first one's
	Layers   []BenchLayer `json:"layers,omitempty"`
}

// BenchLayer is the share of a group of layers in a pass.
type BenchLayer struct {
	Name   string  `json:"name"`
	Median float64 `json:"median_ms"` // of each thread, waiting for others not counted
	GMACs  float64 `json:"gmac"`      // multiply-adds computed
	GFLOPS float64 `json:"gflops"`    // of all threads
}

// Text is the result for people.
func (r Bench) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, %d x %d pixels, kernel %s, %s\n", r.Model, r.Size, r.Size, r.Kernel, text.Count(r.Threads, "thread", "threads"))
	what := "one pass  "
	if r.Passes > 1 {
		what = fmt.Sprintf("%d passes side by side, %.1f images a second\na round   ", r.Passes, r.Speed)
	}
	fmt.Fprintf(&b, "%s%.1f ms median, %.1f fastest, %.1f slowest of %d\n", what, r.Median, r.Min, r.Max, r.Runs)
	fmt.Fprintf(&b, "speed     %.0f GFLOP/s, counting the network as published\n", r.GFLOPS)
	fmt.Fprintf(&b, "computed  %.0f GFLOP/s, %.0f %% of the %.0f GFLOP/s that the multiply-adds alone reach\n",
		r.Computed, 100*r.Computed/r.Peak, r.Peak)
	if len(r.Layers) == 0 {
		return b.String()
	}
	fmt.Fprintf(&b, "\n%-12s %8s %8s %8s %9s %8s\n", "layers", "ms", "of time", "GMAC", "GFLOP/s", "of peak")
	var total BenchLayer
	for _, l := range r.Layers {
		total.Median += l.Median
		total.GMACs += l.GMACs
	}
	total.Name, total.GFLOPS = "together", 2*total.GMACs/total.Median*1e3
	for _, l := range append(slices.Clone(r.Layers), total) {
		fmt.Fprintf(&b, "%-12s %8.2f %6.1f %% %8.3f %9.0f %6.0f %%\n", l.Name, l.Median, 100*l.Median/total.Median, l.GMACs,
			l.GFLOPS, 100*l.GFLOPS/r.Peak)
	}
	return b.String()
}

// A Measurement is what to time: passes over an image of noise of Size x Size pixels, as the
// time does not depend on what is to be seen.
type Measurement struct {
	Size   int // pixels
	Runs   int // that count, after two that do not
	Passes int // at once in each of them, among which the threads are divided; 1 at least
}

// Bench times the network. With layers, it measures the stages of the network too.
func (n *Network) Bench(ctx context.Context, m Measurement, layers bool) (Bench, error) {
	all, err := m.all(ctx, []*Network{n}, layers)
	if err != nil {
		return Bench{}, err
	}
	return all[0], nil
}

// all times networks in rounds of each one's turn, so that what slows the machine down for a
// while slows all of them down.
func (m Measurement) all(ctx context.Context, networks []*Network, layers bool) ([]Bench, error) {
	random := rand.New(rand.NewPCG(1, 1))
	pixels := make([]float32, m.Size*m.Size*3)
	for i := range pixels {
		pixels[i] = float32(random.NormFloat64())
	}
	img, err := inference.FromTensor(tensor.New(tensor.WithShape(m.Size, m.Size, 3), tensor.WithBacking(pixels)))
	if err != nil {
		return nil, err
	}
	times, err := m.rounds(ctx, networks, img) // ms
	if err != nil {
		return nil, err
	}
	peak := networks[0].Peak(200*time.Millisecond) / 1e9
	var all []Bench
	for i, n := range networks {
		r := Bench{
			Model: n.Name, Size: m.Size, Threads: n.Threads(), Kernel: n.Kernel(), Runs: m.Runs,
			Min: slices.Min(times[i]), Max: slices.Max(times[i]), Peak: peak,
		}
		if len(networks) > 1 {
			r.Ratio = ratio(times[i], times[0])
		}
		r.Median = median(slices.Clone(times[i]))
		passes := float64(m.Passes)
		if m.Passes > 1 {
			r.Passes, r.Speed = m.Passes, passes/r.Median*1e3
		}
		r.GFLOPS = 2 * passes * float64(n.MACs(m.Size, m.Size)) / r.Median / 1e6
		profiles := 1
		if layers {
			profiles = m.Runs
		}
		groups, err := n.profile(ctx, img, profiles)
		if err != nil {
			return nil, err
		}
		for _, l := range groups {
			r.Computed += 2 * passes * l.GMACs / r.Median * 1e3
		}
		if layers {
			r.Layers = groups
		}
		all = append(all, r)
	}
	return all, nil
}

// rounds returns how long each network's turn took in each round, ms.
func (m Measurement) rounds(ctx context.Context, networks []*Network, img inference.Pixels) ([][]float64, error) {
	turns := make([]*Network, len(networks))
	for i, n := range networks {
		if turns[i] = n; m.Passes > 1 {
			turns[i] = n.WithThreads(max(1, n.Threads()/m.Passes))
		}
	}
	const warmUp = 2
	times := make([][]float64, len(networks))
	for run := range warmUp + m.Runs {
		for i, n := range turns {
			start := time.Now()
			errs := make([]error, m.Passes)
			var running sync.WaitGroup
			for pass := range m.Passes - 1 {
				running.Go(func() { _, errs[pass+1] = n.Classify(ctx, img) })
			}
			_, errs[0] = n.Classify(ctx, img)
			running.Wait()
			if err := errors.Join(errs...); err != nil {
				return nil, err
			}
			if run >= warmUp {
				times[i] = append(times[i], time.Since(start).Seconds()*1e3)
			}
		}
	}
	return times, nil
}

// profile measures the groups of layers in the given number of passes.
func (n *Network) profile(ctx context.Context, img inference.Pixels, passes int) ([]BenchLayer, error) {
	var profiles [][]inference.LayerProfile
	for range passes {
		p, err := n.Profile(ctx, img)
		if err != nil {
			return nil, err
		}
		profiles = append(profiles, p)
	}
	var layers []BenchLayer
	for i, group := range profiles[0] {
		var times []float64
		for _, p := range profiles {
			times = append(times, p[i].Time.Seconds()*1e3/float64(n.Threads()))
		}
		l := BenchLayer{Name: group.Name, Median: median(times), GMACs: float64(group.Multiplications) / 1e9}
		l.GFLOPS = 2 * l.GMACs / l.Median * 1e3
		layers = append(layers, l)
	}
	return layers, nil
}

// median returns the middle of the values, which it sorts.
func median(v []float64) float64 {
	slices.Sort(v)
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
