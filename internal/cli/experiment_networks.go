package cli

import (
	"context"
	"maps"
	"slices"
	"strconv"

	"bagnet/internal/class"
	"bagnet/internal/dataset"
	"bagnet/internal/hint"
	"bagnet/internal/library"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
)

// prepare loads each network and finds out whether the experiment can be made
// with it, before any work is done. The first one, which runs first, stays.
func (r *experimentRun[R]) prepare(ctx context.Context, chosen []dataset.Image, args []string) error {
	o := r.options
	given := o.networks
	if len(given) == 0 {
		given = []string{""}
	}
	r.networks = make([]*measured[R], len(given))
	without := make([]*opened, len(given)) // the models, with their sources and settings
	var said map[string]int
	for i, name := range slices.Backward(given) {
		m := &measured[R]{given: name}
		if err := r.open(ctx, r.streams, m); err != nil {
			return err
		}
		m.networkSummary = networkSummary{Model: m.net.Name(), Family: m.net.info.Family, Patch: m.net.info.Patch}
		if err := r.x.check(m.net); err != nil {
			return err
		}
		known, err := r.label(m, chosen, args)
		if err != nil {
			return err
		}
		if known != nil && (said == nil || !maps.Equal(said, known.Unknown)) {
			if len(given) > 1 && known.Unlabelled() > 0 {
				r.streams.Warnf("model %s:", m.Model)
			}
			known.Report(r.streams.Warnf)
			said = known.Unknown
		}
		without[i] = &opened{source: m.net.source, preprocessing: m.net.preprocessing, classes: m.net.classes} // no weights
		if i > 0 {
			m.net = nil
		}
		r.networks[i] = m
	}
	r.distinguish()
	if err := r.agree(); err != nil {
		return err
	}
	if err := r.restrict(); err != nil || o.records == "" {
		return err
	}
	settings := struct {
		Experiment string
		Seed       uint64
		Settings   any
	}{r.Experiment, r.Seed, r.x.settings()}
	for i, m := range r.networks {
		var err error
		if m.run, err = without[i].identity(ctx, r.decoding, settings); err != nil {
			return err
		}
	}
	return nil
}

// A comparison is an experiment whose networks answer among the classes that all of
// them have.
type comparison interface {
	// compare takes up what the networks have in common; nil if that is everything.
	compare(*class.Common) error
}

// restrict leaves out the images of classes that a comparison's networks do not have
// in common.
func (r *experimentRun[R]) restrict() error {
	x, ok := any(r.x).(comparison)
	if !ok {
		return nil
	}
	first, same := r.networks[0], true
	var all [][]class.Class
	for _, m := range r.networks {
		same = same && class.Same(m.Model, m.classes, first.Model, first.classes) == nil
		all = append(all, m.classes)
	}
	if same {
		return x.compare(nil)
	}
	common := class.NewCommon(all)
	if err := x.compare(common); err != nil {
		return err
	}
	r.Common = len(common.Names)
	labels := make([]int, len(r.networks))
	for image := range first.labels {
		for i, m := range r.networks {
			labels[i] = m.labels[image]
		}
		relabelled, known := common.Relabel(labels)
		if known && relabelled[0] == class.None {
			r.LeftOut++
		}
		for i, m := range r.networks {
			m.labels[image] = relabelled[i]
		}
	}
	r.streams.Notef("the networks have %s in common (compared by %s): answers among these only; %s of other classes left out",
		text.Count(r.Common, "class", "classes"), common.By, text.Count(r.LeftOut, "image", "images"))
	if r.LeftOut == len(first.labels) {
		return hint.Add(usageErrorf("the classes of all %s are none that the networks have in common", text.Count(r.LeftOut, "image", "images")),
			"name directories after classes, by WordNet id or name: numbers mean different classes to different networks")
	}
	return nil
}

// agree gives every image the same class in all networks, whatever they number
// classes by: that of the first. Where classes differ, names and ids have to do.
func (r *experimentRun[R]) agree() error {
	first := r.networks[0]
	for _, m := range r.networks[1:] {
		matched, err := class.MatchClasses(m.Model, m.classes, first.Model, first.classes)
		if err != nil || len(m.classes) != len(first.classes) {
			if _, err := strconv.Atoi(r.options.class); err == nil {
				return usageErrorf("--class %s: models %s and %s have different classes, each with a number of its own: give a name or a WordNet id", r.options.class, first.Model, m.Model)
			}
			continue
		}
		own := make([]int, len(matched)) // of each of the first's classes
		for index, of := range matched {
			own[of] = index
		}
		for i, index := range first.labels {
			if m.labels[i] = class.None; index != class.None {
				m.labels[i] = own[index]
			}
		}
	}
	return nil
}

// distinguish calls networks that would have one name by what was given for them.
func (r *experimentRun[R]) distinguish() {
	seen := make(map[string]int)
	for _, m := range r.networks {
		seen[m.Model]++
	}
	for _, m := range r.networks {
		if seen[m.Model] > 1 {
			m.Model = library.Name(m.given)
		}
	}
}

// open loads a network.
func (r *experimentRun[R]) open(ctx context.Context, s *terminal.Streams, m *measured[R]) (err error) {
	flags := r.options.model
	flags.model = m.given
	if len(r.options.networks) > 1 && isNamed(m.given) {
		flags.weights = "" // it means the one file among them
	}
	m.net, err = flags.open(ctx, s, &r.options.preprocessing)
	return err
}

// label finds the class of each image: the true one, or that of --class, and
// then no truth is needed.
func (r *experimentRun[R]) label(m *measured[R], chosen []dataset.Image, args []string) (*dataset.Truth, error) {
	m.classes = m.net.classes
	m.labels = make([]int, len(chosen))
	if r.options.class != "" {
		found, err := findClasses(r.streams, m.classes, []string{r.options.class})
		if err != nil {
			return nil, err
		}
		for i := range m.labels {
			m.labels[i] = found[0].Index
		}
		return nil, nil
	}
	known, err := dataset.NewTruth(m.classes, r.options.lists(args))
	if err != nil {
		return nil, err
	}
	known.OneOutput = m.net.info.Outputs == 1
	places := func(yield func(int, string) bool) {
		for _, c := range chosen {
			if !yield(c.Ordinal, c.Path) {
				return
			}
		}
	}
	if err := known.InOrder(r.All, places); err != nil {
		return nil, err
	}
	for i, c := range chosen {
		m.labels[i] = class.None
		if c.Err == nil {
			m.labels[i] = known.Of(c.Path, c.Root)
		}
	}
	if err := refusal(known); err != nil {
		return nil, err
	}
	if n := known.Unlabelled(); n > 0 && n == len(chosen) {
		known.Report(r.streams.Warnf)
		return nil, noneKnown(usageErrorf, n)
	}
	return known, nil
}
