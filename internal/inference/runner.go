// Package inference runs networks on images: it keeps a plan for each of the
// latest image sizes and the memory that passes run in.
package inference

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"time"

	"bagnet/internal/engine"
)

// A Runner runs what is computed with one model's weights. Whoever calls Graph,
// Run, Execute or Profile, or runs a Plan, must have locked it: passes take
// turns, each using all threads.
type Runner struct {
	kernel  *engine.Kernel
	threads int

	sync.Mutex // guards what follows
	graphs     map[string]*Graph
	workspace  *engine.Workspace
	pixels     []float32       // of the image, as far as it is read
	profile    *[]LayerProfile // being made, or nil
}

// NewRunner returns a Runner for the kernel called name ("" means BAGNET_KERNEL
// or the best) on that many CPUs, all if threads is 0.
func NewRunner(name string, threads int) (*Runner, error) {
	kernel, err := engine.Choose(name)
	if err != nil {
		return nil, err
	}
	if threads < 1 {
		threads = runtime.GOMAXPROCS(0)
	}
	return &Runner{kernel: kernel, threads: threads, graphs: map[string]*Graph{}, workspace: new(engine.Workspace)}, nil
}

// Kernel returns the engine's kernel in use.
func (r *Runner) Kernel() *engine.Kernel { return r.kernel }

// Threads returns how many CPUs a pass uses.
func (r *Runner) Threads() int { return r.threads }

// Peak measures, for about d, how many floating-point operations a second this
// machine does with the kernel's instructions and the Runner's threads when
// nothing has to be fetched from memory: what no pass can exceed.
func (r *Runner) Peak(d time.Duration) float64 { return r.kernel.Peak(r.threads, d) }

// Release gives back the memory that passes keep for the next one. It locks the
// Runner itself.
func (r *Runner) Release() {
	r.Lock()
	defer r.Unlock()
	r.workspace = new(engine.Workspace) // workers may still be leaving the old one
	r.pixels = nil
}

// A Graph is a network with what is asked of it, and plans for the latest image
// sizes.
type Graph struct {
	net     *engine.Network
	outs    []engine.Node
	threads int
	plans   map[[2]int]*engine.Plan // by height and width
}

// Graph returns the graph that build makes on first use, which name identifies.
func (r *Runner) Graph(name string, build func() (*engine.Network, []engine.Node)) *Graph {
	if g := r.graphs[name]; g != nil {
		return g
	}
	g := &Graph{threads: r.threads, plans: map[[2]int]*engine.Plan{}}
	g.net, g.outs = build()
	remember(r.graphs, name, g)
	return g
}

// Plan returns the plan for images of h x w pixels, made on first use.
func (g *Graph) Plan(h, w int) (*engine.Plan, error) {
	size := [2]int{h, w}
	if p := g.plans[size]; p != nil {
		return p, nil
	}
	p, err := g.net.Plan(h, w, g.threads, g.outs...)
	if err != nil {
		return nil, fmt.Errorf("running the network: %w", err)
	}
	remember(g.plans, size, p)
	return p, nil
}

// Outputs returns how many nodes are asked for.
func (g *Graph) Outputs() int { return len(g.outs) }

// remember keeps the few latest values, more or less.
func remember[K comparable, V any](m map[K]V, key K, value V) {
	if len(m) >= 16 {
		clear(m)
	}
	m[key] = value
}

// Run runs a graph on a rectangle of an image.
func (r *Runner) Run(ctx context.Context, g *Graph, img Pixels, from Rect, outs ...[]float32) error {
	plan, err := g.Plan(from.H, from.W)
	if err != nil {
		return err
	}
	return r.Execute(ctx, plan, r.read(img, from), outs...)
}

// Execute runs a plan, and measures it if a profile is being made.
func (r *Runner) Execute(ctx context.Context, p *engine.Plan, in []float32, outs ...[]float32) error {
	if r.profile == nil {
		return p.Run(ctx, r.workspace, in, outs...)
	}
	groups, err := p.Profile(ctx, r.workspace, in, outs...)
	r.note(groups)
	return err
}
