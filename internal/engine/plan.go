package engine

import (
	"math"
	"slices"
)

// A Plan is how a Network computes some of its nodes for one size of input on a
// number of threads: which rows and columns of what, in which order, in which
// memory. It is read-only and may be used concurrently.
type Plan struct {
	net      *Network
	ins      []output
	outs     []output
	storages []storage
	segments [][]step
	strips   []int // of each segment
	threads  int
	steps    int // of all segments
	images   int // that a pass can have
	together int // the first segment that is computed for all images before the next one

	arenaFloats, scratchFloats, sumFloats int
	transformFloats                       int // of each worker
}

// An output is a node that the caller wants, or gives.
type output struct {
	extent
	channels int
	place
}

func (o output) floats() int { return o.h * o.w * o.channels }

// A step is one operation of a segment.
type step struct {
	op
	index        int       // among all steps
	together     bool      // for all images, one after the other or at once
	byPanels     bool      // strips are of output channels
	rows         []span    // of each strip
	h, w         int       // of the output, as far as it is computed; of a mean's input
	inH, inW     int       // input to compute them from
	blocks       [][]block // of a convolution, of each part that it is computed in
	sums         int       // of a mean: where its rows' sums begin
	to, from     place
	residualFrom place
	withFrom     []place
}

// A planner is a Plan being made.
type planner struct {
	sizes
	net      *Network
	outs     []Node
	threads  int
	places   []place // of each node
	storages []storage
	use      []use // of each storage
	lastRead []int // of each node: the last live operation that reads it
	segments []segment
	images   int
	together int // the first live operation that is done for all images before the next one
}

// use is the span of live operations, by position, that write or read a storage.
type use struct{ from, to int }

func (p *planner) op(i int) *op { return &p.net.ops[p.live[i]] }

// Plan prepares the computation of outs for inputs of h x w pixels on threads CPUs.
func (n *Network) Plan(h, w, threads int, outs ...Node) (*Plan, error) {
	return n.PlanBatch(h, w, threads, 1, outs...)
}

// newPlanner decides what to compute and what shares memory.
func newPlanner(n *Network, input extent, threads, images int, outs []Node) (*planner, error) {
	n = n.thin(outs)
	whole, err := n.forwards(input, outs)
	if err != nil {
		return nil, err
	}
	n.quicken(whole.have)
	s, err := n.size(input, outs)
	if err != nil {
		return nil, err
	}
	n.transformWeights(s, threads)
	p := &planner{sizes: s, net: n, outs: outs, threads: threads, images: images}
	p.together = p.firstTogether()
	p.findLastReads()
	p.assignStorages()
	p.findUses()
	return p, nil
}

// plan places everything in memory once the operations are divided.
func (p *planner) plan() *Plan {
	plan := &Plan{net: p.net, threads: p.threads, steps: len(p.live), images: p.images, together: p.segmentOf(p.together)}
	if p.together == len(p.live) {
		plan.together = len(p.segments)
	}
	for _, in := range p.net.inputs {
		plan.ins = append(plan.ins, output{p.have[in.node], p.net.nodes[in.node].channels, p.places[in.node]})
	}
	for _, out := range p.outs {
		plan.outs = append(plan.outs, output{p.have[out], p.net.nodes[out].channels, p.places[out]})
	}
	p.placeStorages(plan)
	p.makeSteps(plan)
	return plan
}

// Size returns height, width and channels of output i.
func (p *Plan) Size(i int) (h, w, channels int) {
	o := p.outs[i]
	return o.h, o.w, o.channels
}

// Bytes returns the memory that passes need, outputs of all images counted, weights and input not.
func (p *Plan) Bytes() int {
	floats := p.arenaFloats + p.threads*(p.scratchFloats+p.transformFloats) + 2*p.images*p.sumFloats
	for _, o := range p.outs {
		floats += p.images * o.floats()
	}
	return 4 * floats
}

func (p *planner) findLastReads() {
	p.lastRead = make([]int, len(p.net.nodes))
	var read func(c Node, i int)
	read = func(c Node, i int) {
		p.lastRead[c] = max(p.lastRead[c], i)
		for _, part := range p.net.nodes[c].parts {
			read(part, i)
		}
	}
	for i := range p.live {
		for _, r := range p.op(i).reads() {
			read(r, i)
		}
	}
	for _, out := range p.outs {
		read(out, math.MaxInt)
	}
}

func (p *planner) findUses() {
	p.use = make([]use, len(p.storages))
	for i := range p.use {
		p.use[i].from = math.MaxInt
	}
	touch := func(c Node, i int) {
		u := &p.use[p.places[c].storage]
		u.from, u.to = min(u.from, i), max(u.to, i)
	}
	for _, in := range p.net.inputs {
		touch(in.node, -1)
	}
	for i := range p.live {
		for _, r := range p.op(i).reads() {
			touch(r, i)
		}
		touch(p.op(i).out, i)
	}
	for _, out := range p.outs {
		touch(out, math.MaxInt)
	}
}

// placeStorages decides where every storage lies.
func (p *planner) placeStorages(plan *Plan) {
	var shared []lifetime
	last := len(p.segments) - 1
	for i := range p.storages {
		s := &p.storages[i]
		from, to := p.segmentOf(p.use[i].from), p.segmentOf(p.use[i].to)
		if p.images > 1 && p.use[i].to >= p.together { // kept of each image while the others are computed
			s.images = p.images
			if p.use[i].from < p.together {
				from = 0
			}
		}
		switch {
		case p.use[i].to != math.MaxInt && plan.isInput(i, s):
		case plan.isOutput(i, s):
		case from == to && p.use[i].from >= 0 && p.use[i].to < math.MaxInt:
			continue // scratch
		default:
			s.kind = arena
			shared = append(shared, lifetime{s, from, min(to, last)})
		}
	}
	plan.arenaFloats = pack(shared)
	for i := range p.segments {
		plan.scratchFloats = max(plan.scratchFloats, p.placeScratch(&p.segments[i]))
	}
	plan.storages = p.storages
}

// isInput lets storage i be what the caller gives, if it is an input's and has no frame.
func (p *Plan) isInput(i int, s *storage) bool {
	k := slices.IndexFunc(p.ins, func(in output) bool { return in.storage == i })
	if k < 0 || s.pad > 0 {
		return false
	}
	s.kind, s.extent, s.index, s.images = onInput, p.ins[k].extent, k, p.images
	return true
}

// isOutput lays storage i where the caller wants an output, if it is nothing else.
func (p *Plan) isOutput(i int, s *storage) bool {
	for k, o := range p.outs {
		if o.storage == i && s.pad == 0 && s.extent == o.extent && s.channels == o.channels {
			s.kind, s.index, s.images = onOutput, k, p.images
			return true
		}
	}
	return false
}

// segmentOf returns the segment of live operation i; for what lies before and
// behind all operations, the first and the last.
func (p *planner) segmentOf(i int) int {
	for s := range p.segments {
		if i <= p.segments[s].last {
			return s
		}
	}
	return len(p.segments) - 1
}

// placeScratch places the storages that only s uses and returns their floats.
func (p *planner) placeScratch(s *segment) int {
	var lives []lifetime
	for i := range p.storages {
		st := &p.storages[i]
		if st.kind != scratch || p.use[i].from < s.first || p.use[i].to > s.last {
			continue
		}
		p.scratchRows(i, s)
		lives = append(lives, lifetime{st, p.use[i].from, p.use[i].to})
	}
	return pack(lives)
}

// scratchRows finds which rows of scratch storage i each strip of s holds.
func (p *planner) scratchRows(i int, s *segment) {
	st := &p.storages[i]
	st.start = make([]int, s.strips)
	for strip := range s.strips {
		var held span
		for k := s.first; k <= s.last; k++ {
			rows := s.rows[k-s.first][strip]
			if p.places[p.op(k).out].storage == i && rows.a < rows.b {
				held = held.union(rows)
			}
		}
		st.start[strip] = held.a
		st.rows = max(st.rows, held.b-held.a)
	}
}

func (p *planner) makeSteps(plan *Plan) {
	for _, s := range p.segments {
		var steps []step
		for i := s.first; i <= s.last; i++ {
			o := p.op(i)
			st := step{op: *o, index: i, together: i >= p.together, byPanels: s.byPanels, rows: s.rows[i-s.first], h: p.height(o), w: p.width(o), inH: p.need[o.in].h, inW: p.need[o.in].w,
				to: p.places[o.out], from: p.places[o.in]}
			if o.residual != none {
				st.residualFrom = p.places[o.residual]
			}
			for _, c := range o.with {
				st.withFrom = append(st.withFrom, p.places[c])
			}
			in := &p.storages[st.from.storage]
			for _, c := range convolutions(o.layer) {
				st.blocks = append(st.blocks, newBlocks(c, view{row: in.rowFloats(), pixel: in.channels}))
			}
			if w, ok := o.layer.(winograd); ok {
				plan.transformFloats = max(plan.transformFloats, w.scratch())
			}
			if m, ok := o.layer.(mean); ok {
				st.sums = plan.sumFloats
				plan.sumFloats += st.inH * m.In
			}
			steps = append(steps, st)
		}
		plan.segments = append(plan.segments, steps)
		plan.strips = append(plan.strips, s.strips)
	}
}
