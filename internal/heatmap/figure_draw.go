package heatmap

import (
	"image"

	"github.com/disintegration/imaging"
)

// render makes the pixels of all cells.
func (l *figureLayout) render(style Style) {
	for i := range l.cells {
		l.cells[i].render(style)
	}
}

// render makes what is shown in the cell. Where that is no multiple of the image's pixels,
// photographs are interpolated; maps are not, so that all colours are those of values.
func (c *figureCell) render(style Style) {
	size, own := c.at.Size(), c.image.Rect.Size()
	zoom := max(1, size.X/own.X)
	whole := own.Mul(zoom) == size
	c.inner = c.at
	if c.of == nil {
		if c.shown = c.image; !whole {
			c.shown = imaging.Resize(c.image, size.X, size.Y, imaging.CatmullRom)
		}
		return
	}
	p := *c.of
	p.counted = p.Map.counted(own, p.Border)
	var inner image.Rectangle
	c.shown, inner, _ = p.styled(style, p.Map.render(own.X, own.Y, p.colour), zoom)
	c.inner = scaled(inner, c.shown.Rect.Size(), c.at)
	if !whole {
		c.shown = imaging.Resize(c.shown, size.X, size.Y, imaging.NearestNeighbor)
	}
}

// draw draws what was laid out and rendered.
func (l *figureLayout) draw(canvas Surface, bar colorbar) {
	hairline := l.hairline()
	for _, t := range l.texts {
		t.draw(canvas, t.at)
	}
	for _, c := range l.cells {
		if !c.shown.Opaque() {
			canvas.Hatch(c.at, l.em/2)
		}
		canvas.Image(c.at, c.shown)
		if c.inner != c.at {
			canvas.Ring(c.inner, hairline, frame)
		}
		canvas.Ring(c.at, hairline, frame)
	}
	bar.draw(canvas, l.bar, l.small, hairline)
}
