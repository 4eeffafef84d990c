// Package convnet has the networks that BagNets are compared with: torchvision's
// ResNet, VGG, DenseNet and AlexNet, of any width, depth and number of classes.
// What they decide is no sum over patches. That of a ResNet or a DenseNet is a mean
// over the positions of its last feature map, each of which sees much of the image;
// that of a VGG or AlexNet is no sum at all.
package convnet

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"bagnet/internal/engine"
	"bagnet/internal/inference"
	"bagnet/internal/weights"
)

// Options are what the weights do not say.
type Options struct {
	Threads int    // CPUs used by one forward pass; 0 means all
	Kernel  string // "avx512", "avx2", "neon", "generic"; "" means BAGNET_KERNEL or the best
}

// A Network is one of torchvision's networks ready to run. Its methods may be
// called concurrently: as many forward passes run side by side as there are CPUs
// for when the network is made, each of Options.Threads; further ones wait. Each
// has memory of its own.
type Network struct {
	architecture weights.Architecture
	warnings     []string
	net          *engine.Network
	features     engine.Node // the last feature map
	head         head
	logits       engine.Node
	smallest     int // side of the smallest image, pixels
	runners      *inference.Runners
	queue        *queue // of images for these
}

// ErrUnknown is New's error for a checkpoint of another kind of network.
var ErrUnknown = errors.New("this is no ResNet, VGG, DenseNet or AlexNet as torchvision has them")

// maxSmallest bounds the side of the smallest image; VGG's is 32 pixels.
const maxSmallest = 4096

// maxBytes bounds the memory of one pass: there is no tiling as for BagNets,
// where a value depends on its patch alone.
const maxBytes = 4 << 30

// New infers the architecture of w, checks every tensor and packs the weights.
// It keeps no reference to w.
func New(w weights.Source, o Options) (*Network, error) {
	runners, err := inference.NewRunners(o.Kernel, o.Threads)
	if err != nil {
		return nil, err
	}
	set, err := weights.NewSet(w, spellings)
	if err != nil {
		return nil, err
	}
	b, features, h, err := connect(set, runners.Kernel())
	if err != nil {
		return nil, err
	}
	n := &Network{net: b.Network, runners: runners, queue: newQueue(), features: features, head: h}
	b.Group("classifier")
	n.logits = n.head.apply(b.Network, n.features)
	if n.architecture, err = b.check(); err != nil {
		return nil, err
	}
	n.smallest = 1 + sort.Search(maxSmallest, func(i int) bool {
		_, err := n.net.MACs(i+1, i+1, n.logits)
		return err == nil
	})
	if n.smallest > maxSmallest {
		return nil, fmt.Errorf("its pooling leaves nothing of images of %d pixels", maxSmallest)
	}
	n.warnings, err = b.pack(runners.Threads())
	return n, err
}

// Recognise returns the names that the tensors of a network have here, by those in
// its file, all of which begin with prefix. It is told by names and shapes: the
// error is ErrUnknown, or says what is wrong with one of a known family.
func Recognise(names []string, prefix string, shape func(name string) []int) (map[string]string, error) {
	set, err := weights.NewShapes(names, prefix, shape, spellings)
	if err != nil {
		return nil, err
	}
	kernel, err := engine.Choose("")
	if err != nil {
		return nil, err
	}
	b, _, _, err := connect(set, kernel)
	if err != nil {
		return nil, err
	}
	_, err = b.check()
	return set.Canonical(), err
}

// connect builds the network that the tensors belong to, up to its last feature
// map, and its head.
func connect(set *weights.Set, kernel *engine.Kernel) (b *builder, features engine.Node, h head, err error) {
	family := familyOf(set)
	if family == nil {
		return nil, features, h, ErrUnknown
	}
	b = newBuilder(set, kernel)
	features, h = family(b)
	return b, features, h, nil
}

// Architecture returns the network's family, its size and its classes.
func (n *Network) Architecture() weights.Architecture { return n.architecture }

// Kernel returns the name of the engine's kernel in use.
func (n *Network) Kernel() string { return n.runners.Kernel().Name() }

// Threads returns how many CPUs a forward pass uses.
func (n *Network) Threads() int { return n.runners.Threads() }

// WithThreads returns the network with passes of that many CPUs each, all if threads is 0.
// The two share the weights, and wait for passes of their own only.
func (n *Network) WithThreads(threads int) *Network {
	other := *n
	other.runners, other.queue = n.runners.WithThreads(threads), newQueue()
	return &other
}

// Bytes returns about how much memory Classify needs for an image of h x w pixels, weights
// and input not counted.
func (n *Network) Bytes(h, w int) (bytes int, err error) {
	if err := n.CheckSize(h, w); err != nil {
		return 0, err
	}
	err = n.do(context.Background(), func(n pass) error {
		p, err := n.logitsGraph().Plan(h, w)
		if err == nil {
			bytes = p.Bytes()
		}
		return err
	})
	return bytes, err
}

// Peak returns what no pass can exceed, in floating-point operations a second,
// measured for about d.
func (n *Network) Peak(d time.Duration) float64 { return n.runners.Peak(d) }

// Release gives back the memory that passes keep for the next ones. It waits for
// nobody: passes under way give theirs back when they end.
func (n *Network) Release() { n.runners.Release() }

// Warnings returns what a user should know about these weights, a line each.
func (n *Network) Warnings() []string { return n.warnings }

// CheckSize returns an error if pooling leaves nothing of an image of h x w pixels.
func (n *Network) CheckSize(h, w int) error {
	if h < n.smallest || w < n.smallest {
		return fmt.Errorf("image of %dx%d pixels is too small for this network, which needs %dx%d: give a larger one, or resize it", w, h, n.smallest, n.smallest)
	}
	return nil
}

// MACs counts the multiply-adds of the convolutions and linear layers for an
// image of h x w pixels, which must not be too small.
func (n *Network) MACs(h, w int) int64 {
	macs, err := n.net.MACs(h, w, n.logits)
	if err != nil {
		panic("convnet: " + err.Error())
	}
	return macs
}

// Classify returns the [classes] float32 logits (before softmax) of a normalised
// image of any size that CheckSize accepts and memory allows.
// Calls at once may share a pass: see Batch.
func (n *Network) Classify(ctx context.Context, img inference.Pixels) (logits []float32, err error) {
	if h, w := img.Size(); n.CheckSize(h, w) == nil && n.Batch(h, w) > 1 {
		return n.share(ctx, img)
	}
	return n.alone(ctx, img)
}

func (n *Network) alone(ctx context.Context, img inference.Pixels) (logits []float32, err error) {
	err = n.do(ctx, func(n pass) error {
		logits, err = n.classify(ctx, img)
		return err
	})
	return logits, err
}

// Profile does what Classify does and measures the groups of layers.
func (n *Network) Profile(ctx context.Context, img inference.Pixels) (layers []inference.LayerProfile, err error) {
	err = n.do(ctx, func(n pass) error {
		layers, err = n.runner.Profile(func() error {
			_, err := n.classify(ctx, img)
			return err
		})
		return err
	})
	return layers, err
}

// A pass is a network with what one forward pass runs on.
type pass struct {
	*Network
	runner *inference.Runner
}

// do runs a pass as soon as it may.
func (n *Network) do(ctx context.Context, run func(pass) error) error {
	return n.runners.Do(ctx, func(r *inference.Runner) error { return run(pass{n, r}) })
}

func (n pass) classify(ctx context.Context, img inference.Pixels) ([]float32, error) {
	logits := make([]float32, n.architecture.Classes)
	return logits, n.run(ctx, n.logitsGraph(), img, func(*engine.Plan) [][]float32 { return [][]float32{logits} })
}

func (n pass) logitsGraph() *inference.Graph {
	return n.runner.Graph("logits", func() (*engine.Network, []engine.Node) { return n.net, []engine.Node{n.logits} })
}

// inputBytes is the memory of an image of h x w pixels.
func inputBytes(h, w int) int64 { return 4 * 3 * int64(h) * int64(w) }

// run runs a graph on an image, if it is neither too small nor too large. outs
// makes room for the results.
func (n pass) run(ctx context.Context, g *inference.Graph, img inference.Pixels, outs func(*engine.Plan) [][]float32) error {
	h, w := img.Size()
	if err := n.CheckSize(h, w); err != nil {
		return err
	}
	plan, err := g.Plan(h, w)
	if err != nil {
		return err
	}
	if bytes := int64(plan.Bytes()) + inputBytes(h, w); bytes > maxBytes {
		return fmt.Errorf("image of %dx%d pixels needs %d MB in this network, more than %d: give a smaller one, or resize it", w, h, bytes>>20, maxBytes>>20)
	}
	return n.runner.Run(ctx, g, img, inference.Whole(img), outs(plan)...)
}
