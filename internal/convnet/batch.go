package convnet

import (
	"context"
	"errors"
	"sync"
	"time"

	"bagnet/internal/engine"
	"bagnet/internal/inference"
)

const (
	// most is how many images a pass takes at a time: weights are then a small part of it.
	most = 8
	// beyondCaches are bytes that no cache keeps from one pass to the next.
	beyondCaches = 8 << 20
	// lingering bounds how long a pass waits for more images, where several came before: meanwhile
	// they are decoded.
	lingering = 30 * time.Millisecond
)

// A request is an image that a pass is wanted for.
type request struct {
	img    inference.Pixels
	h, w   int
	logits []float32
	err    error
	taken  context.CancelFunc // ends its wait for a pass of its own
	done   chan struct{}      // closed when a pass that took it has ended
}

// A queue is requests that passes may share.
type queue struct {
	mu         sync.Mutex
	waiting    []*request
	worthwhile int // bytes of weights that a pass is shared for
	expected   int // requests that are likely to come at about the same time: as many as the last pass had, or almost so many as one before it

	batches map[[2]int]int // of sizes: what Batch says
}

func newQueue() *queue { return &queue{worthwhile: beyondCaches, batches: map[[2]int]int{}} }

func (q *queue) add(r *request) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting = append(q.waiting, r)
}

// drop takes r back, and reports false if a pass has it.
func (q *queue) drop(r *request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i, w := range q.waiting {
		if w == r {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return true
		}
	}
	return false
}

// take returns r and others of its size, the first to come first; nil if a pass has r.
func (q *queue) take(r *request) []*request {
	for start := time.Now(); q.fewer() && time.Since(start) < lingering; {
		time.Sleep(lingering / 100)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	var batch, rest []*request
	found := false
	for _, w := range q.waiting {
		switch {
		case w == r:
			batch, found = append(batch, w), true
		case w.h == r.h && w.w == r.w && (len(batch) < most-1 || found && len(batch) < most):
			batch = append(batch, w)
		default:
			rest = append(rest, w)
		}
	}
	if !found {
		return nil
	}
	q.waiting, q.expected = rest, max(len(batch), q.expected-1)
	for _, w := range batch {
		w.taken()
	}
	return batch
}

// fewer reports whether more requests are likely to come at once.
func (q *queue) fewer() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.waiting) < q.expected
}

// Batch returns how many images of h x w pixels a pass takes at a time, if as many calls of
// Classify wait for one: those share the fetching of weights where that takes longer than
// multiplying. It is 1 if that is nowhere so.
func (n *Network) Batch(h, w int) int {
	n.queue.mu.Lock()
	defer n.queue.mu.Unlock()
	size := [2]int{h, w}
	batch, ok := n.queue.batches[size]
	if !ok {
		batch = 1
		p, err := n.net.PlanBatch(h, w, n.Threads(), most, n.logits)
		if err == nil && p.SharedWeights() >= n.queue.worthwhile && int64(p.Bytes())+most*inputBytes(h, w) <= maxBytes {
			batch = most
		}
		if len(n.queue.batches) > 100 {
			clear(n.queue.batches)
		}
		n.queue.batches[size] = batch
	}
	return batch
}

// share is Classify by a pass that may have other images too. Bits do not depend on that.
func (n *Network) share(ctx context.Context, img inference.Pixels) ([]float32, error) {
	h, w := img.Size()
	waiting, taken := context.WithCancel(ctx)
	defer taken()
	r := &request{img: img, h: h, w: w, taken: taken, done: make(chan struct{})}
	n.queue.add(r)
	err := n.lead(waiting, ctx, r)
	if n.queue.drop(r) {
		return nil, err // ctx ended before a pass began
	}
	<-r.done
	if r.err != nil && ctx.Err() == nil { // perhaps another image's fault, or whoever asked for the pass gave it up
		return n.alone(ctx, img)
	}
	return r.logits, r.err
}

// lead waits for a pass for r and those that wait beside it, until waiting ends.
func (n *Network) lead(waiting, ctx context.Context, r *request) (err error) {
	defer func() {
		if recover() != nil { // r goes on alone
			err = errPanic
		}
	}()
	return n.do(waiting, func(p pass) error {
		if batch := n.queue.take(r); batch != nil {
			p.together(ctx, batch)
		}
		return nil
	})
}

// errPanic is what is said of images whose pass ended in a panic.
var errPanic = errors.New("running the network: a pass with several images panicked")

// together classifies the images of requests of one size.
func (n pass) together(ctx context.Context, batch []*request) {
	finish := func(err error) {
		for _, r := range batch {
			r.err = err
			close(r.done)
		}
	}
	returned := false
	defer func() {
		if !returned {
			finish(errPanic)
		}
	}()
	classes := n.architecture.Classes
	logits := make([]float32, len(batch)*classes)
	var err error
	if len(batch) == 1 {
		logits, err = n.classify(ctx, batch[0].img)
	} else {
		g := n.runner.BatchGraph("batch", most, func() (*engine.Network, []engine.Node) { return n.net, []engine.Node{n.logits} })
		imgs := make([]inference.Pixels, len(batch))
		for i, r := range batch {
			imgs[i] = r.img
		}
		err = n.runner.RunBatch(ctx, g, imgs, logits)
	}
	returned = true
	if err == nil {
		for i, r := range batch {
			r.logits = logits[i*classes : (i+1)*classes : (i+1)*classes]
		}
	}
	finish(err)
}
