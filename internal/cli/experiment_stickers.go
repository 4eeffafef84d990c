package cli

import (
	"context"
	"slices"

	"github.com/spf13/cobra"

	"bagnet/internal/class"
	"bagnet/internal/experiment"
	"bagnet/internal/experiment/stickers"
	"bagnet/internal/flagvalue"
	"bagnet/internal/hint"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// stickersOptions are the flags of experiment stickers.
type stickersOptions struct {
	experimentFlags
	target         string
	sizes, numbers []int
	repeats        int
	places         int
	top            int
}

func newStickersCmd(s *terminal.Streams) *cobra.Command {
	o := &stickersOptions{}
	cmd := &cobra.Command{
		Use:   "stickers [flags] DIR|FILE.csv...",
		Short: "Measure how many answers become a class by pasting what speaks most for it",
		Long: `Cut the patches that speak most for a class out of the images of that class, as
top-patches finds them, with what surrounds them; paste them at random places into
images of other classes; and count the answers that become the stickers' class, or
yet another one. The first BagNet among the networks finds the stickers, for all
networks. Each image gets stickers of another class, chosen at random, or of --target.

--sizes are the stickers' sides in pixels and --counts how many are pasted; none
covers another. --top is how many of a class's strongest patches chance takes them from.

How much the place matters is measured on an empty image: by how much the class's
logit varies with the place of the sticker, and how much among places that are
whole strides of a BagNet's grid apart, which must make no difference to it.

For BagNets the answers of double masking are there as well (see certify), with one
sticker: whatever became of the others, no certified answer may change.`,
		Example: `  bagnet experiment stickers imagenette/val
  bagnet experiment stickers -m bagnet33-imagenette -m resnet18.pth --limit 200 --plot stickers.svg imagenette/val
  bagnet experiment stickers --target 'golf ball' --sizes 16,24,32,48 --counts 1,4 imagenette/val`,
		RunE: withStatus(func(cmd *cobra.Command, args []string) error {
			return runStickers(cmd.Context(), s, o, args)
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&o.target, "target", "", "paste stickers of `CLASS` into all images: its number, WordNet id or name (default: of another class in each)")
	complete(cmd, "target", completeClass(&o.model))
	flags.IntSliceVar(&o.sizes, "sizes", []int{16, 24, 32, 48}, "paste squares of `N,N,...` pixels")
	flags.IntSliceVar(&o.numbers, "counts", []int{1, 4}, "paste `N,N,...` of them")
	flags.IntVar(&o.repeats, "repeats", 2, "paste `N` times into each image, for each size and count")
	flags.IntVar(&o.places, "places", 4, "try a sticker alone at `N` places, and at as many whole strides apart; 0 for none")
	flags.IntVar(&o.top, "top", 8, "take stickers from the `N` strongest patches of a class")
	registerPairs(cmd, &o.between)
	o.register(cmd)
	return cmd
}

// maxStickersEach bounds --counts, --top and --places.
const maxStickersEach = 1000

// check refuses flags that make no sense by themselves.
func (o *stickersOptions) check() error {
	switch {
	case o.repeats < 1 || o.repeats > maxRepeats:
		return usageErrorf("--repeats %d: want 1 to %d", o.repeats, maxRepeats)
	case o.places < 0 || o.places == 1 || o.places > maxStickersEach:
		return usageErrorf("--places %d: want 2 to %d, or 0 for none", o.places, maxStickersEach)
	case o.top < 1 || o.top > maxStickersEach:
		return usageErrorf("--top %d: want 1 to %d", o.top, maxStickersEach)
	}
	if err := flagvalue.CheckLengths("--sizes", o.sizes, 1); err != nil {
		return err
	}
	for i, n := range o.numbers {
		if n < 1 || n > maxStickersEach || i > 0 && n <= o.numbers[i-1] {
			return usageErrorf("--counts %s: want numbers of stickers, 1 to %d, ascending", text.Numbers(",", o.numbers), maxStickersEach)
		}
	}
	if len(o.numbers) == 0 {
		return usageErrorf("--counts: want a number of stickers, or several with commas between")
	}
	return nil
}

func runStickers(ctx context.Context, s *terminal.Streams, o *stickersOptions, args []string) error {
	if err := o.check(); err != nil {
		return err
	}
	x := &stickers.Experiment{Settings: stickers.Settings{Sizes: o.sizes, Numbers: o.numbers, Repeats: o.repeats, Places: o.places, Target: stickers.Any}}
	run, err := newExperimentRun(ctx, s, &o.experimentFlags, args, x)
	if err != nil {
		return err
	}
	if err := findStickers(ctx, o, x, run); err != nil {
		return err
	}
	run.check = func(net *experiment.Network) error {
		if err := x.Found.Check(net.Name, net.Classes); err != nil {
			return usageErrorf("%w", err)
		}
		if w, h, fixed := net.Preprocessing.FixedSize(); fixed && o.sizes[0] > min(w, h) {
			return usageErrorf("--sizes %s: model %s has images of %dx%d pixels", text.Numbers(",", o.sizes), net.Name, w, h)
		}
		return nil
	}
	if err := run.run(ctx); err != nil {
		return err
	}
	return run.publish(ctx, stickers.NewReport(run.Run))
}

// findStickers looks for the stickers with the first BagNet among the networks.
func findStickers(ctx context.Context, o *stickersOptions, x *stickers.Experiment, run *experimentRun[stickers.Record]) error {
	quiet := &terminal.Streams{Err: run.streams.Err, Quiet: true} // all is said when the networks are prepared
	var net *opened
	for _, given := range run.given {
		var err error
		if net, err = run.open(ctx, quiet, given); err != nil {
			return err
		}
		if net.info.Patch > 0 {
			break
		}
	}
	if net.info.Patch == 0 {
		return hint.Add(usageErrorf("none of the networks is a BagNet, which has to find the stickers"), "add one: -m bagnet33-imagenette, or another BagNet of these classes")
	}
	if o.target != "" {
		found, err := findNamed(run.streams, "--target", net.classes, []string{o.target})
		if err != nil {
			return err
		}
		x.Target = found[0].Index
	}
	labels, err := run.label(net, net.classes)
	if err != nil {
		return err
	}
	pictures := net.decoder(o.decoding()).Pictures(ctx, slices.Values(run.Chosen), o.model.threads)
	x.Found, err = stickers.Find(ctx, net.Model, net.classes, pictures, labels, o.top, o.sizes[len(o.sizes)-1])
	if err != nil {
		return err
	}
	there := 0
	for _, of := range x.Found.Of {
		there += min(1, len(of))
	}
	if x.Target != stickers.Any && len(x.Found.Of[x.Target]) == 0 {
		return usageErrorf("--target: none of the images is of class %q: nothing can be cut out", text.OneLine(class.FirstName(net.classes[x.Target])))
	}
	if x.Target == stickers.Any && there < 2 {
		return usageErrorf("the images are of %s: stickers are of one class and go into images of another", text.Count(there, "class", "classes"))
	}
	return nil
}
