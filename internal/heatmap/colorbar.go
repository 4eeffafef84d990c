package heatmap

import (
	"cmp"
	"image"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A colorbar says which value each colour stands for, from -scale at its foot, or from 0
// if unsigned, to scale at its head.
type colorbar struct {
	colors       Colormap
	scale        float64
	unit         string // of the values
	unsigned     bool
	below, above bool // values beyond the ends: the bar ends in an arrow there
}

func newColorbar(p Picture) colorbar {
	b := colorbar{colors: p.Colors, scale: p.Scale, unit: cmp.Or(p.Unit, "logit"), unsigned: p.Unsigned}
	for _, v := range p.Map.Values {
		b.below = b.below || float64(v) < -p.Scale
		b.above = b.above || float64(v) > p.Scale
	}
	return b
}

const minApart = 0.3 // of the scale, however long the bar

// A tick marks a value of a colour bar.
type tick struct {
	value float64
	text  string
}

// ticks returns the ends of the scale, zero, and between them round values at least
// apart of the scale from these.
func (b colorbar) ticks(apart float64) []tick {
	ticks := b.signedTicks(apart)
	if b.unsigned {
		ticks = slices.DeleteFunc(ticks, func(t tick) bool { return t.value < 0 })
		for i := range ticks {
			ticks[i].text = strings.TrimPrefix(ticks[i].text, "+")
		}
	}
	return ticks
}

func (b colorbar) signedTicks(apart float64) []tick {
	ticks := []tick{{b.scale, tickText(b.scale)}, {0, "0"}, {-b.scale, tickText(-b.scale)}}
	unit := math.Pow(10, math.Floor(math.Log10(b.scale)))
	for _, round := range []float64{5, 2, 1, 0.5} {
		if v := round * unit; v >= apart*b.scale && v <= (1-apart)*b.scale {
			return append(ticks, tick{v, tickText(v)}, tick{-v, tickText(-v)})
		}
	}
	return ticks
}

// tickText writes three digits at most.
func tickText(v float64) string {
	s := strconv.FormatFloat(v, 'g', 3, 64)
	if v > 0 {
		s = "+" + s
	}
	return strings.ReplaceAll(s, "-", minus)
}

// ticksWidth is the room that ticks and their text need right of the bar, in pixels.
func (b colorbar) ticksWidth(text lettering) int {
	width := text.width(b.unit)
	for _, t := range b.ticks(minApart) {
		width = max(width, tickLength(text)+text.width(t.text))
	}
	return width
}

// tickLength is how far text stands from the bar, in pixels.
func tickLength(text lettering) int { return text.capHeight() }

// draw draws the bar into r, its ticks and text right of it.
func (b colorbar) draw(dst Surface, r image.Rectangle, text lettering, hairline int) {
	body := r
	if b.above {
		body.Min.Y += r.Dx()
	}
	if b.below {
		body.Max.Y -= r.Dx()
	}
	gradient(dst, body, b.colors, hairline)
	if b.above {
		dst.Arrow(image.Rect(r.Min.X, r.Min.Y, r.Max.X, body.Min.Y), true, b.colors.At(1))
	}
	if b.below {
		dst.Arrow(image.Rect(r.Min.X, body.Max.Y, r.Max.X, r.Max.Y), false, b.colors.At(-1))
	}
	apart := max(minApart, 2*float64(text.line)/float64(body.Dy()))
	for _, t := range b.ticks(apart) {
		height := (t.value/b.scale + 1) / 2
		if b.unsigned {
			height = t.value / b.scale
		}
		drawTick(dst, body, height, t.value == 0 && !b.unsigned, text, t.text, hairline)
	}
}

// gradient draws the colours of a map into r, from -1 at the foot to 1 at the head,
// in a frame.
func gradient(dst Surface, r image.Rectangle, colors Colormap, hairline int) {
	column := image.NewNRGBA(image.Rect(0, 0, 1, r.Dy()))
	for y := range r.Dy() {
		column.SetNRGBA(0, y, colors.At(1-2*(float64(y)+0.5)/float64(r.Dy())))
	}
	dst.Image(r, column)
	dst.Ring(r, hairline, frame)
}

// drawTick draws a mark and its text right of the bar r, at a height of 0 (foot) to
// 1 (head); if through, the mark is a line through the bar.
func drawTick(dst Surface, r image.Rectangle, height float64, through bool, text lettering, label string, hairline int) {
	y := r.Min.Y + int((1-height)*float64(r.Dy()))
	from, ink := r.Max.X+hairline, frame
	if through {
		from, ink = r.Min.X, black
	}
	mark := image.Rect(from, y, r.Max.X+tickLength(text)/2, y+hairline)
	dst.Fill(mark.Sub(image.Pt(0, hairline/2)), ink)
	text.drawAt(dst, r.Max.X+tickLength(text), y+(text.capHeight()+hairline)/2, label)
}
