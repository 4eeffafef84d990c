package heatmap

import (
	"errors"
	"fmt"
	"image"
	"math"
)

// A ContactSheet shows the patches that speak most for a class, as figure 3 of
// W. Brendel, M. Bethge, "Approximating CNNs with Bag-of-local-Features models works
// surprisingly well on ImageNet" (ICLR 2019) does.
type ContactSheet struct {
	Title   string       // the class
	Facts   string       // the line under it: model, patch size, what was searched
	Caution string       // the line under that, in small print: what must be known of the evidence; "" for none
	Groups  []PatchGroup // from top to bottom
}

// A PatchGroup is one or more rows of patches under a heading.
type PatchGroup struct {
	Title   string       // "" for none
	Note    string       // in small print under the heading: what the group is; "" for none
	Patches []SheetPatch // strongest first; a group without any says so
}

// A SheetPatch is a patch with what the network and the truth say about it. Images
// are opaque.
type SheetPatch struct {
	Image    *image.NRGBA    // the patch, q x q pixels; all patches of a sheet have the same size
	Evidence float64         // logits; finite
	Label    string          // what the image really is; "" for none
	Context  *image.NRGBA    // the image it is from, of any size; nil for none
	Outline  image.Rectangle // of the patch, in pixels of Context; without Context it is not looked at
}

// Draw draws the sheet. Patches are enlarged by a whole factor, to about 130 pixels,
// every pixel a square of one colour; at most eight stand in a row. Under each are
// the image it is from, if any patch of its row has one, with the patch outlined, then
// its evidence and its label, in two lines at most. Calls may be concurrent.
func (s ContactSheet) Draw() (*image.NRGBA, error) {
	d, err := s.Layout()
	if err != nil {
		return nil, err
	}
	return d.Image()
}

// Layout lays out what Draw draws.
func (s ContactSheet) Layout() (*Drawing, error) {
	if err := s.check(); err != nil {
		return nil, fmt.Errorf("drawing contact sheet: %w", err)
	}
	l := s.layout()
	return &Drawing{Size: l.size, Em: l.em, what: "contact sheet", fewer: "show fewer patches", paint: l.draw}, nil
}

func (s ContactSheet) check() error {
	if len(s.Groups) == 0 {
		return errors.New("there are no groups")
	}
	side := s.side()
	for i, g := range s.Groups {
		for j, p := range g.Patches {
			if err := p.check(side); err != nil {
				return fmt.Errorf("patch %d of group %d: %w", j+1, i+1, err)
			}
		}
	}
	return nil
}

// side returns the width of the first patch in pixels, 0 if there is none.
func (s ContactSheet) side() int {
	for _, g := range s.Groups {
		if len(g.Patches) > 0 && g.Patches[0].Image != nil {
			return g.Patches[0].Image.Rect.Dx()
		}
	}
	return 0
}

// check says what is wrong with a patch, which should have side x side pixels.
func (p SheetPatch) check(side int) error {
	switch {
	case p.Image == nil || p.Image.Rect.Empty():
		return errors.New("there is no image")
	case p.Image.Rect.Dx() != p.Image.Rect.Dy():
		return fmt.Errorf("%d x %d pixels are no square", p.Image.Rect.Dx(), p.Image.Rect.Dy())
	case p.Image.Rect.Dx() != side:
		return fmt.Errorf("%d x %[1]d pixels, but the first patch has %d x %[2]d", p.Image.Rect.Dx(), side)
	case !p.Image.Opaque():
		return errors.New("the patch is not opaque")
	case math.IsNaN(p.Evidence) || math.IsInf(p.Evidence, 0):
		return fmt.Errorf("evidence %v is no finite number", p.Evidence)
	case p.Context == nil:
		return nil
	case p.Context.Rect.Empty():
		return errors.New("the image it is from has no pixels")
	case !p.Context.Opaque():
		return errors.New("the image it is from is not opaque")
	case p.Outline.Empty() || !p.Outline.In(p.Context.Rect):
		return fmt.Errorf("its outline %v is not within the image it is from, %v", p.Outline, p.Context.Rect)
	}
	return nil
}
