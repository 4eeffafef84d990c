// Package model turns the named tensors of a BagNet checkpoint into a network
// that computes the logits of an image and of each of its patches.
package model

import (
	"context"
	"fmt"
	"time"

	"bagnet/internal/engine"
	"bagnet/internal/grid"
	"bagnet/internal/inference"
	"bagnet/internal/weights"
)

// Options are what the weights do not say.
type Options struct {
	Strides [4]int // of the four stages; zero means 2, 2, 2, 1
	Threads int    // CPUs used by one forward pass; 0 means all
	Kernel  string // "avx512", "avx2", "neon", "generic"; "" means BAGNET_KERNEL or the best
}

// A Model is a BagNet ready to run. Its methods may be called concurrently: as
// many forward passes run side by side as there are CPUs for when the model is
// made, each of Options.Threads; further ones wait. Each has memory of its own.
type Model struct {
	config   Config
	warnings []string
	convs    map[string]*engine.Conv
	runners  *inference.Runners
	// tilePixels bounds the side of what is computed at a time.
	tilePixels int
}

// New infers the architecture of w, checks every tensor and packs the weights.
// It keeps no reference to w.
func New(w weights.Source, o Options) (*Model, error) {
	runners, err := inference.NewRunners(o.Kernel, o.Threads)
	if err != nil {
		return nil, err
	}
	set, err := weights.NewSet(w, spellings)
	if err != nil {
		return nil, err
	}
	m := &Model{runners: runners, tilePixels: largestTile}
	if m.config, err = recognise(set, o.Strides); err != nil {
		return nil, err
	}
	layers := m.config.layers(set, runners.Kernel())
	if m.warnings, err = set.Pack(layers, runners.Threads()); err != nil {
		return nil, err
	}
	m.convs = convolutions(layers)
	return m, nil
}

// Recognise returns the names that the tensors of a BagNet have here, by those in
// its file, all of which begin with prefix. It is told by names and shapes; an
// error says why they are not a BagNet's.
func Recognise(names []string, prefix string, shape func(name string) []int) (map[string]string, error) {
	set, err := weights.NewShapes(names, prefix, shape, spellings)
	if err != nil {
		return nil, err
	}
	_, err = recognise(set, [4]int{})
	return set.Canonical(), err
}

func recognise(set *weights.Set, strides [4]int) (Config, error) {
	set.Head("fc", weights.Heads...)
	if err := refuse(set); err != nil {
		return Config{}, err
	}
	return infer(set, strides)
}

// Config returns the architecture.
func (m *Model) Config() Config { return m.config }

// Architecture returns the part of it that every network has.
func (m *Model) Architecture() weights.Architecture { return m.config.Architecture() }

// Kernel returns the name of the engine's kernel in use.
func (m *Model) Kernel() string { return m.runners.Kernel().Name() }

// Kernels returns the names of the engine's kernels that run on this machine,
// best first.
func Kernels() []string {
	var names []string
	for _, k := range engine.Kernels() {
		names = append(names, k.Name())
	}
	return names
}

// DefaultKernel returns the name of the kernel that a model gets whose Options
// name none: BAGNET_KERNEL's, else the best. An unavailable one is an error.
func DefaultKernel() (string, error) {
	k, err := engine.Choose("")
	if err != nil {
		return "", err
	}
	return k.Name(), nil
}

// Threads returns how many CPUs a forward pass uses.
func (m *Model) Threads() int { return m.runners.Threads() }

// WithThreads returns the model with passes of that many CPUs each, all if threads is 0.
// The two share the weights, and wait for passes of their own only.
func (m *Model) WithThreads(threads int) *Model {
	other := *m
	other.runners = m.runners.WithThreads(threads)
	return &other
}

// Bytes returns about how much memory Logits needs for an image of h x w pixels, weights
// and input not counted.
func (m *Model) Bytes(h, w int) (bytes int, err error) {
	if err := m.CheckSize(h, w); err != nil {
		return 0, err
	}
	err = m.do(context.Background(), func(m pass) error {
		bytes = nativeBytes
		if h > m.tilePixels || w > m.tilePixels {
			return nil
		}
		p, err := m.whole(readout{}).Plan(h, w)
		if err == nil {
			bytes = min(bytes, p.Bytes())
		}
		return err
	})
	return bytes, err
}

// MapBytes returns about how much memory Maps needs at one of Strides(), values not counted.
func (m *Model) MapBytes(h, w, stride int) (int, error) {
	bytes, err := m.Bytes(h, w)
	if finer := m.config.Stride() / stride; finer > 1 && m.config.Family == "v1" {
		bytes = min(bytes*finer*finer, denseBytes) // dilated layers have activations for every patch
	}
	return bytes, err
}

// NativeGrid returns where the patches of the native grid lie in an image of h x w pixels,
// or CheckSize's error.
func (m *Model) NativeGrid(h, w int) (grid.Grid, error) {
	if err := m.CheckSize(h, w); err != nil {
		return grid.Grid{}, err
	}
	return m.config.NativeGrid(h, w), nil
}

// Sees returns the side of what a position of the last feature map depends on: a patch.
func (m *Model) Sees() int { return m.config.PatchSize }

// Channels returns how many channels the last feature map has.
func (m *Model) Channels() int { return m.config.Features() }

// Peak returns what no pass can exceed, in floating-point operations a second,
// measured for about d.
func (m *Model) Peak(d time.Duration) float64 { return m.runners.Peak(d) }

// Warnings returns what a user should know about these weights, a line each.
func (m *Model) Warnings() []string { return m.warnings }

// CheckSize returns an error if an image of h x w pixels is smaller than a patch.
func (m *Model) CheckSize(h, w int) error {
	if q := m.config.PatchSize; h < q || w < q {
		return fmt.Errorf("image of %dx%d pixels is smaller than a patch of %dx%d: give a larger one, or resize it", w, h, q, q)
	}
	return nil
}

// Release gives back the memory that passes keep for the next ones. It waits for
// nobody: passes under way give theirs back when they end.
func (m *Model) Release() { m.runners.Release() }

// Profile does what Classify does and measures the groups of layers.
func (m *Model) Profile(ctx context.Context, img inference.Pixels) (layers []inference.LayerProfile, err error) {
	err = m.do(ctx, func(m pass) error {
		layers, err = m.runner.Profile(func() error {
			_, _, err := m.native(ctx, img, readout{}, nil)
			return err
		})
		return err
	})
	return layers, err
}

// MACs counts the multiply-adds of the network as published: see Config.MACs.
func (m *Model) MACs(h, w int) int64 { return m.config.MACs(h, w) }
