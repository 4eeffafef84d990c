package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/evidence"
	"bagnet/internal/experiment"
	"bagnet/internal/heatmap"
	"bagnet/internal/hint"
	"bagnet/internal/images"
	"bagnet/internal/library"
	"bagnet/internal/network"
	"bagnet/internal/pipeline"
	"bagnet/internal/results"
	"bagnet/internal/terminal"
	"bagnet/internal/text"
	"bagnet/models"
)

// known is this program's library of models. Tests put another in its place.
var known = library.Library{Models: models.Registry()}

// opened is a model that a command has opened, with what it often asks of it.
type opened struct {
	*bagnet.Model
	info          bagnet.Info
	source        library.Source
	chosen        string               // what --weights says
	classes       []class.Class        // as --labels names them
	preprocessing images.Preprocessing // as flags change it

	passes int // that may be wanted at once
	memory int // that they need together, bytes; 0 for one
}

// openModel opens the model called nameOrPath: an embedded one, one that was downloaded
// or a file. Every error is a modelError.
func openModel(ctx context.Context, nameOrPath, weights string, threads int) (*opened, error) {
	source, err := known.Resolve(ctx, nameOrPath)
	if err != nil {
		return nil, modelError(err)
	}
	n := &opened{source: source, chosen: weights, passes: 1}
	o := &bagnet.Options{Name: source.Name, Known: source.Known, Weights: weights, Threads: threads}
	if source.Path == "" {
		data, _ := models.Embedded(source.Name)
		n.Model, err = bagnet.Read(bytes.NewReader(data), int64(len(data)), o)
	} else {
		n.Model, err = bagnet.Open(source.Path, o)
	}
	if err != nil {
		return nil, modelError(chooseWeights(err))
	}
	n.info, n.preprocessing = n.Info(), preprocessingOf(n.Preprocessing())
	for _, c := range n.Classes() {
		n.classes = append(n.classes, class.Class(c))
	}
	return n, nil
}

// openFile opens the model called nameOrPath for commands that are about its file or its
// engine, and tells about it. The caller closes it. Every error is a modelError.
func openFile(ctx context.Context, s *terminal.Streams, nameOrPath, weights string, threads int) (*network.Network, library.Source, error) {
	start := time.Now()
	source, err := known.Resolve(ctx, nameOrPath)
	if err != nil {
		return nil, source, modelError(err)
	}
	n, err := source.Open(network.Options{Weights: weights, Threads: threads})
	if err != nil {
		return nil, source, modelError(chooseWeights(err))
	}
	a := n.Architecture()
	tell(s, n.Name, bagnet.Info{
		Family: a.Family, Patch: a.Patch, Layers: a.Layers, Parameters: a.Parameters, Outputs: a.Classes, Format: n.Format,
		Kernel: n.Kernel(), Threads: n.Threads(), Weights: n.Found.Label, Averaged: n.Found.Averaged, Warnings: n.Remarks,
	}, weights, time.Since(start))
	return n, source, nil
}

// tell says on stderr what a user should know about a model that was read: warnings,
// and details. weights is what --weights says.
func tell(s *terminal.Streams, name string, info bagnet.Info, weights string, took time.Duration) {
	if len(info.Averaged) > 0 && weights == "" {
		s.Warnf("model %s: took the weights under %s; the file has averaged ones too: --weights %s takes those", name, info.Weights, info.Averaged[0])
	}
	for _, w := range info.Warnings {
		s.Warnf("model %s: %s", name, w)
	}
	size := fmt.Sprintf("patches of %d pixels", info.Patch)
	if info.Patch == 0 {
		size = text.Count(info.Layers, "layer", "layers")
	}
	s.Detailf("model %s: %s, %s, %s, %.2f M parameters, %s", name, info.Family, size,
		text.Count(info.Outputs, "class", "classes"), float64(info.Parameters)/1e6, info.Format)
	s.Detailf("kernel %s, %s", info.Kernel, text.Count(info.Threads, "thread", "threads"))
	s.Detailf("loading the model took %s", took.Round(time.Millisecond))
}

// chooseWeights says how to choose one of several networks in a file, if that is what
// err is about.
func chooseWeights(err error) error {
	several, ok := errors.AsType[*network.SeveralError](err)
	if !ok {
		return err
	}
	return hint.Add(err, "choose one: --weights %s", strings.Join(several.Labels[:min(len(several.Labels), 8)], ", or --weights "))
}

// preprocessingOf is p in the type that flags change and that run ids are made of.
func preprocessingOf(p bagnet.Preprocessing) images.Preprocessing {
	return images.Preprocessing{Resize: images.Resize(p.Resize), Crop: p.Crop, Interpolation: images.Interpolation(p.Interpolation), Mean: p.Mean, Std: p.Std}
}

// suit returns the model with the preprocessing p, which is valid. The error says why the
// network cannot take the pictures that p makes.
func (n *opened) suit(p images.Preprocessing) (*bagnet.Model, error) {
	m, err := n.WithPreprocessing(bagnet.Preprocessing{Resize: bagnet.Resize(p.Resize), Crop: p.Crop, Interpolation: string(p.Interpolation), Mean: p.Mean, Std: p.Std})
	if err != nil {
		return nil, misfit(n.Name(), p, errors.Unwrap(err))
	}
	return m, nil
}

// misfit is the error of suit: all pictures that p makes have one size.
func misfit(model string, p images.Preprocessing, reason error) error {
	if p.Crop > 0 {
		return usageErrorf("a crop of %d pixels does not suit model %s: %w", p.Crop, model, reason)
	}
	return usageErrorf("a resize to %dx%d pixels does not suit model %s: %w", p.Resize.Width, p.Resize.Height, model, reason)
}

// network is the model as experiments take it.
func (n *opened) network() *experiment.Network {
	return &experiment.Network{Runner: n.Model, Name: n.Name(), Family: n.info.Family, Patch: n.info.Patch, Classes: n.classes, Preprocessing: n.preprocessing}
}

// publicClasses are classes as package bagnet has them.
func publicClasses(classes []class.Class) []bagnet.Class {
	all := make([]bagnet.Class, len(classes))
	for i, c := range classes {
		all[i] = bagnet.Class(c)
	}
	return all
}

// named reports whether the classes' names came with the model or are ImageNet's, for its
// 1000 outputs.
func (n *opened) named() bool { return !n.info.AssumedClasses || n.info.Outputs == 1000 }

// checkSum refuses a network that is no BagNet. reason says why one whose positions see more
// than patches does not do.
func (n *opened) checkSum(reason string) error {
	works := "classify, evaluate, experiment and bench"
	switch {
	case n.info.Patch > 0:
		return nil
	case n.info.Strides == nil:
		reason = "its three linear layers have weights of their own for each position, and ReLUs between them"
	default:
		works = "heatmap, top-patches, patches, " + works
	}
	return hint.Add(usageErrorf("model %s is no BagNet (family %s): its decision is no sum over patches: %s", n.Name(), n.info.Family, reason),
		"%s work with it; give a BagNet with -m for patches", works)
}

// checkPatches refuses a network that is no BagNet, or a --stride that it does not have.
func (n *opened) checkPatches(stride int, reason string) error {
	if err := n.checkSum(reason); err != nil {
		return err
	}
	return n.checkStride(stride)
}

// checkStride refuses a --stride that the network does not have.
func (n *opened) checkStride(stride int) error {
	if slices.Contains(n.info.Strides, stride) {
		return nil
	}
	if n.info.Patch == 0 {
		return usageErrorf("--stride %d: model %s has a value every %d pixels, whose mean is its decision, and none between", stride, n.Name(), n.info.Strides[0])
	}
	return usageErrorf("--stride %d: this network has %v", stride, n.info.Strides)
}

// checkMaps refuses a network without maps, or a --stride that it does not have. One that
// sees more than patches has its own alone, which is taken unless the flag is given; then
// what its maps are not is said.
func (n *opened) checkMaps(s *terminal.Streams, stride *int, given bool) error {
	if n.info.Patch > 0 || n.info.Strides == nil {
		return n.checkPatches(*stride, "")
	}
	if !given {
		*stride = n.info.Strides[0]
	}
	if err := n.checkStride(*stride); err != nil {
		return err
	}
	w, h, _ := n.preprocessing.FixedSize()
	s.Notef("model %s is no BagNet: %s", n.Name(), heatmap.Caution(n.info.Sees, max(w, h)))
	return nil
}

// sideBySide lets several passes run at once on cpus CPUs in all. There are that many
// images to come, -1 if nobody knows how many; stride is that of maps, 0 for none.
func (n *opened) sideBySide(s *terminal.Streams, d *pipeline.Decoder, cpus, images, stride int) error {
	return n.beside(s, d, cpus, images, stride == 0, func(m *bagnet.Model, w, h int) (int, error) { return m.PassBytes(w, h, stride) })
}

// beside is sideBySide for passes that need what size says. Where the images are classified, several
// may share a pass.
func (n *opened) beside(s *terminal.Streams, d *pipeline.Decoder, cpus, images int, classified bool, size func(m *bagnet.Model, w, h int) (int, error)) error {
	w, h, fixed := n.preprocessing.FixedSize()
	if !fixed || images == 0 || images == 1 {
		return nil
	}
	bytes, err := size(n.WithThreads(1), w, h)
	if err != nil {
		return err
	}
	passes, threads := d.Passes(cpus, images, bytes)
	together := 1
	if classified {
		together = n.Batch(w, h)
	}
	if passes > 1 {
		n.Model, n.memory = n.WithThreads(threads), passes*bytes
	}
	n.passes = passes * together
	if n.passes > 1 {
		s.Detailf("%s at once, each with %s", text.Count(passes, "pass", "passes"), text.Count(threads, "thread", "threads"))
	}
	if together > 1 {
		s.Detailf("up to %d images share a pass", together)
	}
	return nil
}

// decoder makes images ready for the network.
func (n *opened) decoder(o images.DecodeOptions) *pipeline.Decoder {
	return &pipeline.Decoder{Options: o, Preprocessing: n.preprocessing, Prepare: n.Prepare, Explain: advise}
}

// advise adds to err which flag helps, if there is one.
func advise(err error) error {
	_, limit := errors.AsType[*images.LimitError](err)
	_, resize := errors.AsType[*images.ResizeError](err)
	switch {
	case limit:
		return fmt.Errorf("%w; raise it with --max-pixels", err)
	case resize:
		return fmt.Errorf("%w; trim the picture or use --resize none", err)
	case errors.Is(err, evidence.ErrItself):
		return fmt.Errorf("%w: name another with --class", err)
	case errors.Is(err, bagnet.ErrTooLarge):
		return fmt.Errorf("%w: use a larger --stride, a smaller image, or name fewer classes", err)
	}
	return err
}

// identity returns the id of runs in records: it stands for all that a model's answers to
// given images depend on, and for settings, of what is made of them, if not nil.
func (n *opened) identity(ctx context.Context, decoding images.DecodeOptions, settings any) (string, error) {
	digest, err := n.source.Digest(ctx)
	if err != nil {
		return "", modelError(err)
	}
	basis := results.Basis{Weights: digest.SHA256, Preprocessing: n.preprocessing, Decoding: decoding, Classes: n.classes, Settings: settings, Network: n.chosen}
	return basis.ID()
}
