package inference

import (
	"context"
	"runtime"
	"sync"
	"time"

	"bagnet/internal/engine"
)

// Runners run the forward passes of one model side by side, each on a Runner of
// its own: as many at once as there are CPUs for, with the threads of a pass, when
// NewRunners is called. Further passes wait. Runners are kept for the passes that
// follow, and the one used last is used first: who only ever runs one pass at a
// time has one Runner.
type Runners struct {
	kernel  *engine.Kernel
	threads int
	running chan struct{} // has a value in it for each pass under way

	mu       sync.Mutex // guards what follows
	idle     []*Runner  // the one used last is the last
	releases int        // calls of Release; they are counted
}

// NewRunners returns Runners for the kernel called name ("" means BAGNET_KERNEL
// or the best) whose passes use that many CPUs, all if threads is 0.
func NewRunners(name string, threads int) (*Runners, error) {
	kernel, err := engine.Choose(name)
	if err != nil {
		return nil, err
	}
	return newRunners(kernel, threads), nil
}

func newRunners(kernel *engine.Kernel, threads int) *Runners {
	cpus := runtime.GOMAXPROCS(0)
	if threads < 1 {
		threads = cpus
	}
	return &Runners{kernel: kernel, threads: threads, running: make(chan struct{}, max(1, cpus/threads))}
}

// WithThreads returns Runners for the same kernel whose passes use that many CPUs, as
// NewRunners has it. They share nothing with rs.
func (rs *Runners) WithThreads(threads int) *Runners { return newRunners(rs.kernel, threads) }

// Kernel returns the engine's kernel in use.
func (rs *Runners) Kernel() *engine.Kernel { return rs.kernel }

// Threads returns how many CPUs a pass uses.
func (rs *Runners) Threads() int { return rs.threads }

// Peak measures, for about d, how many floating-point operations a second this
// machine does with the kernel's instructions and the threads of a pass when
// nothing has to be fetched from memory: what no pass can exceed.
func (rs *Runners) Peak(d time.Duration) float64 { return rs.kernel.Peak(rs.threads, d) }

// Do calls pass with a Runner that nobody else uses until pass returns, and
// returns its error. If as many passes as may are under way, it waits for one to
// end, or for ctx to, whose error it returns then. A pass that waits for another
// one of the same Runners may wait for ever.
func (rs *Runners) Do(ctx context.Context, pass func(*Runner) error) error {
	select {
	case rs.running <- struct{}{}:
	default:
		select {
		case rs.running <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	r, returned := rs.take(), false
	defer func() {
		if returned { // a pass that panicked may have left anything in its Runner
			rs.put(r)
		}
		<-rs.running // last, so that who waits finds the Runner
	}()
	err := pass(r)
	returned = true
	return err
}

// take returns the idle Runner used last, or a new one if there is none.
func (rs *Runners) take() *Runner {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	var r *Runner
	if last := len(rs.idle) - 1; last >= 0 {
		r = rs.idle[last]
		rs.idle[last] = nil
		rs.idle = rs.idle[:last]
	} else {
		r = newRunner(rs.kernel, rs.threads)
	}
	r.releases = rs.releases
	return r
}

// put keeps a Runner for the next pass, without its memory if Release was called
// since it was taken.
func (rs *Runners) put(r *Runner) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if r.releases != rs.releases {
		r.release()
	}
	rs.idle = append(rs.idle, r)
}

// Release gives back the memory that is kept for the next passes. It waits for
// nobody, so a pass may call it: passes under way give theirs back when they end.
func (rs *Runners) Release() {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	rs.releases++
	for _, r := range rs.idle {
		r.release()
	}
}
