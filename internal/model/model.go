// Package model turns the named tensors of a BagNet checkpoint into a network
// that computes the logits of an image and of each of its patches.
package model

import (
	"fmt"
	"runtime"
	"sync"

	"bagnet/internal/engine"
)

// Options are what the weights do not say.
type Options struct {
	Strides [4]int // of the four stages; zero means 2, 2, 2, 1
	Threads int    // CPUs used by one forward pass; 0 means all
	Kernel  string // "avx512", "avx2", "neon", "generic"; "" means BAGNET_KERNEL or the best
}

// A Model is a BagNet ready to run. Its methods may be called concurrently;
// forward passes then take turns, each using all threads.
type Model struct {
	config   Config
	warnings []string
	kernel   *engine.Kernel
	threads  int
	convs    map[string]*engine.Conv
	// tilePixels bounds the side of what is computed at a time.
	tilePixels int

	mu        sync.Mutex // guards what follows
	graphs    map[string]*graph
	workspace engine.Workspace
	pixels    []float32       // of a tile
	profile   *[]LayerProfile // being made, or nil
}

// New infers the architecture of w, checks every tensor and packs the weights.
// It keeps no reference to w.
func New(w Weights, o Options) (*Model, error) {
	kernel, err := engine.Choose(o.Kernel)
	if err != nil {
		return nil, err
	}
	m := &Model{kernel: kernel, threads: o.Threads, tilePixels: largestTile, graphs: map[string]*graph{}}
	if m.threads < 1 {
		m.threads = runtime.GOMAXPROCS(0)
	}
	b, err := newBuilder(w, kernel, o.Strides)
	if err != nil {
		return nil, err
	}
	m.convs, err = b.pack(m.threads)
	m.config, m.warnings = b.config, b.warnings
	if err != nil {
		return nil, err
	}
	return m, nil
}

// Config returns the architecture.
func (m *Model) Config() Config { return m.config }

// Kernel returns the name of the engine's kernel in use.
func (m *Model) Kernel() string { return m.kernel.Name() }

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
func (m *Model) Threads() int { return m.threads }

// Warnings returns what a user should know about these weights, a line each.
func (m *Model) Warnings() []string { return m.warnings }

// CheckSize returns an error if an image of h x w pixels is smaller than a patch.
func (m *Model) CheckSize(h, w int) error {
	if q := m.config.PatchSize; h < q || w < q {
		return fmt.Errorf("image of %dx%d pixels is smaller than a patch of %dx%d: give a larger one, or resize it", w, h, q, q)
	}
	return nil
}

// Release gives back the memory that passes keep for the next one.
func (m *Model) Release() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.workspace = engine.Workspace{}
	m.pixels = nil
}
