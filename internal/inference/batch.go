package inference

import (
	"context"

	"bagnet/internal/engine"
)

// BatchGraph is Graph for passes of up to that many images.
func (r *Runner) BatchGraph(name string, images int, build func() (*engine.Network, []engine.Node)) *Graph {
	return r.graph(name, func() *Graph {
		net, outs := build()
		return &Graph{outputs: len(outs), plan: func(h, w int) (*engine.Plan, error) { return net.PlanBatch(h, w, r.threads, images, outs...) }}
	})
}

// RunBatch runs a BatchGraph on images of one size, as many as it is for at most. Each of outs
// has what belongs to the images one after the other.
func (r *Runner) RunBatch(ctx context.Context, g *Graph, imgs []Pixels, outs ...[]float32) error {
	h, w := imgs[0].Size()
	plan, err := g.Plan(h, w)
	if err != nil {
		return err
	}
	one := 3 * h * w
	if cap(r.pixels) < len(imgs)*one {
		r.pixels = make([]float32, len(imgs)*one)
	}
	r.pixels = r.pixels[:len(imgs)*one]
	for i, img := range imgs {
		img.Read(r.pixels[i*one:], 3*w, 0, 0, h, w)
	}
	return plan.RunBatch(ctx, r.workspace, len(imgs), r.pixels, outs...)
}
