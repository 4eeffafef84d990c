package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/terminal"
)

// maxBenchSide bounds --size. The time of larger images is that of their tiles.
const maxBenchSide = 4096

// benchOptions are the flags of bench.
type benchOptions struct {
	model  modelFlags
	size   int
	runs   int
	layers bool
	format flagvalue.Choice
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
	if err := o.model.limitCPUs(); err != nil {
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
	result, err := net.Bench(ctx, o.size, o.runs, o.layers)
	if err != nil {
		return err
	}
	if o.format.Value == formatJSON {
		return writeJSON(s, result)
	}
	return s.Write([]byte(result.Text()))
}
