package network

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gorgonia.org/tensor"

	"bagnet/internal/class"
	"bagnet/internal/convnet"
	"bagnet/internal/grid"
	"bagnet/internal/images"
	"bagnet/internal/inference"
	"bagnet/internal/loader"
	"bagnet/internal/metadata"
	"bagnet/internal/model"
	"bagnet/internal/text"
	"bagnet/internal/weights"
	"bagnet/internal/words"
	"bagnet/models"
)

// A Runnable is what can be done with any network: a BagNet, one of those it is
// compared with, or a bag of visual words.
type Runnable interface {
	Classify(ctx context.Context, img inference.Pixels) ([]float32, error)
	Features(ctx context.Context, img inference.Pixels) (*tensor.Dense, error)
	Head(ctx context.Context, features *tensor.Dense) ([]float32, error)
	Gradient(ctx context.Context, img inference.Pixels, d inference.Derivative) (inference.Gradient, error)
	GradientBytes(h, w int, d inference.Derivative) (int, error)
	Layers() []string
	Profile(ctx context.Context, img inference.Pixels) ([]inference.LayerProfile, error)
	CheckSize(h, w int) error
	MACs(h, w int) int64
	Bytes(h, w int) (int, error)
	Architecture() weights.Architecture
	Warnings() []string
	Kernel() string
	Threads() int
	Peak(d time.Duration) float64
	Release()
}

// A Mapper is a network whose logits are the means of logits at positions of an image: a
// BagNet or a bag of visual words, whose positions see their patch alone, or a ResNet or
// DenseNet.
type Mapper interface {
	Maps(ctx context.Context, img inference.Pixels, o inference.MapOptions) (inference.Maps, error)
	NativeGrid(h, w int) (grid.Grid, error)
	Strides() []int // that Maps can be asked for, the native one first
	Sees() int      // side of the square of pixels that a position depends on
	Channels() int  // of the positions' features
	MapBytes(h, w, stride int) (int, error)
}

// A Network is ready to run, and has what its file says beside the weights.
type Network struct {
	Runnable
	BagNet        *model.Model // the network, if it is a BagNet, else nil
	Name          string
	Format        string // of the file
	Found         *Found // which of the file's tensors
	Metadata      metadata.Metadata
	Classes       []class.Class // one for each output, or two for one
	Named         bool          // Classes came with the file or belong to its 1000 outputs
	Preprocessing images.Preprocessing
	Remarks       []string // what a user should know about the file and its weights, a line each

	file *loader.Checkpoint
}

// Options are what files do not say.
type Options struct {
	Name    string       // of the network; "" for that in the file, else the file's
	Known   models.Model // what is known of it beforehand; zero for nothing
	Weights string       // which of several networks in the file: the key of its dict or the prefix of its names
	Threads int          // CPUs used by one forward pass; 0 means all
	Kernel  string       // as in model.Options
}

// Open reads the network in a checkpoint file, which stays open until Close.
func Open(path string, o Options) (*Network, error) {
	called := o.Name
	if called == "" {
		called = path
	}
	return o.open(filepath.Base(path), called, func(choose loader.Select) (*loader.Checkpoint, error) {
		return loader.OpenSelected(path, choose)
	})
}

// Read is Open for size bytes behind r. Where neither o nor the file names the network,
// it is called "model".
func Read(r io.ReaderAt, size int64, o Options) (*Network, error) {
	called := cmp.Or(o.Name, "model")
	return o.open(called, called, func(choose loader.Select) (*loader.Checkpoint, error) {
		return loader.ReadSelected(called, r, size, choose)
	})
}

// open builds the network that read finds. name is its file's; called is for
// messages.
func (o Options) open(name, called string, read func(loader.Select) (*loader.Checkpoint, error)) (*Network, error) {
	n := &Network{Name: name}
	var refused, err error
	n.file, err = read(func(dicts []*loader.Dict) (*loader.Dict, []string, error) {
		if n.Found, refused = Find(dicts, o.Weights); refused != nil {
			return nil, nil, refused
		}
		return n.Found.Select()
	})
	if refused != nil && errors.Is(err, refused) {
		return nil, fmt.Errorf("reading model %q: %w", called, refused)
	}
	if err != nil {
		return nil, err
	}
	if err := n.build(o); err != nil {
		n.Close()
		return nil, fmt.Errorf("reading model %q: %w", called, err)
	}
	n.remark()
	return n, nil
}

// WithThreads returns the network with passes of that many CPUs each, all if threads is 0.
// The two share the weights and the file.
func (n *Network) WithThreads(threads int) *Network {
	other := *n
	switch r := n.Runnable.(type) {
	case *model.Model:
		other.BagNet = r.WithThreads(threads)
		other.Runnable = other.BagNet
	case *convnet.Network:
		other.Runnable = r.WithThreads(threads)
	case *words.Network:
		other.Runnable = r.WithThreads(threads)
	}
	return &other
}

// Mapper returns the network, if it is a Mapper, else nil.
func (n *Network) Mapper() Mapper {
	switch r := n.Runnable.(type) {
	case *model.Model:
		return r
	case *convnet.Network:
		if r.IsMean() {
			return r
		}
	case *words.Network:
		return r
	}
	return nil
}

// Close closes the file. The network runs without it; Source, Stored, Describe and Export
// need it.
func (n *Network) Close() {
	if n.file != nil {
		n.file.Close()
		n.file = nil
	}
}

// Source returns the network's tensors as the file has them, until Close.
func (n *Network) Source() weights.Source { return n.Found.Source(n.file) }

// Stored returns how many of the network's tensors the file has of each type, until
// Close.
func (n *Network) Stored() map[string]int {
	stored := make(map[string]int)
	for _, name := range n.Found.Names {
		stored[n.file.DType(name)]++
	}
	return stored
}

// maxClasses bounds what is held for each class: names, counts, logits. All of
// WordNet's nouns are fewer.
const maxClasses = 100_000

// build makes the network that its file describes. One whose file has no classes or
// preprocessing gets ImageNet's.
func (n *Network) build(o Options) error {
	var err error
	n.Format = n.file.Format
	if n.Metadata, err = metadata.Parse(n.file.Metadata); err != nil {
		return err
	}
	n.rename(o)
	if err := n.Metadata.Complete(o.Known); err != nil {
		return err
	}
	if err := n.recognise(n.Source(), o); err != nil {
		return err
	}
	if outputs := n.Architecture().Classes; outputs > maxClasses {
		return fmt.Errorf("it has %d classes, more than the %d allowed", outputs, maxClasses)
	}
	if err := n.Metadata.Check(n.Architecture()); err != nil {
		return err
	}
	if err := n.prepare(); err != nil {
		return err
	}
	return n.label()
}

// maxName is the longest name that a file may give its network, bytes.
const maxName = 255

// rename takes the name from the options or the file, if that is not the name of a
// registered model, whose copy may have been changed.
func (n *Network) rename(o Options) {
	said := n.Metadata.Name
	taken := slices.ContainsFunc(models.Registry(), func(m models.Model) bool { return m.Name == said })
	switch {
	case o.Name != "":
		n.Name = o.Name
	case strings.TrimSpace(said) != "" && len(said) <= maxName && !taken:
		n.Name = said
	}
}

// recognise makes the network whose tensors the file has: a bag of visual words, a BagNet,
// or one of those that they are compared with.
func (n *Network) recognise(tensors weights.Source, o Options) error {
	bag, err := words.New(tensors, words.Options{Patch: n.Metadata.PatchSize, Threads: o.Threads, Kernel: o.Kernel})
	if !errors.Is(err, words.ErrUnknown) {
		n.Runnable = bag
		return err
	}
	other, err := convnet.New(tensors, convnet.Options{Threads: o.Threads, Kernel: o.Kernel})
	if !errors.Is(err, convnet.ErrUnknown) {
		n.Runnable = other
		return err
	}
	n.BagNet, err = model.New(tensors, model.Options{Strides: n.Metadata.Strides, Threads: o.Threads, Kernel: o.Kernel})
	n.Runnable = n.BagNet
	return err
}

// prepare finds out how images are prepared: as the metadata says, else by ImageNet's
// preprocessing, with the mean and deviation of a layer beside the network.
func (n *Network) prepare() error {
	if n.Metadata.Preprocessing != nil {
		n.Preprocessing = *n.Metadata.Preprocessing
		return nil
	}
	n.Preprocessing = images.ImageNet()
	mean, std, ok := n.Found.Normalisation(n.file)
	if !ok {
		return nil
	}
	n.Preprocessing.Mean, n.Preprocessing.Std = mean, std
	if n.Preprocessing.Validate() != nil {
		return fmt.Errorf("its layer with %q and %q normalises by mean %v and standard deviation %v: want finite numbers, and deviations above zero", n.Found.Mean, n.Found.Std, mean, std)
	}
	return nil
}

// label finds the classes' names: those in the file, else ImageNet's, else numbers.
func (n *Network) label() (err error) {
	outputs := n.Architecture().Classes
	switch brought := len(n.Metadata.Classes); {
	case class.Suit(brought, outputs):
		n.Classes, n.Named = class.OfOutputs(n.Metadata.Classes, outputs), true
	case brought > 0 && n.file.Metadata["format"] == metadata.Format:
		return fmt.Errorf("metadata names %s, but the network has %d", text.Count(brought, "class", "classes"), outputs)
	case outputs == 1000:
		n.Classes, err = metadata.ImageNetClasses()
		n.Named = true
	case outputs == 1:
		n.Classes = class.OfOutputs(nil, outputs)
	default:
		n.Classes = class.PlainClasses(outputs)
	}
	return err
}

// remark fills in Remarks.
func (n *Network) remark() {
	say := func(format string, args ...any) { n.Remarks = append(n.Remarks, fmt.Sprintf(format, args...)) }
	outputs := n.Architecture().Classes
	if brought := len(n.Metadata.Classes); brought > 0 && !class.Suit(brought, outputs) {
		say("ignoring its list of %s, as it has %d", text.Count(brought, "class", "classes"), outputs)
	}
	if left := n.Found.Left; len(left) > 0 {
		first := text.OneLine(left[0])
		if len(left) > 1 {
			first += ", ..."
		}
		under := ""
		if n.Found.Prefix != "" {
			under = fmt.Sprintf(" under %q", n.Found.Prefix)
		}
		say("took the network%s and left out %s (%s)", under, text.Count(len(left), "tensor", "tensors"), first)
	}
	if p := n.Preprocessing; n.Found.Mean != "" && n.Metadata.Preprocessing == nil {
		say("took the mean %g, %g, %g and the standard deviation %g, %g, %g from the layer beside the network (%s)",
			p.Mean[0], p.Mean[1], p.Mean[2], p.Std[0], p.Std[1], p.Std[2], n.Found.Mean)
	}
	n.Remarks = append(n.Remarks, n.Warnings()...)
}
