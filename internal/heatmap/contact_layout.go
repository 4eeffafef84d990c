package heatmap

import (
	"image"
	"image/color"
	"slices"
	"strings"

	"github.com/disintegration/imaging"
)

const (
	patchSize = 130 // pixels: patches are enlarged to about as many
	mostInRow = 8
	cellEm    = 7.4 // ems to a patch: a full row printed 17 cm wide has text of 7 points
)

// A contactLayout is the plan of a contact sheet, in pixels. Its parts do not
// overlap, but for the lines of frames and outlines.
type contactLayout struct {
	typography
	zoom  int // of patches
	texts []placedText
	rules []image.Rectangle // above groups, but the first
	cells []sheetCell
	size  image.Point
}

type placedText struct {
	paragraph
	at image.Point
}

// A sheetCell is a patch in its place.
type sheetCell struct {
	SheetPatch
	patch   image.Rectangle
	context image.Rectangle // empty if there is none
	outline image.Rectangle // of the patch, in context
}

// layout lays out a sheet that check found nothing wrong with.
func (s ContactSheet) layout() contactLayout {
	zoom, side := 1, s.side()
	cell := patchSize
	if side > 0 {
		zoom = max(1, (patchSize+side/2)/side)
		cell = zoom * side
	}
	l := contactLayout{typography: newTypography(float64(cell) / cellEm), zoom: zoom}
	margin, gap := l.px(1.5), l.px(0.7)

	most := 1
	for _, g := range s.Groups {
		most = max(most, len(g.Patches))
	}
	rows := (most + mostInRow - 1) / mostInRow
	columns := (most + rows - 1) / rows // even rows rather than full ones
	width := max(columns*(cell+gap)-gap, l.px(narrowest))
	l.size = image.Pt(width+2*margin, l.px(1.2))

	var heading paragraph
	heading.add(l.title, s.Title, width, 2)
	heading.add(l.body, s.Facts, width, 3)
	heading.add(l.small, s.Caution, width, 3)
	heading.add(l.small, s.key(), width, 2)
	l.write(heading, margin)
	for i, g := range s.Groups {
		if i > 0 {
			l.size.Y += l.px(0.7)
			l.rules = append(l.rules, image.Rect(margin, l.size.Y, margin+width, l.size.Y+l.hairline()))
		}
		l.size.Y += l.px(0.7)
		var heading paragraph
		heading.add(newLettering(bold(), l.em, black), g.Title, width, 2)
		heading.add(l.small, g.Note, width, 2)
		if len(g.Patches) == 0 {
			heading.add(l.body, "none", width, 1)
		}
		l.write(heading, margin)
		for row := range slices.Chunk(g.Patches, columns) {
			l.size.Y += l.px(0.5)
			l.addRow(row, margin, cell, gap)
		}
	}
	l.size.Y += l.px(1)
	return l
}

// key says what stands under the patches.
func (s ContactSheet) key() string {
	var patches, labels, contexts bool
	for _, g := range s.Groups {
		for _, p := range g.Patches {
			patches = true
			labels = labels || p.Label != ""
			contexts = contexts || p.Context != nil
		}
	}
	var parts []string
	if patches {
		parts = append(parts, "numbers: evidence in logits")
	}
	if labels {
		parts = append(parts, "names: what the image shows")
	}
	if contexts {
		parts = append(parts, "outlined: the patch in its image")
	}
	return strings.Join(parts, separator)
}

// write puts text at the foot of what is there.
func (l *contactLayout) write(p paragraph, x int) {
	l.texts = append(l.texts, placedText{p, image.Pt(x, l.size.Y)})
	l.size.Y += p.height()
}

// addRow puts patches beside each other at the foot of what is there, each in a
// column of cell pixels.
func (l *contactLayout) addRow(patches []SheetPatch, x, cell, gap int) {
	top := l.size.Y
	foot := top + cell
	first := len(l.cells)
	for i, p := range patches {
		at := image.Pt(x+i*(cell+gap), top)
		c := sheetCell{SheetPatch: p, patch: image.Rectangle{at, at.Add(image.Pt(cell, cell))}}
		if p.Context != nil {
			at.Y = top + cell + gap/2
			c.context = image.Rectangle{at, at.Add(fitted(p.Context.Rect.Size(), cell))}
			c.outline = scaled(p.Outline.Sub(p.Context.Rect.Min), p.Context.Rect.Size(), c.context)
			foot = max(foot, c.context.Max.Y)
		}
		l.cells = append(l.cells, c)
	}
	l.size.Y = foot
	for _, c := range l.cells[first:] {
		var text paragraph
		text.add(l.body, formatLogit(c.Evidence), cell, 1)
		text.add(l.small, c.Label, cell, 2)
		at := image.Pt(c.patch.Min.X, foot+l.px(0.15))
		l.texts = append(l.texts, placedText{text, at})
		l.size.Y = max(l.size.Y, at.Y+text.height())
	}
}

// fitted returns the size of an image made to fit into a square.
func fitted(size image.Point, side int) image.Point {
	long := max(size.X, size.Y)
	fit := func(n int) int { return max(1, int(float64(n)/float64(long)*float64(side)+0.5)) }
	return image.Pt(fit(size.X), fit(size.Y))
}

// scaled returns where r, a part of an image of the given size, is once the image
// fills to: to the nearest pixel, but at least one.
func scaled(r image.Rectangle, size image.Point, to image.Rectangle) image.Rectangle {
	span := func(from, until, n, room int) (int, int) {
		at := func(x int) int { return int(float64(x)/float64(n)*float64(room) + 0.5) }
		low := min(at(from), room-1)
		return low, max(low+1, at(until))
	}
	var out image.Rectangle
	out.Min.X, out.Max.X = span(r.Min.X, r.Max.X, size.X, to.Dx())
	out.Min.Y, out.Max.Y = span(r.Min.Y, r.Max.Y, size.Y, to.Dy())
	return out.Add(to.Min)
}

// draw draws what was laid out.
func (l contactLayout) draw(canvas Surface) {
	hairline := l.hairline()
	for _, t := range l.texts {
		t.draw(canvas, t.at)
	}
	for _, r := range l.rules {
		canvas.Fill(r, faint)
	}
	for _, c := range l.cells {
		enlarge(canvas, c.patch.Min, c.Image, l.zoom)
		canvas.Ring(c.patch, hairline, frame)
		if c.Context == nil {
			continue
		}
		size := c.context.Size()
		enlarge(canvas, c.context.Min, imaging.Resize(c.Context, size.X, size.Y, imaging.CatmullRom), 1)
		canvas.Ring(c.context, hairline, frame)
		// White that is seen on dark, in black that is seen on bright.
		white := l.px(0.11)
		canvas.Ring(c.outline, white, color.White)
		canvas.Ring(c.outline.Inset(-white), hairline, black)
	}
}
