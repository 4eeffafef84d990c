package heatmap

import "image"

// A typography is the lettering of a picture. All its sizes follow from em, the
// size of body text in pixels.
type typography struct {
	em                 float64
	title, body, small lettering
}

// narrowest is the least width of a picture with text, in ems, margins not counted.
const narrowest = 26

func newTypography(em float64) typography {
	return typography{
		em:    em,
		title: newLettering(bold(), 1.25*em, black),
		body:  newLettering(regular(), em, black),
		small: newLettering(regular(), 0.85*em, grey),
	}
}

// px returns so many ems in pixels, at least 1.
func (t typography) px(ems float64) int { return max(1, int(ems*t.em+0.5)) }

// hairline is the width of the thinnest line in pixels.
func (t typography) hairline() int { return t.px(0.05) }

// A paragraph is lines of text below each other.
type paragraph []textLine

type textLine struct {
	lettering
	text string
}

// add appends text, broken into at most the given number of lines of width pixels.
func (p *paragraph) add(l lettering, text string, width, lines int) {
	for _, t := range l.wrap(text, width, lines) {
		*p = append(*p, textLine{l, t})
	}
}

// height is the height of all lines in pixels.
func (p paragraph) height() int {
	height := 0
	for _, line := range p {
		height += line.line
	}
	return height
}

// draw writes the lines, the first one's upper left corner at at.
func (p paragraph) draw(dst Surface, at image.Point) {
	for _, line := range p {
		line.draw(dst, at.X, at.Y, line.text)
		at.Y += line.line
	}
}
