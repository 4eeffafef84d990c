package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// A GroupProfile is what one group of operations costs in a pass.
type GroupProfile struct {
	Name            string
	Multiplications int64         // multiply-adds done, in rows where strips overlap by each
	Time            time.Duration // of all threads together, waiting not counted
}

// Peak measures the floating-point operations a second that threads CPUs reach
// together with the kernel's instructions on registers alone, for about d.
func (k *Kernel) Peak(threads int, d time.Duration) float64 {
	const rounds = 20000
	var done atomic.Int64
	var wait sync.WaitGroup
	start := time.Now()
	for range threads {
		wait.Go(func() {
			for time.Since(start) < d {
				k.peak(rounds)
				done.Add(rounds)
			}
		})
	}
	wait.Wait()
	return float64(done.Load()) * float64(k.flop) / time.Since(start).Seconds()
}

// Profile does what Run does and measures the groups of operations, in their order.
func (p *Plan) Profile(ctx context.Context, ws *Workspace, in []float32, outs ...[]float32) ([]GroupProfile, error) {
	ws.prepare(p)
	for _, w := range ws.workers {
		w.spent = make([]time.Duration, p.steps)
	}
	ws.timed = true
	defer func() { ws.timed = false }()
	if err := p.Run(ctx, ws, in, outs...); err != nil {
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
			groups[i].Multiplications += s.multiplications()
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

// multiplications returns the multiply-adds of a step in all its strips.
func (s *step) multiplications() int64 {
	rows := 0
	for _, r := range s.rows {
		rows += max(0, r.b-r.a)
	}
	if s.byPanels {
		rows = s.h
	}
	return int64(rows) * int64(s.w) * int64(s.layer.multiplications())
}
