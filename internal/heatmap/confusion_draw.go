package heatmap

import (
	"image"
	"image/color"
	"math"
	"strconv"
)

// leastRuled is the side of the smallest cells, in pixels, that lines part.
const leastRuled = 12

// draw draws what was laid out.
func (l confusionLayout) draw(canvas Surface) {
	m, hairline := l.matrix, l.hairline()
	l.heading.draw(canvas, image.Pt(l.px(1.5), l.px(1.2)))
	l.drawCells(canvas)
	canvas.Ring(m, hairline, frame)
	if l.cell >= leastRuled {
		for i := 1; i < len(l.Labels); i++ {
			canvas.Fill(image.Rect(m.Min.X+i*l.cell, m.Min.Y, m.Min.X+i*l.cell+1, m.Max.Y), faint)
			canvas.Fill(image.Rect(m.Min.X, m.Min.Y+i*l.cell, m.Max.X, m.Min.Y+i*l.cell+1), faint)
		}
	}
	if l.count != nil {
		l.drawCounts(canvas)
	}
	l.drawMarks(canvas)
	for _, t := range l.titles {
		t.draw(canvas, t.at)
	}
	l.drawBar(canvas)
}

// drawCells colours the cells, as an image with a pixel for each of them. It is transparent
// where there are no images.
func (l confusionLayout) drawCells(canvas Surface) {
	cells := image.NewNRGBA(image.Rect(0, 0, len(l.Labels), len(l.Labels)))
	for i, counts := range l.Counts {
		if l.images[i] == 0 {
			l.drawEmpty(canvas, image.Rect(l.matrix.Min.X, l.matrix.Min.Y+i*l.cell, l.matrix.Max.X, l.matrix.Min.Y+(i+1)*l.cell))
			continue
		}
		for j, n := range counts {
			cells.SetNRGBA(j, i, l.color(n, l.images[i]))
		}
	}
	canvas.Image(l.matrix, cells)
}

// drawEmpty marks a row as one of a class without images.
func (l confusionLayout) drawEmpty(canvas Surface, row image.Rectangle) {
	if l.hatched() {
		canvas.Hatch(row, l.em/2)
	} else {
		canvas.Fill(row, faint)
	}
}

// drawCounts writes the counts that are not 0 into the cells' middles.
func (l confusionLayout) drawCounts(canvas Surface) {
	for i, row := range l.Counts {
		for j, n := range row {
			if n == 0 {
				continue
			}
			text := strconv.Itoa(n)
			count := *l.count
			count.color = inkOn(l.color(n, l.images[i]))
			x := l.matrix.Min.X + j*l.cell + (l.cell-count.width(text)+1)/2
			y := l.matrix.Min.Y + i*l.cell + (l.cell+count.capHeight()+1)/2
			count.drawAt(canvas, x, y, text)
		}
	}
}

// color is that of n of so many images.
func (l confusionLayout) color(n int, images float64) color.NRGBA {
	if n == 0 {
		return shareColors.At(-1)
	}
	return l.colors.At(2*shareHeight(float64(n)/images) - 1)
}

// drawMarks writes the labels of both axes, or numbers with their ticks, or both.
func (l confusionLayout) drawMarks(canvas Surface) {
	m, half := l.matrix, (l.label.capHeight()+1)/2
	for _, mark := range l.names {
		x, y, width := m.Min.X+mark.at, m.Min.Y+mark.at, l.label.width(mark.text)
		l.label.drawAt(canvas, m.Min.X-l.apart-width, y+half, mark.text)
		l.label.drawUp(canvas, x+half, m.Min.Y-l.apart, mark.text)
	}
	apart, half := l.beyond+l.px(apartEm), (l.number.capHeight()+1)/2
	for _, mark := range l.numbers {
		x, y, width := m.Min.X+mark.at, m.Min.Y+mark.at, l.number.width(mark.text)
		l.number.drawAt(canvas, m.Min.X-apart-width, y+half, mark.text)
		l.number.drawAt(canvas, x-width/2, m.Min.Y-apart, mark.text)
		length, hairline := l.px(apartEm)*3/4, l.hairline()
		canvas.Fill(image.Rect(m.Min.X-l.beyond-length, y, m.Min.X-l.beyond, y+hairline), frame)
		canvas.Fill(image.Rect(x, m.Min.Y-l.beyond-length, x+hairline, m.Min.Y-l.beyond), frame)
	}
}

// drawBar draws the colours of shares, and as many ticks as do not crowd.
func (l confusionLayout) drawBar(canvas Surface) {
	gradient(canvas, l.bar, 1, func(_, v float64) color.NRGBA { return l.colors.At(v) }, l.hairline())
	apart := float64(l.small.line) / float64(l.bar.Dy())
	var drawn []float64
ticks:
	for _, share := range shareTicks {
		height := shareHeight(share)
		for _, other := range drawn {
			if math.Abs(height-other) < apart {
				continue ticks
			}
		}
		drawn = append(drawn, height)
		drawTick(canvas, l.bar, height, false, l.small, l.shareText(share), l.hairline())
	}
}
