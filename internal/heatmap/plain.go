package heatmap

import "image"

// A plainLayout is the plan of an image with a colour bar beside it, in pixels.
type plainLayout struct {
	typography
	image, bar image.Rectangle
	size       image.Point
}

// plain draws one image in a style other than Panel, beside a colour bar if there is to be one.
func (p Picture) plain(style Style, evidence *image.NRGBA) (*Drawing, error) {
	size := evidence.Rect.Size().Mul(p.zoom(style))
	if err := checkSize(size); err != nil {
		return nil, err
	}
	bar := newColorbar(p)
	if style == Overlay {
		over := newBlend(p.Alpha)
		bar.under = &over
	}
	shown, inner, zoom := p.styled(style, evidence, p.zoom(style))
	s := newPlainLayout(size, bar)
	line := func(canvas Surface, at image.Rectangle) {
		rim(canvas, at, enlarged(inner, zoom).Add(at.Min), s.hairline(), frame)
	}
	if !p.Bar {
		return &Drawing{Size: size, what: string(style), pixels: shown, paint: func(canvas Surface) { line(canvas, image.Rectangle{Max: size}) }}, nil
	}
	return &Drawing{Size: s.size, Em: s.em, what: string(style), paint: func(canvas Surface) {
		if !shown.Opaque() {
			canvas.Hatch(s.image, s.em/2)
		}
		enlarge(canvas, s.image.Min, shown, zoom)
		canvas.Ring(s.image, s.hairline(), frame)
		line(canvas, s.image)
		canvas.Ring(s.image, s.hairline(), frame)
		bar.draw(canvas, s.bar, s.small, s.hairline())
	}}, nil
}

// styled is evidence in a style other than Panel, to be enlarged so many times; where its inner
// part is, in its pixels; and how many times it is to be enlarged still, as edges are fine.
func (p Picture) styled(style Style, evidence *image.NRGBA, zoom int) (shown *image.NRGBA, inner image.Rectangle, left int) {
	inner = p.inner()
	pale(evidence, inner)
	switch style {
	case Overlay:
		return overlay(p.Image, evidence, p.Alpha), inner, zoom
	case Edges:
		return underEdges(evidence, p.Image, zoom), enlarged(inner, zoom), 1
	}
	return evidence, inner, zoom
}

// newPlainLayout lays out an image of the given size and its colour bar.
func newPlainLayout(size image.Point, bar colorbar) *plainLayout {
	// Printed 8 cm wide, a figure of 30 em has text of 7.6 points. The bounds are for extreme shapes.
	em := float64(max(size.X, size.Y)) / 30
	em = max(13, min(em, float64(min(size.X, size.Y))))
	s := &plainLayout{typography: newTypography(em)}
	at := image.Pt(s.px(0.6), s.px(0.6)+s.small.line) // room for the unit above the bar
	s.image = image.Rectangle{at, at.Add(size)}
	s.bar = barBeside(s.typography, s.image.Max.X, at.Y, size.Y)
	s.size = image.Pt(s.image.Max.X+bar.width(s.typography)+s.px(0.6), max(s.image.Max.Y, s.bar.Max.Y)+s.px(0.6))
	return s
}
