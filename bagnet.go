// Package bagnet classifies photographs with BagNets and tells exactly which parts of
// a picture decided.
//
// A BagNet (Brendel and Bethge, ICLR 2019) sees an image only through patches of 9, 17
// or 33 pixels. It gives each patch a logit for every class, and an image's logits are
// the means of its patches'. So a map of patch logits is the decision, not an
// approximation of it.
//
//	m, err := bagnet.Open("bagnet33.safetensors", nil)
//	...
//	picture, err := bagnet.Decode(file, nil)
//	...
//	img, err := m.Prepare(picture)
//	...
//	answer, err := m.Classify(ctx, img)
//	...
//	fmt.Println(answer.Top(1)[0].Label)
//
//	maps, err := m.Heatmaps(ctx, img) // of the likeliest class
//	...
//	drawn, err := maps[0].Draw(nil)
//
// Checkpoints are safetensors files or what torch.save writes, of BagNets, and of the
// ResNets, DenseNets, VGGs and AlexNets that they are compared with. The logits of the first
// two are means over positions too, so there are maps of them that are the decision; but
// each position sees much more than its place, mostly the whole image. VGGs and AlexNets
// have no such maps. A bag of visual words, which 'bagnet words train' makes, is used like
// a BagNet: its logits are means over patches too. Weights that are part of this module are in package models.
//
// The package opens no connection, prints nothing, and changes no setting of the
// process. The environment variable BAGNET_KERNEL chooses the engine's kernel where
// Options do not.
//
// # Units
//
// Positions and sizes are in pixels of the prepared picture, x to the right and y down
// from (0, 0). Logits are what the network computes, before softmax; evidence is a
// patch's logit. Arrays are float32 tensors, row by row; their shapes stand at what
// returns them.
//
// # Concurrency
//
// A Model and an Image never change: both may be used by any number of goroutines. As
// many passes run side by side as runtime.GOMAXPROCS(0) / Options.Threads was when the
// model was opened, one at least; further ones wait. Each has buffers of its own, which
// are kept for the next one. The same image gives the same bits, whatever runs beside it
// and on however many threads. To answer many images at once, give each pass one thread;
// to answer one image soon, give it all.
//
// # Ownership
//
// What a function returns belongs to the caller unless it says otherwise. Open and
// Read keep nothing of the file.
//
// # Errors
//
// When a context ends, so does its pass: within milliseconds, or at once if it waits for
// others, with the context's error and no part of a result. Decode, Prepare and Draw take
// no context.
//
// Errors about files say which file and what is wrong with it. A program can tell some
// apart by errors.Is: ErrNoPatches, ErrNoGradient, ErrNotFinite, ErrTooLarge, fs.ErrNotExist and the
// like from Open, and image.ErrFormat from Decode.
package bagnet

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"bagnet/internal/class"
	"bagnet/internal/inference"
	"bagnet/internal/network"
	"bagnet/models"
)

var (
	// ErrNoPatches is the error about patches of a VGG or AlexNet.
	ErrNoPatches = errors.New("this network is no BagNet: its decision is no sum over patches, as its linear layers have weights of their own for each position and ReLUs between them")
	// ErrNoGradient is the error about gradients of a bag of visual words.
	ErrNoGradient = inference.ErrNoGradient
	// ErrNotFinite is the error about an image of which the weights make infinities
	// or NaN.
	ErrNotFinite = errors.New("the network's logits are not finite: its weights do not suit this image")
	// ErrTooLarge is what errors are about things that would take too much memory: a
	// file or picture beyond Decode's limits, a resize that makes an enormous picture,
	// or more than 4 GiB of patches' values.
	ErrTooLarge = errors.New("too large")
)

// kindError is an error with one of those above for its kind.
type kindError struct {
	error
	kind error
}

func (e kindError) Unwrap() []error { return []error{e.error, e.kind} }

// Options are what a checkpoint does not say. Nil stands for the zero value.
type Options struct {
	Name    string       // of the model, for messages and captions; "" for the one in the file, else the file's
	Known   models.Model // what is known of it beforehand, as models.Registry has it, and used where the file is silent
	Weights string       // which of several networks in the file: the key of its dict or the prefix of its names
	Threads int          // CPUs that one pass uses; 0 for runtime.GOMAXPROCS(0)
	Kernel  string       // "avx512", "avx2", "neon" or "generic"; "" for $BAGNET_KERNEL, else the best there is
}

// A Model is a network ready to run. It never changes: any number of goroutines may use
// it, and the models that its With methods return have the same weights.
type Model struct {
	net           *network.Network
	classes       []Class
	preprocessing Preprocessing
}

// Open reads the checkpoint at path. Nothing in it is executed.
func Open(path string, o *Options) (*Model, error) {
	return opened(network.Open(path, o.network()))
}

// Read reads the checkpoint of size bytes behind r, which may be closed afterwards.
// Without a name in o and the file the model is called "model".
func Read(r io.ReaderAt, size int64, o *Options) (*Model, error) {
	return opened(network.Read(r, size, o.network()))
}

// network is o, which may be nil, as package network has it.
func (o *Options) network() network.Options {
	if o == nil {
		o = &Options{}
	}
	return network.Options{Name: o.Name, Known: o.Known, Weights: o.Weights, Threads: o.Threads, Kernel: o.Kernel}
}

// opened makes the model of a network, whose file it closes.
func opened(n *network.Network, err error) (*Model, error) {
	if err != nil {
		return nil, err
	}
	n.Close() // the model has what it needs
	m := &Model{net: n, preprocessing: preprocessingOf(n.Preprocessing)}
	for _, c := range n.Classes {
		m.classes = append(m.classes, Class(c))
	}
	return m, nil
}

// Info is what there is to say about a model.
type Info struct {
	Family     string // "v1" or "v2" of BagNets, else "resnet", "vgg", "vgg_bn", "densenet", "alexnet" or "words"
	Patch      int    // side of a patch of a BagNet or a bag of visual words, pixels; 0 for other networks
	Strides    []int  // distances between patches that can be asked for, pixels, the native one first; nil of a VGG or AlexNet
	Sees       int    // side of what a value of Patches depends on, pixels: Patch, or in a ResNet or DenseNet much more
	Layers     int    // with weights
	Words      []int  // in the vocabularies of a bag of visual words, of shapes and of colours; nil of other networks
	Parameters int64  // running statistics not counted
	Outputs    int    // 1, or as many as there are classes
	Format     string // of the file
	Kernel     string // of the engine
	Threads    int    // of a pass

	Weights  string   // which of the file's networks this is, where Options.Weights can tell
	Averaged []string // copies of it, averaged over training steps, that Options.Weights can ask for
	Warnings []string // what a user should know about the file, a line each

	// What neither file nor Options said of the model as it was opened: then images are
	// prepared as ImageNet's are, and classes called as ImageNet's if there are 1000 of
	// them, else by their numbers.
	AssumedPreprocessing, AssumedClasses bool
}

// Info returns what there is to say about m.
func (m *Model) Info() Info {
	a := m.net.Architecture()
	i := Info{
		Family: a.Family, Patch: a.Patch, Layers: a.Layers, Words: a.Words, Parameters: a.Parameters, Outputs: a.Classes,
		Format: m.net.Format, Kernel: m.net.Kernel(), Threads: m.net.Threads(),
		Weights: m.net.Found.Label, Averaged: slices.Clone(m.net.Found.Averaged), Warnings: slices.Clone(m.net.Remarks),
		AssumedPreprocessing: m.net.Metadata.Preprocessing == nil, AssumedClasses: !class.Suit(len(m.net.Metadata.Classes), a.Classes),
	}
	if mapper := m.net.Mapper(); mapper != nil {
		i.Strides, i.Sees = mapper.Strides(), mapper.Sees()
	}
	return i
}

// Name returns what the model is called.
func (m *Model) Name() string { return m.net.Name }

// A Class is what a model may take an image for. Where one is handed to a model, its
// Index counts alone.
type Class struct {
	Index int    `json:"index"`
	ID    string `json:"id"`    // WordNet id, or ""
	Label string `json:"label"` // names, with commas between
}

// Classes returns the model's classes by index: one for each output, or two for one
// output, the positive one and the negative one.
func (m *Model) Classes() []Class { return slices.Clone(m.classes) }

// FindClass returns the class that query means: a number, a WordNet id, or a name, in
// which case, spaces, _ and - do not matter. An ambiguous name is an error that lists
// what it may mean.
func (m *Model) FindClass(query string) (Class, error) {
	all := make([]class.Class, len(m.classes))
	for i, c := range m.classes {
		all[i] = class.Class(c)
	}
	found, err := class.NewIndex(all).Find(query)
	return Class(found.Class), err
}

// WithClasses returns the model with other names for its classes, as many as it has.
// Their order counts, not their Index. m keeps its own; the two share the weights.
func (m *Model) WithClasses(classes []Class) (*Model, error) {
	if len(classes) != len(m.classes) {
		return nil, fmt.Errorf("naming the classes of model %s: %d names, but it has %d classes", m.Name(), len(classes), len(m.classes))
	}
	named := *m
	named.classes = slices.Clone(classes)
	for i := range named.classes {
		named.classes[i].Index = i
	}
	return &named, nil
}

// WithThreads returns the model with passes of that many CPUs each, all if threads is 0. As
// many of them run side by side as there are CPUs for now, whatever passes of m are under
// way. The two share the weights.
func (m *Model) WithThreads(threads int) *Model {
	other := *m
	other.net = m.net.WithThreads(threads)
	return &other
}

// PassBytes returns about how much memory a pass over a prepared picture of w x h pixels
// needs beside the weights and what it returns: Classify's, or with one of Info().Strides
// that of Patches.
func (m *Model) PassBytes(w, h, stride int) (int, error) {
	if stride == 0 {
		return m.net.Bytes(h, w)
	}
	mapper := m.net.Mapper()
	if mapper == nil {
		return 0, ErrNoPatches
	}
	return mapper.MapBytes(h, w, stride)
}

// Batch returns how many calls of Classify with prepared pictures of w x h pixels may be under
// way at once for each pass: networks with large linear layers classify so many pictures in one
// pass, to the same bits, where they would fetch the weights for each. It is 1 for others.
func (m *Model) Batch(w, h int) int {
	if n, ok := m.net.Runnable.(interface{ Batch(h, w int) int }); ok && m.net.CheckSize(h, w) == nil {
		return n.Batch(h, w)
	}
	return 1
}

// Release gives back the memory that passes keep for the next one; passes under way
// give theirs back when they end. The model can be used as before.
func (m *Model) Release() { m.net.Release() }
