package cli

import (
	"context"
	"math/rand/v2"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/images"
	"bagnet/internal/terminal"
)

// An experimentOf measures one thing of images, R, which goes to a record as
// JSON and comes back as it was: floats that may not be finite are ratios.
type experimentOf[R any] interface {
	// name is the command's.
	name() string
	// settings are what results depend on beside the network, the image, its class
	// and the seed; JSON tells them apart.
	settings() any
	// check refuses networks that the experiment is not for.
	check(net *opened) error
	// measure measures one image. Its errors are that image's alone.
	measure(ctx context.Context, net *opened, it subject) (R, error)
}

// subject is an image made ready for the network.
type subject struct {
	experiment.Image
	path    string
	ordinal int        // among all images, before --limit
	index   int        // among those of the run whose class is known
	class   int        // the true one, or that of --class
	rng     *rand.Rand // begins at --seed and ordinal, whatever was measured before
}

// experimentRun is what came out of an experiment.
type experimentRun[R any] struct {
	experimentSummary
	streams  *terminal.Streams
	options  *experimentFlags
	decoding images.DecodeOptions
	x        experimentOf[R]
	networks []*measured[R]
	saved    *resultsFile // nil without --records
	bar      *terminal.Progress
	tally                   // of images, whatever the number of networks
	bad      map[int]string // ordinals of images that failed, and why
}

// experimentSummary is how every report begins.
type experimentSummary struct {
	Experiment  string `json:"experiment"`
	Seed        uint64 `json:"seed"`
	Images      int    `json:"images"` // chosen, of all
	All         int    `json:"of"`
	Interrupted bool   `json:"interrupted"`
	Common      int    `json:"classes_in_common,omitempty"` // of networks with different classes
	LeftOut     int    `json:"left_out,omitempty"`          // images of other classes; they count as of unknown class
}

// measured is what came out for one network.
type measured[R any] struct {
	networkSummary
	given   string // its name on the command line
	classes []class.Class
	labels  []int // the class of each image, or class.None
	run     string
	net     *opened     // while it runs
	results []result[R] // in the order of the images
}

// networkSummary is how every report on one network begins.
type networkSummary struct {
	Model      string `json:"model"`
	Family     string `json:"family"`
	Patch      int    `json:"patch,omitempty"` // pixels; BagNets only
	Measured   int    `json:"measured"`
	Failed     int    `json:"failed"`
	Unlabelled int    `json:"unlabelled"`
}

// result is what was measured of one image.
type result[R any] struct {
	path    string
	ordinal int
	class   int
	value   R
}

// experimentRecord is a line of --records.
type experimentRecord[R any] struct {
	recordHead
	Model  string       `json:"model"`
	Image  int          `json:"image"`
	Label  *class.Class `json:"label"`
	Result *R           `json:"result,omitempty"`
	Error  string       `json:"error,omitempty"`
}

// runExperiment puts every image through every network. Networks are loaded one
// after the other. If it was interrupted, the result is about what was finished,
// and publish returns the context's error.
func runExperiment[R any](ctx context.Context, s *terminal.Streams, o *experimentFlags, args []string, x experimentOf[R]) (*experimentRun[R], error) {
	if err := o.check(args); err != nil {
		return nil, err
	}
	if err := o.model.check(); err != nil {
		return nil, err
	}
	decoding, err := o.decode.options()
	if err != nil {
		return nil, err
	}
	chosen, all, err := o.choose(ctx, s, args)
	if err != nil {
		return nil, err
	}
	if err := noneThere(s, chosen, func(i dataset.Image) dataset.Image { return i }); err != nil {
		return nil, err
	}
	r := &experimentRun[R]{
		experimentSummary: experimentSummary{Experiment: x.name(), Seed: o.seed, Images: len(chosen), All: all},
		streams:           s, options: o, decoding: decoding, x: x, bad: map[int]string{},
	}
	if err := r.prepare(ctx, chosen, args); err != nil {
		return nil, err
	}
	if o.records != "" {
		if r.saved, err = openResults(s, recordsKind, o.records, o.results); err != nil {
			return nil, err
		}
		defer r.saved.abandon()
	}
	r.bar = terminal.NewProgress(s, len(chosen)*len(r.networks))
	defer r.bar.Hide()
	for _, m := range r.networks {
		if err := r.runNetwork(ctx, m, chosen); err != nil {
			return nil, err
		}
	}
	r.bar.Hide()
	r.Interrupted = ctx.Err() != nil
	r.failed = len(r.bad)
	switch {
	case r.saved == nil:
	case r.Interrupted:
		err = r.saved.interrupt()
	default:
		err = r.saved.commit()
	}
	return r, err
}

// recordsKind is what experiments call their results.
var recordsKind = resultsKind{"--records", "an experiment's records", "the network, its class names, the preprocessing, the seed or the experiment's settings"}

// choose returns the images that the flags and the arguments name and --limit
// leaves, and how many there were.
func (f *experimentFlags) choose(ctx context.Context, s *terminal.Streams, args []string) (chosen []dataset.Image, all int, err error) {
	in, err := f.inputs.resolve(ctx, s, args)
	if err != nil {
		return nil, 0, err
	}
	if chosen, err = in.List(ctx); err != nil {
		return nil, 0, err
	}
	for _, tell := range f.found {
		tell(chosen)
	}
	return dataset.Sample(chosen, f.limit, f.seed), len(chosen), nil
}
