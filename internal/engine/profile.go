package engine

import (
	"context"
	"time"
)

// A GroupProfile is what one group of operations costs in a pass.
type GroupProfile struct {
	Name            string
	Multiplications int64         // multiply-adds, those of overlapping strips counted once
	Time            time.Duration // of all threads together, waiting not counted
}

// Profile does what Run does and measures the groups of operations, in their order.
func (p *Plan) Profile(ctx context.Context, ws *Workspace, in, out []float32) ([]GroupProfile, error) {
	ws.prepare(p)
	for _, w := range ws.workers {
		w.spent = make([]time.Duration, p.steps)
	}
	ws.timed = true
	defer func() { ws.timed = false }()
	if err := p.Run(ctx, ws, in, out); err != nil {
		return nil, err
	}
	var groups []GroupProfile
	index := map[string]int{}
	for _, steps := range p.segments {
		for _, s := range steps {
			i, ok := index[s.group]
			if !ok {
				i = len(groups)
				index[s.group] = i
				groups = append(groups, GroupProfile{Name: s.group})
			}
			groups[i].Multiplications += int64(s.h) * int64(s.w) * int64(s.layer.multiplications())
			for _, w := range ws.workers {
				groups[i].Time += w.spent[s.index]
			}
		}
	}
	return groups, nil
}

func (w *worker) timedStep(s *step, strip int) {
	start := time.Now()
	w.step(s, strip)
	w.spent[s.index] += time.Since(start)
}
