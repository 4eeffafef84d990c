// Package inference runs networks on images: it keeps a plan for each of the
// latest image sizes and the memory that passes run in.
package inference

import (
	"context"
	"fmt"

	"bagnet/internal/engine"
)

// A Runner runs one pass at a time of what is computed with one model's weights.
type Runner struct {
	kernel    *engine.Kernel
	threads   int
	graphs    map[string]*Graph
	workspace *engine.Workspace
	pixels    []float32       // of the image, as far as it is read
	profile   *[]LayerProfile // being made, or nil
	releases  int             // of all Runners, when it was taken
}

func newRunner(kernel *engine.Kernel, threads int) *Runner {
	return &Runner{kernel: kernel, threads: threads, graphs: map[string]*Graph{}, workspace: new(engine.Workspace)}
}

// Kernel returns the engine's kernel in use.
func (r *Runner) Kernel() *engine.Kernel { return r.kernel }

// release gives back the memory that the last pass has left for the next one.
func (r *Runner) release() {
	r.workspace = new(engine.Workspace) // workers may still be leaving the old one
	r.pixels = nil
}

// A Graph is a network with what is asked of it, and plans for the latest image
// sizes.
type Graph struct {
	outputs int
	plan    func(h, w int) (*engine.Plan, error)
	plans   map[[2]int]*engine.Plan // by height and width
}

// Graph returns the graph that build makes on first use, which name identifies.
func (r *Runner) Graph(name string, build func() (*engine.Network, []engine.Node)) *Graph {
	return r.graph(name, func() *Graph {
		net, outs := build()
		return &Graph{outputs: len(outs), plan: func(h, w int) (*engine.Plan, error) { return net.Plan(h, w, r.threads, outs...) }}
	})
}

func (r *Runner) graph(name string, make func() *Graph) *Graph {
	if g := r.graphs[name]; g != nil {
		return g
	}
	g := make()
	g.plans = map[[2]int]*engine.Plan{}
	remember(r.graphs, name, g)
	return g
}

// Plan returns the plan for images of h x w pixels, made on first use.
func (g *Graph) Plan(h, w int) (*engine.Plan, error) {
	size := [2]int{h, w}
	if p := g.plans[size]; p != nil {
		return p, nil
	}
	p, err := g.plan(h, w)
	if err != nil {
		return nil, fmt.Errorf("running the network: %w", err)
	}
	remember(g.plans, size, p)
	return p, nil
}

// Outputs returns how many nodes are asked for.
func (g *Graph) Outputs() int { return g.outputs }

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
