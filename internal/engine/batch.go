package engine

import (
	"context"
	"fmt"
)

// few is the number of pixels up to which a result is small: what it is computed with, its
// weights, is more than what it is computed from.
const few = 64

// PlanBatch prepares the computation of outs for up to that many images of h x w pixels in a
// pass. From the first operation on behind which all results are small, each is done for all
// images before the next: weights, which take most of the time there, are fetched once. What
// comes before is done for one image after the other. The bits are those of single passes.
func (n *Network) PlanBatch(h, w, threads, images int, outs ...Node) (*Plan, error) {
	if threads < 1 || images < 1 {
		panic(fmt.Sprintf("engine: planning %d images for %d threads", images, threads))
	}
	p, err := newPlanner(n, extent{h, w}, threads, images, outs)
	if err != nil {
		return nil, err
	}
	p.divide()
	return p.plan(), nil
}

// RunBatch is Run for some images, as many as the plan is for at most: in and each of outs
// have theirs one after the other.
func (p *Plan) RunBatch(ctx context.Context, ws *Workspace, images int, in []float32, outs ...[]float32) error {
	ws.ins = append(ws.ins[:0], in)
	return p.run(ctx, ws, images, outs)
}

// SharedWeights returns the bytes of the weights that are fetched once for all images of a
// pass.
func (p *Plan) SharedWeights() int {
	floats := 0
	for _, steps := range p.segments[p.together:] {
		for _, s := range steps {
			floats += weights(s.layer)
		}
	}
	return 4 * floats
}

// firstTogether returns the live operation from which on all results are small, if there are
// several images; else their number.
func (p *planner) firstTogether() int {
	first := len(p.live)
	for first > 0 && p.images > 1 {
		if e := p.need[p.op(first-1).out]; e.h*e.w > few {
			break
		}
		first--
	}
	return first
}
