package cli

import (
	"context"

	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/npy"
	"bagnet/internal/output"
	"bagnet/internal/terminal"
)

// patchesOptions are the flags of patches.
type patchesOptions struct {
	sourceFlags
	saved       savedFlags
	classes     []string
	features    bool
	stride      int
	strideGiven bool
	npy         string
	format      flagvalue.Choice

	replacing output.Replacing
	noClobber bool
}

func newPatchesCmd(s *terminal.Streams) *cobra.Command {
	o := &patchesOptions{}
	cmd := &cobra.Command{
		Use:   "patches [flags] [IMAGE...]",
		Short: "Write what the network makes of each patch, for NumPy",
		Long: `Write the logits that the network gives to each patch of an image, or, with
--features, what it gives them for: the features before the linear classifier.
The array is float32 [rows, cols, classes] or [rows, cols, channels], in
NAME.logits.npy or NAME.features.npy in the working directory unless --npy says
otherwise. Classes are in the order of their indices, or of --class. Of a network
of one output it has the logits of the positive class, unless --class says otherwise.

--stride is the distance in pixels between neighbouring patches. On the native
grid, the default, the mean of the logits is the image's logits, and that of
the features is what the classifier sees. Those of a ResNet or DenseNet are at the
positions of its last feature map, each of which saw (nearly) the whole image.

--format json prints an object for each image:
  {"path","kind","classes","patch","stride","rows","cols","channels",
   "origin":[y,x],"native":{"first","step","rows","cols"},"output"}
origin is the pixel of the prepared image at the centre of the first patch;
native says which rows and columns are the native grid: first, first+step, ...

--records keeps what was written in a file, from which --resume goes on. With --shard
I/N and --part (see evaluate) several processes write the arrays of their parts, and
'bagnet merge patches' prints what one would have printed.`,
		Example: `  bagnet patches photo.jpg
  bagnet patches --features --npy embeddings/ holiday/
  bagnet patches --class tench --class 'golf ball' --stride 1 --npy two.npy photo.jpg
  python3 -c 'import numpy; print(numpy.load("photo.logits.npy").mean((0, 1)))'`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			o.strideGiven = cmd.Flags().Changed("stride")
			return runPatches(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.classes, "class", "c", nil, "write the logits of `CLASS` only: its number, WordNet id or name (repeatable)")
	flags.BoolVar(&o.features, "features", false, "write features instead of logits")
	flags.IntVar(&o.stride, "stride", 8, "distance of `N` pixels between neighbouring patches: 8 (native), 4, 2 or 1 (a ResNet or DenseNet has its own alone)")
	flags.StringVar(&o.npy, "npy", "", "write arrays to `FILE.npy|DIR` (default: NAME.logits.npy or NAME.features.npy here)")
	registerChoice(cmd, &o.format, "format", "how to print what was written", formatText, formatJSON)
	flags.BoolVar(&o.noClobber, "no-clobber", false, noClobberUsage)
	o.saved.register(cmd, answersKind, "keep in `FILE` which arrays were written, for --resume")
	o.register(cmd)
	complete(cmd, "class", completeClass(&o.model))
	return cmd
}

func runPatches(ctx context.Context, s *terminal.Streams, o *patchesOptions, args []string) error {
	switch {
	case o.npy == "-":
		return usageErrorf("--npy -: give a file or a directory")
	case o.features && len(o.classes) > 0:
		return usageErrorf("--features and --class: features are no class's")
	}
	if err := o.saved.check(".ndjson"); err != nil {
		return err
	}
	o.inputs.shard = o.saved.chosen
	src, err := o.open(ctx, s, args)
	if err != nil {
		return err
	}
	if err := src.net.checkMaps(s, &o.stride, o.strideGiven); err != nil {
		return err
	}
	r := &patchesRun{options: o, net: src.net, classes: src.net.classes[:src.net.info.Outputs]}
	r.streams, r.source, r.bar = s, src, terminal.NewProgress(s, src.inputs.Total)
	if len(o.classes) > 0 {
		if r.classes, err = findClasses(s, src.net.classes, o.classes); err != nil {
			return err
		}
	}
	several := src.inputs.Total != 1 || o.saved.part != ""
	if r.arrays, err = output.NewPlaces("--npy", o.npy, ".npy", several, args); err != nil {
		return err
	}
	if !several {
		if err := npy.Check("--npy", o.npy); err != nil {
			return err
		}
	}
	o.replacing.Keep = keeping(o.noClobber)
	if err := o.replacing.CheckFirst(r.arrays); err != nil {
		return err
	}
	if err := src.sideBySide(s, o.stride); err != nil {
		return err
	}
	if r.saved, err = o.saved.begin(ctx, s, src, "patches", r.settings(), struct{}{}); r.saved == nil {
		return err
	}
	defer r.saved.abandon()
	return r.run(ctx)
}
