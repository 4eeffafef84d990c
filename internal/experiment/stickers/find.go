package stickers

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"iter"
	"math"

	"github.com/disintegration/imaging"

	"bagnet"
	"bagnet/internal/class"
	"bagnet/internal/grid"
	"bagnet/internal/pipeline"
	"bagnet/internal/ranking"
)

// A Sticker is a square part of an image, with the patch in it that speaks most for the
// image's class.
type Sticker struct {
	Picture *image.NRGBA
	Patch   image.Rectangle // in Picture
}

// Stickers are those of each class, strongest first, and the classes' names.
type Stickers struct {
	Classes []class.Class
	Of      [][]Sticker // by class; none for a class without images
}

// A Mapper is a BagNet that finds stickers, such as a bagnet.Model.
type Mapper interface {
	Patches(ctx context.Context, img *bagnet.Image, o *bagnet.PatchOptions) (*bagnet.Patches, error)
}

// Find looks for the n patches of each class that speak most for it, one of an image, in
// the images of that class, as top-patches ranks them; labels has the classes of the
// pictures, in their order. A sticker is the square of side pixels around its patch, or as
// much as the image has. Pictures that cannot be read are left out: measuring reports them.
func Find(ctx context.Context, net Mapper, classes []class.Class, pictures iter.Seq[pipeline.Picture], labels []int, n, side int) (*Stickers, error) {
	lists := make([]*ranking.List, len(classes))
	for i := range lists {
		lists[i] = ranking.NewList(n)
	}
	i := -1
	for p := range pictures {
		if i++; ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if p.Err != nil || labels[i] == class.None {
			continue
		}
		of := bagnet.Class(classes[labels[i]])
		patches, err := net.Patches(ctx, p.Pixels, &bagnet.PatchOptions{Classes: []bagnet.Class{of}})
		if err != nil {
			return nil, fmt.Errorf("looking for stickers in %q: %w", p.Path, err)
		}
		size := p.Pixels.Size()
		m := ranking.Map{Grid: grid.Grid(patches.Grid), Values: patches.Values.Float32s(), Classes: 1, Height: size.Y, Width: size.X}
		for _, cell := range m.Strongest(0, ranking.Selection{PerImage: 1, AtLeast: float32(math.Inf(-1))}) {
			found := &ranking.Patch{Path: p.Path, Cell: cell}
			if lists[labels[i]].Offer(found) {
				square := around(image.Rect(cell.X, cell.Y, cell.X+patches.Patch, cell.Y+patches.Patch), side, size)
				found.Image = imaging.Crop(p.Pixels.Picture(), square)
				found.Outline = image.Rect(0, 0, patches.Patch, patches.Patch).Add(image.Pt(cell.X, cell.Y).Sub(square.Min))
			}
		}
	}
	s := &Stickers{Classes: classes}
	for _, list := range lists {
		var of []Sticker
		for _, p := range list.Patches() {
			of = append(of, Sticker{p.Image, p.Outline})
		}
		s.Of = append(s.Of, of)
	}
	return s, ctx.Err()
}

// around returns the square of so many pixels with the centre of r, moved into an image of
// a size, and cut where that is too small.
func around(r image.Rectangle, side int, size image.Point) image.Rectangle {
	place := func(low, high, pixels int) int { return max(0, min((low+high-side)/2, pixels-side)) }
	at := image.Pt(place(r.Min.X, r.Max.X, size.X), place(r.Min.Y, r.Max.Y, size.Y))
	return image.Rectangle{Min: at, Max: at.Add(image.Pt(side, side))}.Intersect(image.Rectangle{Max: size})
}

// Cut returns the square of so many pixels around the sticker's patch.
func (s Sticker) Cut(side int) *image.NRGBA {
	return imaging.Crop(s.Picture, around(s.Patch, side, s.Picture.Rect.Size()))
}

// Digest stands for all stickers, in ids of runs.
func (s *Stickers) Digest() string {
	h := sha256.New()
	for i, of := range s.Of {
		for _, sticker := range of {
			fmt.Fprintln(h, i, sticker.Patch, sticker.Picture.Rect)
			h.Write(sticker.Picture.Pix)
		}
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// Check refuses a network that numbers its classes otherwise than the stickers do.
func (s *Stickers) Check(model string, classes []class.Class) error {
	matched, err := class.MatchClasses(model, classes, "that found the stickers", s.Classes)
	if err == nil && len(classes) != len(s.Classes) {
		err = fmt.Errorf("model %s has %d classes, the one that found the stickers %d", model, len(classes), len(s.Classes))
	}
	for i := 0; err == nil && i < len(matched); i++ {
		if matched[i] != i {
			err = fmt.Errorf("model %s numbers its classes otherwise than the one that found the stickers", model)
		}
	}
	return err
}
