package heatmap

import (
	"fmt"
	"image"
	"math"
	"strconv"
)

const (
	matrixSize  = 1360 // pixels: of a side, if there are many classes
	largestSize = 3100 // pixels: of a side, if there are so many that cells would be smaller than leastCell
	leastCell   = 3    // pixels: of a side
	largestCell = 61   // pixels: of a side, if there are few
	mostLabels  = 100  // classes: more are numbered
	mostNumbers = 12   // along an axis
	leastCount  = 12   // pixels: the smallest type in which counts are written
	zoomedCell  = 10   // pixels: of a side at least, on a page to be enlarged
)

const (
	rowsTitle    = "true class ↓"
	columnsTitle = "predicted class →"
	shareTitle   = "share of row"
	labelEm      = 13  // of the labels' own ems: the longest one
	apartEm      = 0.5 // ems from labels to the matrix
)

// A confusionLayout is the plan of a confusion matrix, in pixels.
type confusionLayout struct {
	Confusion
	typography
	images  []float64 // of each row
	heading paragraph
	cell    int
	matrix  image.Rectangle
	bar     image.Rectangle
	colors  Colormap   // of shares above 0
	label   lettering  // of classes
	names   []axisMark // of both axes
	number  lettering
	numbers []axisMark // of both axes, beyond the names
	apart   int        // from the matrix to the names
	beyond  int        // from the matrix to the numbers' ticks
	titles  []placedText
	count   *lettering // of counts, its colour to be chosen; nil for none
	size    image.Point
}

// An axisMark names the class whose cells are centred so many pixels from the
// matrix's upper left corner.
type axisMark struct {
	at   int
	text string
}

// layout lays out a matrix that check found nothing wrong with.
func (c Confusion) layout() confusionLayout {
	n := len(c.Labels)
	cell := min(largestCell, max((matrixSize+n-1)/n, min(leastCell, max(1, largestSize/n))))
	if c.Zoomable {
		cell = max(cell, zoomedCell)
	}
	side := n * cell
	// The type of a matrix printed 14 cm wide is 7 points.
	l := confusionLayout{Confusion: c, images: c.images(), cell: cell, typography: newTypography(max(18, float64(side)/58))}
	l.chooseCount()
	l.mark()

	margin, apart, line := l.px(1.5), l.px(apartEm), l.small.line
	left, above := l.besideMatrix()
	barLeft := left + apart + max(side, l.small.width(columnsTitle)) + l.px(1.2)
	barWidth := l.px(0.9)
	width := max(barLeft+max(l.small.width(shareTitle), barWidth+l.ticksWidth()), l.px(narrowest))

	l.heading.add(l.title, c.Title, width, 2)
	l.heading.add(l.body, c.Facts, width, 3)
	l.heading.add(l.small, l.key(), width, 3)
	titleTop := l.px(1.2) + l.heading.height() + l.px(0.6)
	top := titleTop + line + l.px(0.3) + above + apart
	l.matrix.Min = image.Pt(margin+left+apart, top)
	l.matrix.Max = l.matrix.Min.Add(image.Pt(side, side))
	l.bar.Min = image.Pt(margin+barLeft, top)
	l.bar.Max = l.bar.Min.Add(image.Pt(barWidth, max(l.px(7), min(side, l.px(16)))))

	place := func(text string, x, y int) {
		l.titles = append(l.titles, placedText{paragraph{{l.small, text}}, image.Pt(x, y)})
	}
	rowsTop := titleTop // beside the columns' title, or where the labels below it end
	if l.names != nil {
		rowsTop = top - apart - line
	}
	place(rowsTitle, margin+left-l.small.width(rowsTitle), rowsTop)
	place(columnsTitle, l.matrix.Min.X, titleTop)
	place(shareTitle, l.bar.Min.X, top-line-l.small.capHeight())
	l.size = image.Pt(width+2*margin, max(l.matrix.Max.Y, l.bar.Max.Y)+margin)
	return l
}

// numbered says whether classes are numbered rather than labelled.
func (l *confusionLayout) numbered() bool { return len(l.Labels) > mostLabels }

// hatched says whether rows without images are hatched; lower ones are grey.
func (l *confusionLayout) hatched() bool { return l.cell >= l.px(0.5) }

// mark sets the marks of the axes and their lettering.
func (l *confusionLayout) mark() {
	size := min(0.85*l.em, float64(l.cell)/1.25)
	l.label, l.number = newLettering(regular(), size, black), newLettering(regular(), 0.85*l.em, black)
	if l.numbered() {
		for i := 0; i < len(l.Labels); i += roundStep(len(l.Labels)) {
			l.numbers = append(l.numbers, axisMark{i*l.cell + l.cell/2, strconv.Itoa(i)})
		}
		if !l.Zoomable {
			return
		}
	}
	for i, label := range l.Labels {
		text := l.label.shorten(l.label.printable(label), int(labelEm*size))
		l.names = append(l.names, axisMark{i*l.cell + l.cell/2, text})
	}
}

// besideMatrix sets where names and numbers stand, and returns the room that they and the title of
// the rows take left of the matrix, and above it, but for what parts them from it.
func (l *confusionLayout) besideMatrix() (left, above int) {
	l.apart = l.px(apartEm)
	for _, m := range l.names {
		above = max(above, l.label.width(m.text))
	}
	if l.names == nil || l.numbers == nil {
		left = max(above, l.small.width(rowsTitle))
	} else { // names that are read when enlarged stand close by
		l.apart = l.cell
		l.beyond = l.apart + above + l.cell
		left, above = max(l.beyond, l.small.width(rowsTitle)), l.beyond
	}
	widest := 0
	for _, m := range l.numbers {
		widest = max(widest, l.number.width(m.text))
	}
	if l.numbers != nil {
		left, above = max(left, l.beyond+widest), above+l.number.line
	}
	return left, above
}

// roundStep returns the smallest of 1, 2, 5, 10, 20, ... of which n classes have no
// more than mostNumbers.
func roundStep(n int) int {
	for unit := 1; ; unit *= 10 {
		for _, step := range []int{unit, 2 * unit, 5 * unit} {
			if (n+step-1)/step <= mostNumbers {
				return step
			}
		}
	}
}

// chooseCount sets the type of counts, if the longest one fits into a cell.
func (l *confusionLayout) chooseCount() {
	const trial = 100
	width := newLettering(regular(), trial, black).width(strconv.Itoa(l.most()))
	size := min(0.85*l.em, 0.45*float64(l.cell), 0.84*float64(l.cell)*trial/float64(width))
	if size >= leastCount || l.Zoomable {
		count := newLettering(regular(), size, black)
		l.count = &count
	}
	if l.colors = shareColors; l.count == nil || l.numbered() {
		l.colors = seenColors
	}
}

// key says what cells show.
func (l *confusionLayout) key() string {
	text := fmt.Sprintf("%d classes", len(l.Labels))
	switch {
	case l.count != nil:
		text = "numbers: images, none if blank"
	case l.numbered():
		text += ", numbered from 0"
		fallthrough
	default:
		text += separator + "white: none"
	}
	for _, n := range l.images {
		if n == 0 && l.hatched() {
			return text + separator + "hatched: no images of the class"
		} else if n == 0 {
			return text + separator + "grey: no images of the class"
		}
	}
	return text
}

// shareTicks are the shares marked at the bar, those first that matter most.
var shareTicks = []float64{0, 1, 0.5, 0.25, 0.1, 0.05, 0.01}

func (l *confusionLayout) shareText(share float64) string {
	if share == 0 && l.colors[0] != shareColors[0] { // it has no colour of its own
		return "> 0 %"
	}
	return strconv.Itoa(int(math.Round(100*share))) + " %"
}

// ticksWidth is the room that ticks and their text need right of the bar.
func (l *confusionLayout) ticksWidth() int {
	width := 0
	for _, share := range shareTicks {
		width = max(width, l.small.width(l.shareText(share)))
	}
	return tickLength(l.small) + width
}
