package engine

import (
	"slices"
	"sort"
)

// A storage is memory for one node, or for several that share it: what is
// joined by a concatenation, and what a sum replaces.
type storage struct {
	channels int
	extent       // without the frame
	pad      int // zeros on every side, for the padded convolutions that read it
	kind     storageKind
	offset   int // of an arena or scratch storage
	index    int // of inputs or outputs: which
	// Of a scratch storage, for each strip of its segment, the first row at hand;
	// and how many there are at most.
	start []int
	rows  int
	// Copies, one for each image of a pass; what is computed of one image before the next has one.
	images int
}

// A storageKind says where a storage lies.
type storageKind int

const (
	scratch  storageKind = iota // each worker's own, rows of one strip
	arena                       // common to all workers, all rows
	onInput                     // an input of the caller's
	onOutput                    // an output of the caller's
)

func (s *storage) rowFloats() int { return (s.w + 2*s.pad) * s.channels }

// floats returns the size of the storage, rounded up to a cache line.
func (s *storage) floats() int { return s.images * s.ofOne() }

// ofOne is the same for one image.
func (s *storage) ofOne() int {
	rows := s.h
	if s.kind == scratch {
		rows = s.rows
	}
	floats := (rows + 2*s.pad) * s.rowFloats()
	if s.kind == onInput || s.kind == onOutput { // memory of the caller's
		return floats
	}
	return (floats + 15) &^ 15
}

// A place is a node's storage and its first channel there.
type place struct{ storage, channel int }

// assignStorages gives every node that is needed its storage, and the storages
// their frames.
func (p *planner) assignStorages() {
	p.places = make([]place, len(p.net.nodes))
	for i := range p.places {
		p.places[i].storage = -1
	}
	// Concatenations first, the last and largest of a chain before its parts.
	for c := Node(len(p.net.nodes) - 1); c >= 0; c-- {
		if p.need[c].h > 0 && len(p.net.nodes[c].parts) > 0 && p.places[c].storage < 0 {
			p.assign(c)
			p.assignParts(c)
		}
	}
	for _, in := range p.net.inputs {
		p.assign(in.node)
	}
	for i := range p.live {
		o := p.op(i)
		switch r := o.residual; {
		case p.places[o.out].storage >= 0:
		case r != none && p.replaceable(r, o, i):
			p.places[o.out] = p.places[r]
		default:
			p.assign(o.out)
		}
	}
	for i := range p.live {
		o := p.op(i)
		s := &p.storages[p.places[o.in].storage]
		s.pad = max(s.pad, margin(o.layer))
	}
}

func (p *planner) assign(c Node) {
	p.storages = append(p.storages, storage{channels: p.net.nodes[c].channels, extent: p.need[c], images: 1})
	p.places[c] = place{storage: len(p.storages) - 1}
}

func (p *planner) assignParts(c Node) {
	at := p.places[c]
	for _, part := range p.net.nodes[c].parts {
		if p.net.isInput(part) || p.places[part].storage >= 0 {
			panic("engine: a node is part of two concatenations, or the input part of one")
		}
		p.places[part] = at
		s := &p.storages[at.storage]
		s.extent = s.extent.max(p.need[part])
		at.channel += p.net.nodes[part].channels
		if len(p.net.nodes[part].parts) > 0 {
			p.assignParts(part)
		}
	}
}

// replaceable reports whether live operation i, o, may write its result over
// its residual r: nobody reads that later, o reads nothing else of it, it has
// nothing to do with concatenations, and no padded convolution will find what
// is left of a larger r where it expects zeros.
func (p *planner) replaceable(r Node, o *op, i int) bool {
	if p.net.isInput(r) || p.net.nodes[r].channels != p.net.nodes[o.out].channels || p.lastRead[r] > i || p.places[r].storage == p.places[o.in].storage || len(p.net.nodes[r].parts) > 0 {
		return false
	}
	s := p.storages[p.places[r].storage]
	return s.channels == p.net.nodes[r].channels && (s.extent == p.need[o.out] || !p.readPadded(o.out))
}

// readPadded reports whether a convolution reads c, or what it is joined to,
// beyond its border.
func (p *planner) readPadded(c Node) bool {
	for i := range p.live {
		o := p.op(i)
		if margin(o.layer) > 0 && p.net.contains(o.in, c) {
			return true
		}
	}
	return false
}

// contains reports whether c is whole or one of its parts.
func (n *Network) contains(whole, c Node) bool {
	if whole == c {
		return true
	}
	for _, p := range n.nodes[whole].parts {
		if n.contains(p, c) {
			return true
		}
	}
	return false
}

// A lifetime is a storage in use from one moment to another, both included.
type lifetime struct {
	*storage
	from, to int
}

// pack places storages so that no two overlap in both time and memory, and
// returns the floats needed: the largest first, each as low as it fits.
func pack(lives []lifetime) int {
	sort.SliceStable(lives, func(i, j int) bool { return lives[i].floats() > lives[j].floats() })
	total := 0
	var placed []lifetime // by offset
	for _, v := range lives {
		size := v.floats()
		v.offset = 0
		for _, o := range placed {
			if o.from <= v.to && v.from <= o.to && v.offset < o.offset+o.floats() && o.offset < v.offset+size {
				v.offset = o.offset + o.floats()
			}
		}
		at := sort.Search(len(placed), func(i int) bool { return placed[i].offset > v.offset })
		placed = slices.Insert(placed, at, v)
		total = max(total, v.offset+size)
	}
	return total
}
