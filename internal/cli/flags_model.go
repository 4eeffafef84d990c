package cli

import (
	"context"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"bagnet/internal/flagvalue"
	"bagnet/internal/images"
	"bagnet/internal/library"
	"bagnet/internal/metadata"
	"bagnet/internal/terminal"
	"bagnet/models"
)

// maxThreads bounds --threads: every thread has buffers of its own.
const maxThreads = 1024

// modelFlags say which network to run, and on how many CPUs.
type modelFlags struct {
	model   string
	offline bool
	threads int
	labels  string
	weights string // which of several networks in the file
}

func (f *modelFlags) register(cmd *cobra.Command) {
	f.registerNetwork(cmd)
	f.registerLabels(cmd)
}

func (f *modelFlags) registerLabels(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.labels, "labels", "", "read the names of the classes from `FILE`: one a line, or index, id and label with tabs between")
}

// registerSeveral adds the flags of commands that compare networks, which go to names.
func (f *modelFlags) registerSeveral(cmd *cobra.Command, names *[]string) {
	cmd.Flags().StringArrayVarP(names, "model", "m", nil, modelUsage+" (repeatable; default $BAGNET_MODEL, else "+models.DefaultName+")")
	complete(cmd, "model", completeModel)
	f.registerRunning(cmd)
}

// registerNetwork adds the flags of commands that need no class names.
func (f *modelFlags) registerNetwork(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.model, "model", "m", "", modelUsage+" (default $BAGNET_MODEL, else "+models.DefaultName+")")
	complete(cmd, "model", completeModel)
	f.registerRunning(cmd)
}

const modelUsage = "a model's name (see 'bagnet models list'), downloaded on first use, or a checkpoint file: `NAME|PATH`"

// registerRunning adds the flags that say how to run a network, whichever it is.
func (f *modelFlags) registerRunning(cmd *cobra.Command) {
	registerOffline(cmd, &f.offline)
	cmd.Flags().StringVar(&f.weights, "weights", "", "of several networks in one checkpoint, take that under `KEY|PREFIX`")
	cmd.Flags().IntVar(&f.threads, "threads", 0, "use `N` CPUs, 0 for all")
}

// completeModel offers the models known by name, and files.
func completeModel(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return known.Usable(), cobra.ShellCompDirectiveDefault
}

// limitCPUs limits the program to the CPUs that were asked for.
func (f *modelFlags) limitCPUs() error {
	if f.threads < 0 || f.threads > maxThreads {
		return usageErrorf("--threads %d: want 0 (all CPUs) to %d", f.threads, maxThreads)
	}
	if f.threads > 0 {
		runtime.GOMAXPROCS(f.threads)
	} else {
		f.threads = runtime.GOMAXPROCS(0)
	}
	return nil
}

// obtain returns the name of the model that the flags ask for, which was downloaded if
// need be.
func (f *modelFlags) obtain(ctx context.Context, s *terminal.Streams) (string, error) {
	name := library.Name(f.model)
	return name, modelError(known.Obtain(ctx, name, f.offline, pulling(s)))
}

// open opens the model with the class names and the preprocessing that the flags ask
// for.
func (f *modelFlags) open(ctx context.Context, s *terminal.Streams, p *preprocessingFlags) (*opened, error) {
	name, err := f.obtain(ctx, s)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	net, err := openModel(ctx, name, f.weights, f.threads)
	if err != nil {
		return nil, err
	}
	tell(s, net.Name(), net.info, f.weights, time.Since(start))
	if f.labels != "" {
		if err := f.label(net); err != nil {
			return nil, err
		}
	}
	if net.preprocessing, err = p.apply(net.preprocessing); err != nil {
		return nil, err
	}
	net.tellPreprocessing(s, p)
	if f.labels == "" {
		net.tellClasses(s)
	}
	net.Model, err = net.suit(net.preprocessing)
	return net, err
}

// label gives the classes the names that --labels has.
func (f *modelFlags) label(net *opened) (err error) {
	if net.classes, err = metadata.ReadLabels("--labels", f.labels, net.info.Outputs); err != nil {
		return err
	}
	net.Model, err = net.WithClasses(publicClasses(net.classes))
	return err
}

// preprocessingFlags change the preprocessing that comes with a model.
type preprocessingFlags struct{ flagvalue.Preprocessing }

func (f *preprocessingFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.Var(&f.Resize, "resize", "resize the image so that its shorter side has `N|WxH|none` pixels, or to exactly W by H, whatever its shape (default: the model's)")
	flags.Var(&f.Crop, "crop", "then cut a square of `N|none` pixels out of the centre (default: the model's)")
	f.Interpolation.Allowed = []string{string(images.Bilinear), string(images.Bicubic)}
	flags.Var(&f.Interpolation, "interpolation", "how to resize (default: the model's)")
	complete(cmd, "interpolation", cobra.FixedCompletions(f.Interpolation.Allowed, cobra.ShellCompDirectiveNoFileComp))
	flags.Var(&f.Mean, "mean", "subtract this from the pixels, which go from 0 to 1 (default: the model's)")
	flags.Var(&f.Std, "std", "then divide them by this (default: the model's)")
}

// apply is p, which came with the model, changed as the flags say.
func (f *preprocessingFlags) apply(p images.Preprocessing) (images.Preprocessing, error) {
	p, err := f.Apply(p)
	if err != nil {
		return p, usageErrorf("preprocessing: %w", err)
	}
	return p, nil
}

// decodeFlags say how image files are read.
type decodeFlags struct {
	autoOrient bool
	maxPixels  int64
}

func (f *decodeFlags) register(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.autoOrient, "auto-orient", false, "turn photographs upright as their EXIF data says (networks are usually tested without)")
	cmd.Flags().Int64Var(&f.maxPixels, "max-pixels", 200_000_000, "refuse images of more than `N` pixels")
}

func (f *decodeFlags) options() (images.DecodeOptions, error) {
	if f.maxPixels < 1 {
		return images.DecodeOptions{}, usageErrorf("--max-pixels %d: want 1 or more", f.maxPixels)
	}
	return images.DecodeOptions{MaxPixels: f.maxPixels, AutoOrient: f.autoOrient}, nil
}
