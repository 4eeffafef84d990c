package cli

import (
	"cmp"
	"context"
	"strings"

	"github.com/spf13/cobra"

	"bagnet/internal/architecture"
	"bagnet/internal/flagvalue"
	"bagnet/internal/hint"
	"bagnet/internal/library"
	"bagnet/internal/network"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// maxBenchSide bounds --size. The time of larger images is that of their tiles.
const maxBenchSide = 4096

// maxPasses bounds --passes: each pass has memory of its own.
const maxPasses = 256

// benchOptions are the flags of bench.
type benchOptions struct {
	model    modelFlags
	networks []string
	random   bool
	size     int
	runs     int
	passes   int
	layers   bool
	format   flagvalue.Choice
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
milliseconds (of each thread), the multiply-adds it computes and their speed.

Several networks, each with a -m of its own, are compared in rounds in which each has
its turn, so that what else the machine does slows all of them down. "ratio" is the
median over rounds of a network's time over the first one's in the same round. All get
images of one size: --size, else the first one's. JSON has an object for each.

--random gives networks that are known by name (torchvision's, bagnet9, bagnet17,
bagnet33 and their -v2) random weights of their architecture: that takes as long, and
nothing is downloaded.

--passes runs so many passes at once, among which the threads are divided, as commands do
that have many images; the times are then those of all of them.`,
		Example: `  bagnet bench
  bagnet bench -m bagnet33 --size 224 --threads 1 --layers
  bagnet bench -m resnet50 -m bagnet33 -m vgg16 --random
  bagnet bench --passes 8 --format json
  BAGNET_KERNEL=generic bagnet bench --format json`,
		Args: cobra.NoArgs,
		RunE: withStatus(func(cmd *cobra.Command, _ []string) error {
			if cmd.Flags().Changed("size") && o.size == 0 {
				return usageErrorf("--size 0: want 1 to %d pixels", maxBenchSide)
			}
			return runBench(cmd.Context(), s, o)
		}),
	}
	o.model.registerSeveral(cmd, &o.networks)
	cmd.Flags().BoolVar(&o.random, "random", false, "give networks known by name random weights")
	cmd.Flags().IntVar(&o.size, "size", 0, "an image of `N` x N pixels (default: the model's crop, or 224)")
	cmd.Flags().IntVar(&o.runs, "runs", 20, "measure `N` passes, after two that are not counted")
	cmd.Flags().IntVar(&o.passes, "passes", 1, "run `N` passes side by side")
	cmd.Flags().BoolVar(&o.layers, "layers", false, "measure the network's stages too")
	registerChoice(cmd, &o.format, "format", "how to print the result", formatText, formatJSON)
	return cmd
}

// check refuses flags that make no sense. It limits the program to the CPUs of --threads.
func (o *benchOptions) check() error {
	switch {
	case o.runs < 1:
		return usageErrorf("--runs %d: want 1 or more", o.runs)
	case o.size < 0 || o.size > maxBenchSide:
		return usageErrorf("--size %d: want 1 to %d pixels", o.size, maxBenchSide)
	case o.passes < 1 || o.passes > maxPasses:
		return usageErrorf("--passes %d: want 1 to %d", o.passes, maxPasses)
	case o.layers && (len(o.networks) > 1 || o.passes > 1):
		return usageErrorf("--layers is about one network and one pass at a time")
	case o.random && o.model.weights != "":
		return usageErrorf("--random reads no checkpoint in which --weights could be chosen")
	}
	if err := o.model.limitCPUs(); err != nil {
		return err
	}
	if o.passes > o.model.threads {
		return usageErrorf("--passes %d: there are %s to run them on: --threads says how many", o.passes, text.Count(o.model.threads, "CPU", "CPUs"))
	}
	return checkOneFile(o.networks, o.model.weights)
}

// open opens a network for its engine alone.
func (o *benchOptions) open(ctx context.Context, s *terminal.Streams, given string) (*network.Network, error) {
	flags := o.model
	flags.model = given
	if o.random {
		name := library.Name(given)
		net, known, err := network.Random(name, network.Options{Threads: flags.threads})
		if !known {
			return nil, hint.Add(usageErrorf("--random: no network is known by the name %s", text.Path(name)), "there are %s", strings.Join(architecture.Names(), ", "))
		}
		return net, modelError(err)
	}
	name, err := flags.obtain(ctx, s)
	if err != nil {
		return nil, err
	}
	net, _, err := openFile(ctx, s, name, weightsOf(given, len(o.networks), flags.weights), flags.threads)
	if err != nil {
		return nil, err
	}
	net.Close() // the engine has what it needs
	return net, nil
}

func runBench(ctx context.Context, s *terminal.Streams, o *benchOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	given := o.networks
	if len(given) == 0 {
		given = []string{""}
	}
	var networks []*network.Network
	for _, name := range given {
		net, err := o.open(ctx, s, name)
		if err != nil {
			return err
		}
		if o.size == 0 {
			o.size = cmp.Or(net.Preprocessing.Crop, 224)
		}
		if err := net.CheckSize(o.size, o.size); err != nil {
			return usageErrorf("--size %d: %w", o.size, err)
		}
		networks = append(networks, net)
	}
	m := network.Measurement{Size: o.size, Runs: o.runs, Passes: o.passes}
	if len(networks) > 1 {
		all, err := network.Compare(ctx, networks, m)
		if err != nil {
			return err
		}
		return o.print(s, all.Text(), all)
	}
	result, err := networks[0].Bench(ctx, m, o.layers)
	if err != nil {
		return err
	}
	return o.print(s, result.Text(), []network.Bench{result})
}

// print prints results, which text is about.
func (o *benchOptions) print(s *terminal.Streams, text string, results []network.Bench) error {
	if o.format.Value != formatJSON {
		return s.Write([]byte(text))
	}
	for _, r := range results {
		if err := writeJSON(s, r); err != nil {
			return err
		}
	}
	return nil
}
