package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// patience is how long a worker that waits for others stays awake. Waking a
// sleeping thread takes about as long: 50 to 150 microseconds were measured.
const patience = 200 * time.Microsecond

// A barrier is where workers wait for each other, again and again.
type barrier struct {
	workers int
	awake   bool // whether there is a CPU for everyone who waits
	arrived atomic.Int32
	round   atomic.Int64
	mu      sync.Mutex
	asleep  *sync.Cond
}

// prepare sets how many workers meet; none of them may be under way.
func (b *barrier) prepare(workers int) {
	b.workers, b.awake = workers, workers <= runtime.GOMAXPROCS(0)
	if b.asleep == nil {
		b.asleep = sync.NewCond(&b.mu)
	}
}

// meet returns when all workers have called it. The last to come runs last
// before any of them goes on.
func (b *barrier) meet(last func()) {
	// Once this worker has arrived, the others may meet and another pass begin.
	round, workers, awake := b.round.Load(), b.workers, b.awake
	if int(b.arrived.Add(1)) == workers {
		b.arrived.Store(0)
		last()
		b.mu.Lock()
		b.round.Add(1)
		b.mu.Unlock()
		b.asleep.Broadcast()
		return
	}
	for start := time.Now(); awake && time.Since(start) < patience; {
		for range 100 {
			if b.round.Load() != round {
				return
			}
		}
	}
	b.mu.Lock()
	for b.round.Load() == round {
		b.asleep.Wait()
	}
	b.mu.Unlock()
}
