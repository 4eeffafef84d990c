package ranking

import (
	"image"

	"github.com/disintegration/imaging"
)

// The groups in which patches are ranked, by what is known of their image's true class.
const (
	Correct    = iota // it is the class
	Distractor        // it is another
	Unknown           // it is not known
	Groups
)

// GroupNames are what the groups are called.
var GroupNames = [Groups]string{"correct", "distractor", "all"}

// GroupOf returns the group of a class's patches in an image of the class truth, which is
// -1 if that is not known.
func GroupOf(truth, class int) int {
	switch truth {
	case -1:
		return Unknown
	case class:
		return Correct
	}
	return Distractor
}

// Lists are the best patches of a class in each group.
type Lists [Groups]*List

// A Collection ranks the patches of many images for some classes.
type Collection struct {
	N         int  // patches of each class and group
	Selection      // of each image; AtLeast does not count
	Pictures  bool // keep the patches' pixels
	Context   bool // and their images, reduced
	Record    bool // what images have given, too
	Mistakes  bool // of other classes' images, those alone that were taken for the class

	Classes []int       // by index, set by Begin
	Lists   []Lists     // of Classes
	Images  int         // that were added
	OfEach  map[int]int // images by true class
}

// Begin makes the lists of some classes, known by their indices.
func (c *Collection) Begin(classes []int) {
	c.Classes, c.Lists, c.OfEach = classes, make([]Lists, len(classes)), map[int]int{}
	for i := range c.Lists {
		for g := range c.Lists[i] {
			c.Lists[i][g] = NewList(c.N)
		}
	}
}

// Add ranks the patches of the image at path, whose true class is truth, -1 if that is not
// known, and which was taken for the class predicted. m has evidence for Classes, in their
// order; patches are cut out of picture. It returns what the lists took, if Record is set.
func (c *Collection) Add(path string, m Map, picture *image.NRGBA, truth, predicted int) (*Found, error) {
	c.Images++
	var took []taken
	c.OfEach[truth]++
	shown := pictureOnce{picture: picture, size: m.Patch, wanted: c.Pictures, context: c.Context}
	most := m.Most()
	for i, class := range c.Classes {
		if !c.wanted(truth, predicted, class) {
			continue
		}
		list := c.Lists[i][GroupOf(truth, class)]
		if most[i] < list.AtLeast() {
			continue
		}
		selection := Selection{PerImage: min(c.PerImage, c.N), Overlap: c.Overlap, AtLeast: list.AtLeast()}
		for _, cell := range m.Strongest(i, selection) {
			patch := &Patch{Path: path, Cell: cell, Truth: truth, Predicted: predicted}
			if list.Offer(patch) {
				shown.show(patch)
				took = append(took, taken{class, patch})
			}
		}
	}
	if !c.Record {
		return nil, nil
	}
	return found(took, truth, predicted)
}

// wanted reports whether the patches of an image of the class truth, which was taken for the
// class predicted, are ranked for a class.
func (c *Collection) wanted(truth, predicted, class int) bool {
	return !c.Mistakes || GroupOf(truth, class) != Distractor || predicted == class
}

// Thumbnail bounds the sides of the images that a sheet shows patches in, pixels.
const Thumbnail = 264

// pictureOnce cuts the patches that are shown out of a picture, which it reduces
// at most once.
type pictureOnce struct {
	picture *image.NRGBA
	size    int // of a patch
	wanted  bool
	context bool
	reduced *image.NRGBA
}

// show gives p its pictures.
func (o *pictureOnce) show(p *Patch) {
	if !o.wanted {
		return
	}
	patch := image.Rect(p.X, p.Y, p.X+o.size, p.Y+o.size)
	p.Image = imaging.Crop(o.picture, patch)
	if !o.context {
		return
	}
	if o.reduced == nil {
		o.reduced = imaging.Fit(o.picture, Thumbnail, Thumbnail, imaging.Box)
	}
	from, to := o.picture.Rect.Size(), o.reduced.Rect.Size()
	p.Context = o.reduced
	p.Outline.Min.X, p.Outline.Max.X = scaled(patch.Min.X, patch.Max.X, from.X, to.X)
	p.Outline.Min.Y, p.Outline.Max.Y = scaled(patch.Min.Y, patch.Max.Y, from.Y, to.Y)
}

// scaled returns where a range of pixels, one or more among from, lies among to
// pixels: at least one of them.
func scaled(a, b, from, to int) (int, int) {
	a = min((2*a*to+from)/(2*from), to-1)
	return a, max((2*b*to+from)/(2*from), a+1)
}
