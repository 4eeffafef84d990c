package network

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
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
	fmt.Fprintf(&b, "one pass  %.1f ms median, %.1f fastest, %.1f slowest of %d\n", r.Median, r.Min, r.Max, r.Runs)
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

// Bench measures that many passes over an image of noise of size x size pixels, after two
// that are not counted: the time does not depend on what is to be seen. With layers, it
// measures the stages of the network too.
func (n *Network) Bench(ctx context.Context, size, runs int, layers bool) (Bench, error) {
	random := rand.New(rand.NewPCG(1, 1))
	pixels := make([]float32, size*size*3)
	for i := range pixels {
		pixels[i] = float32(random.NormFloat64())
	}
	img, err := inference.FromTensor(tensor.New(tensor.WithShape(size, size, 3), tensor.WithBacking(pixels)))
	if err != nil {
		return Bench{}, err
	}
	const warmUp = 2
	var times []float64 // ms
	for run := range warmUp + runs {
		start := time.Now()
		if _, err := n.Classify(ctx, img); err != nil {
			return Bench{}, err
		}
		if run >= warmUp {
			times = append(times, time.Since(start).Seconds()*1e3)
		}
	}
	r := Bench{
		Model: n.Name, Size: size, Threads: n.Threads(), Kernel: n.Kernel(), Runs: runs,
		Median: median(times), Min: slices.Min(times), Max: slices.Max(times),
		Peak: n.Peak(200*time.Millisecond) / 1e9,
	}
	r.GFLOPS = 2 * float64(n.MACs(size, size)) / r.Median / 1e6
	profiles := 1
	if layers {
		profiles = runs
	}
	groups, err := n.profile(ctx, img, profiles)
	if err != nil {
		return Bench{}, err
	}
	for _, l := range groups {
		r.Computed += 2 * l.GMACs / r.Median * 1e3
	}
	if layers {
		r.Layers = groups
	}
	return r, nil
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
