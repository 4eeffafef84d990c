package ranking

import (
	"cmp"
	"image"
	"math"
	"slices"
)

// A Patch is a patch of an image among many.
type Patch struct {
	Path string // of the image
	Cell
	Truth     int // the image's true class, -1 if not known
	Predicted int // what the image was taken for

	Image   *image.NRGBA    // the patch's pixels, if they are to be shown
	Context *image.NRGBA    // the image, perhaps reduced, or nil
	Outline image.Rectangle // of the patch in Context
}

// before orders patches: more evidence first, then by path, then by position.
func before(a, b *Patch) int {
	return cmp.Or(cmp.Compare(b.Evidence, a.Evidence), cmp.Compare(a.Path, b.Path), a.Cell.before(b.Cell))
}

// A List keeps the n strongest of the patches it is offered, whatever the order
// they come in. A patch that is offered again counts once.
type List struct {
	n       int
	patches []*Patch // strongest first
}

// NewList returns an empty list for n patches, at least 1.
func NewList(n int) *List { return &List{n: n} }

// AtLeast returns the evidence below which patches are not taken.
func (l *List) AtLeast() float32 {
	if len(l.patches) < l.n {
		return float32(math.Inf(-1))
	}
	return l.patches[l.n-1].Evidence
}

// Offer reports whether the list takes p, of which the caller may set the
// pictures then. It may push out a weaker one.
func (l *List) Offer(p *Patch) bool {
	at, there := slices.BinarySearchFunc(l.patches, p, before)
	if there || at == l.n {
		return false
	}
	if len(l.patches) == l.n {
		l.patches = l.patches[:l.n-1]
	}
	l.patches = slices.Insert(l.patches, at, p)
	return true
}

// Patches returns what the list holds, strongest first.
func (l *List) Patches() []*Patch { return l.patches }
