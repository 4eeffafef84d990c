package cli

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"gorgonia.org/tensor"
)

// benchOptions are the flags of bench.
type benchOptions struct {
	model  modelFlags
	size   int
	runs   int
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
	GFLOPS  float64 `json:"gflops"` // at the median
}

func newBenchCmd(s *streams) *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench [flags]",
		Short: "Measure the time of a forward pass",
		Long: `Measure the time that the network takes for one image, without reading and
preparing it: one forward pass for the image's logits, batch 1.

GFLOP/s count two operations for each multiply-add of the network as it was
published, whatever this program merges or leaves out, so that they can be
compared with other programs'.`,
		Example: `  bagnet bench
  bagnet bench -m bagnet32-2ddd53ed.pth.tar --size 224 --threads 1
  BAGNET_KERNEL=generic bagnet bench --format json`,
		Args: cobra.NoArgs,
		RunE: withStatus(func(cmd *cobra.Command, _ []string) error {
			return runBench(cmd.Context(), s, o)
		}),
	}
	o.model.registerNetwork(cmd)
	cmd.Flags().IntVar(&o.size, "size", 0, "an image of `N` x N pixels (default: the model's crop, or 224)")
	cmd.Flags().IntVar(&o.runs, "runs", 20, "measure `N` passes, after two that are not counted")
	registerChoice(cmd, &o.format, "format", "how to print the result", formatText, formatJSON)
	return cmd
}

func runBench(ctx context.Context, s *streams, o *benchOptions) error {
	if o.runs < 1 {
		return usageErrorf("--runs %d: want 1 or more", o.runs)
	}
	if o.size < 0 || o.size*o.size > maxNetworkPixels {
		return usageErrorf("--size %d: want 1 to 4096 pixels", o.size)
	}
	if err := o.model.check(); err != nil {
		return err
	}
	net, err := openNetwork(s, modelName(o.model.model), o.model.threads)
	if err != nil {
		return err
	}
	net.checkpoint = nil // the model has what it needs
	if o.size == 0 {
		if o.size = net.preprocessing.Crop; o.size == 0 {
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
		return s.write(append(line, '\n'))
	}
	return s.printf("%s, %d x %d pixels, kernel %s, %s\nmedian %.1f ms, min %.1f, max %.1f over %s; %.0f GFLOP/s\n",
		result.Model, o.size, o.size, result.Kernel, count(result.Threads, "thread", "threads"),
		result.Median, result.Min, result.Max, count(o.runs, "pass", "passes"), result.GFLOPS)
}

// bench measures forward passes on an image of noise: the time does not depend
// on what is to be seen.
func bench(ctx context.Context, net *network, o *benchOptions) (benchResult, error) {
	random := rand.New(rand.NewPCG(1, 1))
	pixels := make([]float32, o.size*o.size*3)
	for i := range pixels {
		pixels[i] = float32(random.NormFloat64())
	}
	img := tensor.New(tensor.WithShape(o.size, o.size, 3), tensor.WithBacking(pixels))
	const warmUp = 2
	var times []float64 // ms
	for run := range warmUp + o.runs {
		start := time.Now()
		if _, err := net.Logits(ctx, img); err != nil {
			return benchResult{}, err
		}
		if run >= warmUp {
			times = append(times, time.Since(start).Seconds()*1e3)
		}
	}
	slices.Sort(times)
	median := (times[(len(times)-1)/2] + times[len(times)/2]) / 2
	return benchResult{
		Model: net.name, Size: o.size, Threads: o.model.threads, Kernel: net.Kernel(), Runs: o.runs,
		Median: median, Min: times[0], Max: times[len(times)-1],
		GFLOPS: 2 * float64(net.Config().MACs(o.size, o.size)) / median / 1e6,
	}, nil
}
