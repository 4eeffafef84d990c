package engine

import (
	"context"
	"sync"
	"sync/atomic"
)

// parallel calls work(unit) for every unit below units, at most threads at a
// time, handing units out from a common counter. It returns when all have run,
// or ctx's error once it is cancelled and the running units have ended: no
// goroutine outlives the call. newWorker makes the function of one worker, so
// that each can own its operands.
func parallel(ctx context.Context, threads, units int, newWorker func() func(unit int)) error {
	var next atomic.Int64
	loop := func() {
		work := newWorker()
		for ctx.Err() == nil {
			u := int(next.Add(1)) - 1
			if u >= units {
				return
			}
			work(u)
		}
	}
	var wg sync.WaitGroup
	for range min(threads, units) - 1 {
		wg.Go(loop)
	}
	loop()
	wg.Wait()
	return ctx.Err()
}
