package engine

import "math"

// The model of cost that segments and strips are chosen by. Its unit is the
// byte fetched from beyond the second-level cache; its constants are rough and
// the same on every machine, so that plans are too.
const (
	// Caches of a worker. The second level of today's CPUs has 512 KB to 2 MB a
	// core; of the third, shared one a worker can count on a few MB.
	secondLevel = 1 << 20
	thirdLevel  = 8 << 20
	// multiplication is what a multiply-add costs: about 50 GB/s were measured
	// against 125 G/s.
	multiplication = 0.4
	// meeting is what it costs that workers end a segment and begin another.
	meeting = 1 << 20
)

// estimate chooses the strips of s and returns about what it costs; infinitely
// much if its operations cannot be one segment.
func (p *planner) estimate(s *segment) float64 {
	rows := p.height(p.op(s.last))
	overlap, ok := p.overlap(s)
	if !ok {
		return math.Inf(1)
	}
	b := p.budget(s)
	least := math.Inf(1)
	consider := func(n int) {
		set := b.working / float64(n)
		cost := float64(n)*b.weights + b.traffic*(beyond(set, secondLevel)+2*beyond(set, thirdLevel)) +
			multiplication*(b.work*waiting(rows, n, p.threads)+overlap*float64(n-1))
		if cost < least {
			least, s.strips, s.extra = cost, n, overlap*float64(n-1)
		}
	}
	if rows < p.threads {
		consider(rows)
	}
	for n := p.threads; n <= rows; n += max(p.threads, n/8/p.threads*p.threads) {
		consider(n)
	}
	if cost, n := p.byPanels(s, b); cost < least {
		least, s.strips, s.byPanels, s.extra = cost, n, true, 0
	}
	return least + b.common + meeting
}

// byPanels returns what s costs in strips of output channels, and how many
// strips: every weight is fetched once, but all of the input by every worker,
// and for each panel again where the cache does not keep it.
func (p *planner) byPanels(s *segment, b budget) (cost float64, strips int) {
	o := p.op(s.first)
	if s.first != s.last || panelsOf(o.layer) == 0 {
		return math.Inf(1), 0
	}
	panels, in := panelsOf(o.layer), p.bytes(o.in)*p.atOnce(s)
	strips = min(panels, 4*p.threads)
	if _, ok := o.layer.(winograd); ok { // each strip transforms the input
		strips = min(panels, p.threads)
	}
	return b.weights + in*float64(min(strips, p.threads)-1) + float64(panels)*in*beyond(in, secondLevel) +
		multiplication*b.work*waiting(panels, strips, p.threads), strips
}

// overlap returns the multiply-adds that s would spend twice where two strips
// meet, and whether it can be cut at all.
func (p *planner) overlap(s *segment) (work float64, ok bool) {
	if s.first == s.last {
		return 0, true
	}
	half := segment{first: s.first, last: s.last, strips: 2, unit: s.unit}
	if !p.partition(&half) {
		return 0, false
	}
	return p.extra(&half), true
}

// A budget is what a segment does, in bytes and multiply-adds.
type budget struct {
	weights float64 // fetched for every strip
	common  float64 // read from other segments and written for them
	traffic float64 // read and written between operations
	working float64 // in use at one time, by all strips together
	work    float64
}

func (p *planner) budget(s *segment) budget {
	var b budget
	shared := p.shared(s)
	for i := s.first; i <= s.last; i++ {
		o := p.op(i)
		b.weights += 4 * float64(weights(o.layer))
		out := p.bytes(o.out)
		b.traffic += out
		b.work += p.work(o, p.height(o))
		if shared[p.places[o.out].storage] > 0 && p.lastRead[o.out] > s.last {
			b.common += out
		}
		if o.residual != none {
			b.traffic += out
		}
		for _, c := range append(o.with, o.in) {
			if !p.within(s, c) {
				b.common += p.bytes(c)
			}
		}
		b.working = max(b.working, p.alive(s, i))
	}
	n := p.atOnce(s)
	return budget{b.weights, n * b.common, n * b.traffic, n * b.working, n * b.work}
}

// atOnce returns the images that s is computed for at once.
func (p *planner) atOnce(s *segment) float64 {
	if s.first >= p.together {
		return float64(p.images)
	}
	return 1
}

// bytes returns the size of what is needed of a node.
func (p *planner) bytes(c Node) float64 {
	return 4 * float64(p.need[c].h) * float64(p.need[c].w) * float64(p.net.nodes[c].channels)
}

// within reports whether s begins to write the storage of c.
func (p *planner) within(s *segment, c Node) bool {
	from := p.use[p.places[c].storage].from
	return from >= s.first && from <= s.last
}

// alive returns the bytes that s has computed and still uses, or computes on,
// at operation i.
func (p *planner) alive(s *segment, i int) float64 {
	total := 0.0
	for k := s.first; k <= s.last; k++ {
		o := p.op(k)
		if u := p.use[p.places[o.out].storage]; max(u.from, s.first) == k && u.to >= i && k <= i {
			total += p.bytes(o.out)
		}
	}
	return total
}

// beyond returns how much of a working set, as a share, a cache of the given
// size does not keep: none that it can hold, all from twice its size.
func beyond(set, cache float64) float64 {
	return min(1, max(0, set/cache-1))
}

// waiting returns the share of all workers' time that they wait at the end when
// rows are computed in n strips, each by the first worker to be free.
func waiting(rows, n, threads int) float64 {
	if n >= 8*threads {
		return 0.5 * float64(threads-1) / float64(n) // half a strip each, but for the last
	}
	strip := float64((rows + n - 1) / n) // the largest
	even := float64(rows) / float64(threads)
	last := min(strip*float64((n+threads-1)/threads), even+strip*float64(threads-1)/float64(threads))
	return last/even - 1
}

// panelsOf returns the panels of a convolution, 0 for other layers.
func panelsOf(l layer) int {
	switch l := l.(type) {
	case *Conv:
		return l.panelCount()
	case winograd:
		return l.panelCount()
	}
	return 0
}
