package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"gorgonia.org/tensor"

	"bagnet/internal/class"
	"bagnet/internal/convnet"
	"bagnet/internal/hint"
	"bagnet/internal/images"
	"bagnet/internal/inference"
	"bagnet/internal/loader"
	"bagnet/internal/metadata"
	"bagnet/internal/model"
	"bagnet/internal/terminal"
	"bagnet/internal/text"

	netsearch "bagnet/internal/network"
	"bagnet/internal/weights"
	"bagnet/models"
)

// network is a model ready to run, with what came with its weights.
type network struct {
	classifier
	bagnet        *model.Model // the classifier, if it is a BagNet, else nil
	name          string       // as it appears in results
	source        modelSource
	checkpoint    *loader.Checkpoint
	found         *netsearch.Found // which of its tensors
	chosen        string           // what --weights says
	metadata      metadata.Metadata
	classes       []class.Class // one for each output, or two for one
	named         bool          // classes came with the model or belong to its 1000 outputs
	preprocessing images.Preprocessing
	normalised    bool // whose mean and std are those of a layer beside it
}

// classifier is what every command can do with a network: a BagNet or one of
// those it is compared with.
type classifier interface {
	Classify(ctx context.Context, img inference.Pixels) ([]float32, error)
	Features(ctx context.Context, img inference.Pixels) (*tensor.Dense, error)
	Head(ctx context.Context, features *tensor.Dense) ([]float32, error)
	Profile(ctx context.Context, img inference.Pixels) ([]inference.LayerProfile, error)
	CheckSize(h, w int) error
	MACs(h, w int) int64
	Architecture() weights.Architecture
	Warnings() []string
	Kernel() string
	Threads() int
	Peak(d time.Duration) float64
	Release()
}

// modelName is the model to use when --model says given.
func modelName(given string) string {
	if given != "" {
		return given
	}
	if name := os.Getenv("BAGNET_MODEL"); name != "" {
		return name
	}
	return models.DefaultName
}

// openNetwork reads and builds the model called nameOrPath: an embedded one,
// one that was downloaded or a file. Every error is a modelError.
func openNetwork(s *terminal.Streams, nameOrPath, weights string, threads int) (*network, error) {
	start := time.Now()
	n := &network{chosen: weights}
	var err error
	if n.source, err = locate(nameOrPath); err != nil {
		return nil, err
	}
	n.name = n.source.name
	var refused error
	n.checkpoint, err = n.source.open(func(dicts []*loader.Dict) (*loader.Dict, []string, error) {
		if n.found, refused = netsearch.Find(dicts, weights); refused != nil {
			return nil, nil, refused
		}
		return n.found.Select()
	})
	if several, ok := errors.AsType[*netsearch.SeveralError](refused); ok && err != nil {
		return nil, hint.Add(modelError(fmt.Errorf("reading model %q: %w", nameOrPath, refused)), "choose one: --weights %s", strings.Join(several.Labels[:min(len(several.Labels), 8)], ", or --weights "))
	}
	if refused != nil && errors.Is(err, refused) {
		return nil, modelError(fmt.Errorf("reading model %q: %w", nameOrPath, refused))
	}
	if err != nil {
		return nil, modelError(err)
	}
	if err := n.build(threads); err != nil {
		return nil, modelError(fmt.Errorf("reading model %q: %w", nameOrPath, err))
	}
	n.name = nameOf(n.metadata, n.source)
	a := n.Architecture()
	if brought := len(n.metadata.Classes); brought > 0 && !class.Suit(brought, a.Classes) {
		s.Warnf("model %s: ignoring its list of %s, as it has %d", n.name, text.Count(brought, "class", "classes"), a.Classes)
	}
	if other := n.found.Averaged; len(other) > 0 && weights == "" {
		s.Warnf("model %s: took the weights under %s; the file has averaged ones too: --weights %s takes those", n.name, n.found.Label, other[0])
	}
	if left := n.found.Left; len(left) > 0 {
		s.Warnf("model %s: took the network%s and left out %s (%s)", n.name, place(n.found.Prefix), text.Count(len(left), "tensor", "tensors"), firstOf(left))
	}
	if n.normalised {
		p := n.preprocessing
		s.Warnf("model %s: took the mean %g, %g, %g and the standard deviation %g, %g, %g from the layer beside the network (%s)", n.name,
			p.Mean[0], p.Mean[1], p.Mean[2], p.Std[0], p.Std[1], p.Std[2], n.found.Mean)
	}
	for _, w := range n.Warnings() {
		s.Warnf("model %s: %s", n.name, w)
	}
	size := fmt.Sprintf("patches of %d pixels", a.Patch)
	if n.bagnet == nil {
		size = text.Count(a.Layers, "layer", "layers")
	}
	s.Detailf("model %s: %s, %s, %s, %.2f M parameters, %s", n.name, a.Family, size,
		text.Count(a.Classes, "class", "classes"), float64(a.Parameters)/1e6, n.checkpoint.Format)
	s.Detailf("kernel %s, %s", n.Kernel(), text.Count(threads, "thread", "threads"))
	s.Detailf("loading the model took %s", time.Since(start).Round(time.Millisecond))
	return n, nil
}

// place says where in a checkpoint a network is, if it is not all of it.
func place(prefix string) string {
	if prefix == "" {
		return ""
	}
	return fmt.Sprintf(" under %q", prefix)
}

// firstOf names the first of some tensors, and that there are more.
func firstOf(names []string) string {
	if len(names) == 1 {
		return text.OneLine(names[0])
	}
	return text.OneLine(names[0]) + ", ..."
}

// checkModelFile explains what can be had when there is no model file at path.
func checkModelFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return modelError(fmt.Errorf("opening model %q: it is a directory; give the checkpoint file", path))
	case err == nil:
		return nil
	}
	if m, ok := known.find(path); ok && errors.Is(err, fs.ErrNotExist) {
		return bringModel(m)
	}
	if !errors.Is(err, fs.ErrNotExist) || strings.ContainsAny(path, `/\`) {
		return modelError(fmt.Errorf("opening model %q: %w", path, text.Reason(err)))
	}
	return hint.Add(modelError(fmt.Errorf("no model is called %q, and there is no such file", path)),
		"models known by name: %s; or give the path of a checkpoint file", strings.Join(known.usable(), ", "))
}

// maxClasses bounds what is held for each class: names, counts, logits. All of
// WordNet's nouns are fewer.
const maxClasses = 100_000

// build makes the network of its checkpoint. A checkpoint that brings no
// classes or preprocessing gets ImageNet's.
func (n *network) build(threads int) error {
	var err error
	if n.metadata, err = metadata.Parse(n.checkpoint.Metadata); err != nil {
		return err
	}
	if err := n.metadata.Complete(n.source.registered); err != nil {
		return err
	}
	if n.classifier, err = n.recognise(threads); err != nil {
		return err
	}
	outputs := n.Architecture().Classes
	if outputs > maxClasses {
		return fmt.Errorf("it has %d classes, more than the %d allowed", outputs, maxClasses)
	}
	if err := n.metadata.Check(n.Architecture()); err != nil {
		return err
	}
	n.preprocessing = images.ImageNet()
	if mean, std, ok := n.found.Normalisation(n.checkpoint); ok && n.metadata.Preprocessing == nil {
		n.preprocessing.Mean, n.preprocessing.Std = mean, std
		if n.preprocessing.Validate() != nil {
			return fmt.Errorf("its layer with %q and %q normalises by mean %v and standard deviation %v: want finite numbers, and deviations above zero", n.found.Mean, n.found.Std, mean, std)
		}
		n.normalised = true
	}
	if n.metadata.Preprocessing != nil {
		n.preprocessing = *n.metadata.Preprocessing
	}
	switch brought := len(n.metadata.Classes); {
	case class.Suit(brought, outputs):
		n.classes, n.named = class.OfOutputs(n.metadata.Classes, outputs), true
	case brought > 0 && n.checkpoint.Metadata["format"] == metadata.Format:
		return fmt.Errorf("metadata names %s, but the network has %d", text.Count(brought, "class", "classes"), outputs)
	case outputs == 1000:
		n.classes, err = metadata.ImageNetClasses()
		n.named = true
	case outputs == 1:
		n.classes = class.OfOutputs(nil, outputs)
	default:
		n.classes = class.PlainClasses(outputs)
	}
	return err
}

// recognise makes the network that the tensors are those of.
func (n *network) recognise(threads int) (classifier, error) {
	tensors := n.found.Source(n.checkpoint)
	other, err := convnet.New(tensors, convnet.Options{Threads: threads})
	if !errors.Is(err, convnet.ErrUnknown) {
		return other, err
	}
	n.bagnet, err = model.New(tensors, model.Options{Strides: n.metadata.Strides, Threads: threads})
	return n.bagnet, err
}

// checkPatches refuses a network without patches, or a --stride that it does not
// have.
func (n *network) checkPatches(stride int) error {
	if n.bagnet == nil {
		return hint.Add(usageErrorf("model %s is no BagNet (family %s): its decision is no sum over patches, so it has no patch logits", n.name, n.Architecture().Family),
			"classify, evaluate, experiment and bench work with it; give a BagNet with -m for patches")
	}
	if strides := n.bagnet.Strides(); !slices.Contains(strides, stride) {
		return usageErrorf("--stride %d: this network has %v", stride, strides)
	}
	return nil
}
