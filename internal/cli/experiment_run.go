package cli

import (
	"context"
	"slices"
	"strconv"

	"bagnet"
	"bagnet/internal/chart"
	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/experiment"
	"bagnet/internal/library"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// experimentRun is one run of an experiment.
type experimentRun[R any] struct {
	*experiment.Run[R]
	streams *terminal.Streams
	options *experimentFlags
	given   []string // the networks, as --model names them
	args    []string
	bar     *terminal.Progress

	// check refuses networks that the experiment is not for.
	check func(net *experiment.Network) error
	// compare is given the classes that the networks have in common, nil if all are; it is
	// nil for experiments that do not compare networks with each other.
	compare func(*class.Common) error
	// entry returns the entry-level classes that images are of, once for each network; nil
	// where images are of the networks' own classes.
	entry func(net *opened) ([]class.Class, error)

	// choose restricts the classes that images of a network may show; nil for all.
	choose func(net *opened, truth *dataset.Truth) error

	memory int // that other networks' passes need, bytes
	// size returns what a pass needs, bytes.
	size func(m *bagnet.Model, w, h int) (int, error)

	first   *opened  // the first network, which runs first, until it has run
	sources []opened // the networks without their weights, for the ids of their runs
}

// chooseImages returns the images that the flags and the arguments name and --limit
// leaves, and all.
func (f *experimentFlags) chooseImages(ctx context.Context, s *terminal.Streams, args []string) (chosen, all []dataset.Image, err error) {
	in, err := f.inputs.resolve(ctx, s, args)
	if err != nil {
		return nil, nil, err
	}
	if all, err = in.List(ctx); err != nil {
		return nil, nil, err
	}
	chosen = dataset.Sample(all, f.limit, f.seed)
	return chosen, all, noneThere(s, slices.Values(chosen))
}

// newExperimentRun prepares an experiment on the images that the flags and the
// arguments name.
func newExperimentRun[R any](ctx context.Context, s *terminal.Streams, o *experimentFlags, args []string, x experiment.Of[R]) (*experimentRun[R], error) {
	if err := o.check(args); err != nil {
		return nil, err
	}
	chosen, all, err := o.chooseImages(ctx, s, args)
	if err != nil {
		return nil, err
	}
	return runOn(s, o, args, x, chosen, all), nil
}

// runOn prepares an experiment on images that were chosen of all.
func runOn[R any](s *terminal.Streams, o *experimentFlags, args []string, x experiment.Of[R], chosen, all []dataset.Image) *experimentRun[R] {
	r := &experimentRun[R]{
		Run: experiment.NewRun(x, o.seed, chosen, len(all)), streams: s, options: o, given: o.networks, args: args,
		check: func(*experiment.Network) error { return nil },
	}
	r.Run.Compare = o.between.Value
	if len(r.given) == 0 {
		r.given = []string{""}
	}
	return r
}

// passBytes is what a pass over a prepared picture of w x h pixels needs.
func (r *experimentRun[R]) passBytes(m *bagnet.Model, w, h int) (int, error) {
	if r.size != nil {
		return r.size(m, w, h)
	}
	return m.PassBytes(w, h, 0)
}

// run puts every image through every network. Networks are loaded one after the other.
// If it was interrupted, the run is about what was finished, and publish returns the
// context's error.
func (r *experimentRun[R]) run(ctx context.Context) error {
	if err := r.prepare(ctx); err != nil {
		return err
	}
	if path := r.options.records; path != "" {
		var err error
		if r.Saved, err = r.options.results.open(r.streams, r.options.kind, path); err != nil {
			return err
		}
		defer r.Saved.Abandon()
	}
	r.bar = terminal.NewProgress(r.streams, len(r.Chosen)*len(r.Networks))
	defer r.bar.Hide()
	r.Step = r.bar.Step
	r.Failed = func(image dataset.Image, reason string) {
		r.bar.Hide()
		r.streams.Errorf("%s: %s", text.Path(image.Path), reason)
	}
	quiet := &terminal.Streams{Err: r.streams.Err, Quiet: true} // all has been said while preparing
	for i, m := range r.Networks {
		if ctx.Err() != nil {
			break
		}
		net := r.first
		if r.first = nil; i > 0 {
			var err error
			if net, err = r.open(ctx, quiet, r.given[i]); err != nil {
				return err
			}
		}
		decoder, threads := net.decoder(r.options.decoding()), r.options.model.threads
		if err := net.beside(r.streams, decoder, threads, len(r.Chosen), r.size == nil, r.passBytes); err != nil {
			return err
		}
		limitMemory(0, net.memory+r.memory)
		if err := r.Measure(ctx, m, net.network(), decoder, threads, net.passes); err != nil {
			return err
		}
	}
	r.bar.Hide()
	r.Interrupted = ctx.Err() != nil
	return finishResults(r.Saved, r.Interrupted)
}

// prepare loads each network and finds out whether the experiment can be made with it,
// before any work is done. The first one, which runs first, stays.
func (r *experimentRun[R]) prepare(ctx context.Context) error {
	r.Networks = make([]*experiment.Measured[R], len(r.given))
	r.sources = make([]opened, len(r.given))
	for i, name := range slices.Backward(r.given) {
		net, err := r.open(ctx, r.streams, name)
		if err != nil {
			return err
		}
		m := &experiment.Measured[R]{Classes: net.classes}
		w, h, _ := net.preprocessing.FixedSize()
		m.NetworkSummary = experiment.NetworkSummary{Model: net.Name(), Family: net.info.Family, Patch: net.info.Patch,
			Layers: net.info.Layers, Sees: net.info.Sees, Side: max(w, h)}
		if err := r.check(net.network()); err != nil {
			return err
		}
		if r.entry != nil {
			if m.Classes, err = r.entry(net); err != nil {
				return err
			}
		}
		if m.Labels, err = r.label(net, m.Classes); err != nil {
			return err
		}
		r.Networks[i], r.first = m, net
		r.sources[i] = opened{source: net.source, chosen: net.chosen, preprocessing: net.preprocessing, classes: net.classes}
	}
	var names []string
	for _, name := range r.given {
		names = append(names, library.Name(name))
	}
	r.Distinguish(names)
	if r.Name(nil); r.options.plot.named == networks {
		r.Name(r.options.plot.names)
	}
	if err := r.agree(); err != nil {
		return err
	}
	if r.compare != nil {
		if err := r.Narrow(r.compare, r.streams.Notef); err != nil {
			return err
		}
	}
	if r.options.records == "" {
		return nil
	}
	for i, m := range r.Networks {
		var err error
		if m.Run, err = r.sources[i].identity(ctx, r.options.decoding(), r.Basis()); err != nil {
			return err
		}
	}
	return nil
}

// open loads a network.
func (r *experimentRun[R]) open(ctx context.Context, s *terminal.Streams, given string) (*opened, error) {
	flags := r.options.model
	flags.model = given
	flags.weights = weightsOf(given, len(r.options.networks), flags.weights)
	return flags.open(ctx, s, &r.options.preprocessing)
}

// label returns the class of each image, one of classes: the true one, or that of --class,
// and then no truth is needed.
func (r *experimentRun[R]) label(net *opened, classes []class.Class) ([]int, error) {
	if r.options.class != "" {
		found, err := findClasses(r.streams, net.classes, []string{r.options.class})
		if err != nil {
			return nil, err
		}
		return slices.Repeat([]int{found[0].Index}, len(r.Chosen)), nil
	}
	truth, err := dataset.NewTruth(classes, listsOf(r.options.truth, r.args))
	if err != nil {
		return nil, err
	}
	truth.OneOutput = net.info.Outputs == 1 && r.entry == nil
	if r.choose != nil {
		if err := r.choose(net, truth); err != nil {
			return nil, err
		}
	}
	labels, err := r.Labels(truth)
	if err != nil {
		return nil, err
	}
	if err := refusal(truth); err != nil {
		return nil, err
	}
	if n := truth.Unlabelled(); n > 0 && n == len(r.Chosen) {
		truth.Report(r.streams.Warnf)
		return nil, noneKnown(usageErrorf, n)
	}
	r.Unknown(net.Name(), len(r.given) > 1, truth, r.streams.Warnf)
	return labels, nil
}

// agree gives every image the same class in all networks.
func (r *experimentRun[R]) agree() error {
	other := r.Agree()
	if _, err := strconv.Atoi(r.options.class); other != nil && err == nil {
		return usageErrorf("--class %s: models %s and %s have different classes, each with a number of its own: give a name or a WordNet id", r.options.class, r.Networks[0].Model, other.Model)
	}
	return nil
}

// findings is what an experiment has to say: an object in JSON, or text, and a figure.
type findings interface {
	Text() []byte
	Figure() chart.Figure
}

// publish draws the plots and prints the report. It returns alreadyReported if
// images failed, and the context's error if the run was interrupted.
func (r *experimentRun[R]) publish(ctx context.Context, what findings) error {
	plotErr := drawEach(r.streams, r.options.plot.plots, r.Interrupted, r.options.plot.drawn(what.Figure()).Draw)
	if deep, ok := what.(interface {
		DepthFigure(axis string) chart.Figure
	}); ok && plotErr == nil {
		plotErr = drawEach(r.streams, r.options.depthPlots, r.Interrupted, r.options.plot.drawn(deep.DepthFigure(r.options.against.Value)).Draw)
	}
	print := func() error { return r.streams.Write(what.Text()) }
	if r.options.format.Value == formatJSON {
		print = func() error { return writeJSON(r.streams, what) }
	}
	if err := print(); err != nil {
		return err
	}
	if plotErr != nil {
		return plotErr
	}
	return tally{r.Done, len(r.Bad)}.outcome(ctx, r.streams)
}
