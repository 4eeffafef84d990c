package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"gorgonia.org/tensor"

	"bagnet/internal/inference"
	"bagnet/internal/network"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// maxBenchSide bounds --size. The time of larger images is that of their tiles.
const maxBenchSide = 4096

// benchOptions are the flags of bench.
type benchOptions struct {
	model  modelFlags
	size   int
	runs   int
	layers bool
	format choice
}

// benchResult is what bench prints as JSON.
type benchResult struct {
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
	Layers   []benchLayer `json:"layers,omitempty"`
}

// benchLayer is the share of a group of layers in a pass.
type benchLayer struct {
	Name   string  `json:"name"`
	Median float64 `json:"median_ms"` // of each thread, waiting for others not counted
	GMACs  float64 `json:"gmac"`      // multiply-adds computed
	GFLOPS float64 `json:"gflops"`    // of all threads
}

func newBenchCmd(s *terminal.Streams) *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench [flags]",
		Short: "Measure the time of a forward pass",
		Long: `Measure the time that the network takes for one image, without reading and
preparing it: one forward pass for the image's logits, batch 1.

GFLOP/s count two operations for each multiply-add of the network as it was
published, whatever this program merges or leaves out, so that they can be
compared with other programs'. The second figure counts what is computed, as a
share of what the same multiply-add instructions do when they touch no memory.

--layers says where the time goes: for each stage of the network its
milliseconds (of each thread), the multiply-adds it computes and their speed.`,
		Example: `  bagnet bench
  bagnet bench -m bagnet33 --size 224 --threads 1 --layers
  BAGNET_KERNEL=generic bagnet bench --format json`,
		Args: cobra.NoArgs,
		RunE: withStatus(func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("size") && o.size == 0 {
				return usageErrorf("--size 0: want 1 to %d pixels", maxBenchSide)
			}
			return runBench(cmd.Context(), s, o)
		}),
	}
	o.model.registerNetwork(cmd)
	cmd.Flags().IntVar(&o.size, "size", 0, "an image of `N` x N pixels (default: the model's crop, or 224)")
	cmd.Flags().IntVar(&o.runs, "runs", 20, "measure `N` passes, after two that are not counted")
	cmd.Flags().BoolVar(&o.layers, "layers", false, "measure the network's stages too")
	registerChoice(cmd, &o.format, "format", "how to print the result", formatText, formatJSON)
	return cmd
}

func runBench(ctx context.Context, s *terminal.Streams, o *benchOptions) error {
	if o.runs < 1 {
		return usageErrorf("--runs %d: want 1 or more", o.runs)
	}
	if o.size < 0 || o.size > maxBenchSide {
		return usageErrorf("--size %d: want 1 to %d pixels", o.size, maxBenchSide)
	}
	if err := o.model.check(); err != nil {
		return err
	}
	name, err := o.model.obtain(ctx, s)
	if err != nil {
		return err
	}
	net, _, err := openFile(ctx, s, name, o.model.weights, o.model.threads)
	if err != nil {
		return err
	}
	net.Close() // the engine has what it needs
	if o.size == 0 {
		if o.size = net.Preprocessing.Crop; o.size == 0 {
			o.size = 224
		}
	}
	if err := net.CheckSize(o.size, o.size); err != nil {
		return usageErrorf("--size %d: %w", o.size, err)
	}
	result, err := bench(ctx, net, o)
	if err != nil {
		return err
	}
	if o.format.value == formatJSON {
		line, err := json.Marshal(result)
		if err != nil {
			return err
		}
		return s.Write(append(line, '\n'))
	}
	return s.Write([]byte(result.text()))
}

// text says the result in words.
func (r benchResult) text() string {
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
	var total benchLayer
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

// bench measures forward passes on an image of noise: the time does not depend
// on what is to be seen.
func bench(ctx context.Context, net *network.Network, o *benchOptions) (benchResult, error) {
	random := rand.New(rand.NewPCG(1, 1))
	pixels := make([]float32, o.size*o.size*3)
	for i := range pixels {
		pixels[i] = float32(random.NormFloat64())
	}
	img, err := inference.FromTensor(tensor.New(tensor.WithShape(o.size, o.size, 3), tensor.WithBacking(pixels)))
	if err != nil {
		return benchResult{}, err
	}
	const warmUp = 2
	var times []float64 // ms
	for run := range warmUp + o.runs {
		start := time.Now()
		if _, err := net.Classify(ctx, img); err != nil {
			return benchResult{}, err
		}
		if run >= warmUp {
			times = append(times, time.Since(start).Seconds()*1e3)
		}
	}
	r := benchResult{
		Model: net.Name, Size: o.size, Threads: o.model.threads, Kernel: net.Kernel(), Runs: o.runs,
		Median: median(times), Min: slices.Min(times), Max: slices.Max(times),
		Peak: net.Peak(200*time.Millisecond) / 1e9,
	}
	r.GFLOPS = 2 * float64(net.MACs(o.size, o.size)) / r.Median / 1e6
	profiles := 1
	if o.layers {
		profiles = o.runs
	}
	layers, err := benchLayers(ctx, net, img, profiles)
	if err != nil {
		return benchResult{}, err
	}
	for _, l := range layers {
		r.Computed += 2 * l.GMACs / r.Median * 1e3
	}
	if o.layers {
		r.Layers = layers
	}
	return r, nil
}

// benchLayers measures the groups of layers in the given number of passes.
func benchLayers(ctx context.Context, net *network.Network, img inference.Pixels, passes int) ([]benchLayer, error) {
	var profiles [][]inference.LayerProfile
	for range passes {
		p, err := net.Profile(ctx, img)
		if err != nil {
			return nil, err
		}
		profiles = append(profiles, p)
	}
	var layers []benchLayer
	for i, group := range profiles[0] {
		var times []float64
		for _, p := range profiles {
			times = append(times, p[i].Time.Seconds()*1e3/float64(net.Threads()))
		}
		l := benchLayer{Name: group.Name, Median: median(times), GMACs: float64(group.Multiplications) / 1e9}
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
