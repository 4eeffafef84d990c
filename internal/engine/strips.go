package engine

// Sizes of a worker's caches that strips are cut for. The second level of
// today's CPUs has 512 KB to 2 MB a core; of the third, shared one a worker can
// count on a few MB.
const (
	secondLevel = 1 << 20
	thirdLevel  = 8 << 20
)

// strips returns into how many strips s is cut: the multiple of the threads
// that fetches the fewest bytes from beyond the second-level cache. Every strip
// fetches all weights; if it is too large for the cache, it also writes its
// activations, and reads the residuals, beyond it.
func (p *planner) strips(s *segment) int {
	rows := p.height(p.op(s.last))
	var weights, traffic, working float64 // bytes
	counted := map[int]bool{}
	for i := s.first; i <= s.last; i++ {
		o := p.op(i)
		if c, ok := o.layer.(*Conv); ok {
			weights += 4 * float64(len(c.panels))
		}
		out := 4 * float64(p.height(o)) * float64(p.width(o)) * float64(o.layer.shape().Out)
		traffic += out
		if o.residual != none {
			traffic += out
		}
		if at := p.places[o.out].storage; !counted[at] {
			counted[at] = true
			working += out
		}
	}
	best, least := min(rows, p.threads), 0.0
	for n := p.threads; n <= rows; n += p.threads {
		set := working / float64(n)
		cost := float64(n)*weights + traffic*(beyond(set, secondLevel)+2*beyond(set, thirdLevel))
		if n == p.threads || cost < least {
			best, least = n, cost
		}
	}
	return best
}

// beyond returns how much of a working set, as a share, a cache of the given
// size does not keep: none up to half the cache, all from the whole.
func beyond(set, cache float64) float64 {
	return min(1, max(0, 2*set/cache-1))
}
