package heatmap

import (
	"image"
	"math"
)

// Of figures. A page is 17 cm wide, a column of text 8: a figure of more than two pictures
// beside each other is for the page and has text of 7.8 points there, others are for the column.
const (
	pageEms      = 62
	columnEms    = 30
	emPixels     = 24   // at least, by enlarging pictures: 17 cm have 220 pixels an inch then
	widest       = 2000 // pixels of a picture: larger ones are made smaller
	tallest      = 1.5  // widths of a picture, before it gets narrower
	mostPairs    = 3    // beside each other, where each image has one map
	letterColumn = 1.5  // em
)

// A figureLayout is the plan of a figure, in pixels. Its parts do not overlap, but for the
// lines of frames.
type figureLayout struct {
	typography
	width int // of a column
	texts []placedText
	cells []figureCell
	bar   image.Rectangle
	size  image.Point
}

// A figureCell is an image, or a map of it, in its place.
type figureCell struct {
	image *image.NRGBA
	of    *Picture // nil for the image itself
	at    image.Rectangle

	shown *image.NRGBA    // what fills at, each pixel a rectangle: so many times enlarged
	inner image.Rectangle // where in at the values are that count; all of it for an image
}

// pairsBeside returns how many images stand beside each other: one, or several where each has
// a single map, so that the figure is as wide as a page rather than high.
func pairsBeside(images, maps int) int {
	if maps > 1 {
		return 1
	}
	rows := (images + mostPairs - 1) / mostPairs
	return (images + rows - 1) / rows
}

// layout lays out a figure that check found nothing wrong with, as many ems wide as it is to
// be, if that is known and there is room for it.
func (f Figure) layout(bar colorbar) *figureLayout {
	across := float64(pageEms)
	if pairsBeside(len(f.Images), len(f.Heads))*(1+len(f.Heads)) <= 2 {
		across = columnEms
	}
	l := f.lay(bar, across)
	for range attempts {
		if f.Ems == 0 {
			break
		}
		across = max(leastAcross, across+f.Ems-float64(l.size.X)/l.em) // what is beside the pictures takes as many ems as before
		l = f.lay(bar, across)
	}
	return l
}

// lay lays out a figure whose pictures take so many ems across.
func (f Figure) lay(bar colorbar, ems float64) *figureLayout {
	beside := pairsBeside(len(f.Images), len(f.Heads))
	columns := beside * (1 + len(f.Heads))
	width := 0
	for _, row := range f.Images {
		width = max(width, row.Image.Rect.Dx())
	}
	width = min(widest, width*max(1, int(math.Ceil(emPixels*ems/float64(columns*width)))))

	l := &figureLayout{typography: newTypography(float64(columns*width) / ems), width: width}
	margin, gap := l.px(0.7), l.px(0.8)
	letters := 0
	if f.lettered() {
		letters = l.px(letterColumn)
	}
	block := letters + (1+len(f.Heads))*(width+gap) + gap // to the next image's
	y := margin + l.addHeads(f.Heads, margin+letters, gap, block, beside)
	top := y
	for i := 0; i < len(f.Images); i += beside {
		if i > 0 {
			y += l.px(0.9)
		}
		foot := y
		for j, img := range f.Images[i:min(i+beside, len(f.Images))] {
			foot = max(foot, l.addImage(img, image.Pt(margin+letters+j*block, y), letters, gap))
		}
		y = foot
	}
	right := margin + beside*block - 2*gap
	l.bar = barBeside(l.typography, right, top, l.lastPicture()-top)
	l.size = image.Pt(right+bar.width(l.typography)+margin, max(y, l.bar.Max.Y)+margin)
	return l
}

func (f Figure) lettered() bool {
	for _, row := range f.Images {
		if row.Letter != "" {
			return true
		}
	}
	return false
}

// addHeads writes the heads over the maps of the images of the first row, whose pictures
// begin at x and every block pixels on, and returns the height that they and the bar's unit
// need.
func (l *figureLayout) addHeads(heads []Head, x, gap, block, beside int) int {
	written := make([]paragraph, len(heads))
	height := l.small.line
	for i, h := range heads {
		written[i].add(l.body, h.Title, l.width, 2)
		written[i].add(l.small, h.Note, l.width, 2)
		height = max(height, written[i].height())
	}
	for b := range beside {
		for i, p := range written {
			at := image.Pt(x+b*block+(1+i)*(l.width+gap), l.px(0.7)+height-p.height())
			l.texts = append(l.texts, placedText{p, at})
		}
	}
	return height + l.px(0.15)
}

// addImage puts an image and its maps beside each other, from at on, with what is said under
// them, and returns where that ends.
func (l *figureLayout) addImage(f FigureImage, at image.Point, letters, gap int) (foot int) {
	if f.Letter != "" {
		var p paragraph
		p.add(newLettering(bold(), l.em, black), f.Letter, letters, 1)
		l.texts = append(l.texts, placedText{p, image.Pt(at.X-letters, at.Y-l.px(0.35))})
	}
	first := len(l.cells)
	l.addCell(f.Image, nil, at)
	for i, m := range f.Maps {
		l.addCell(m.Image, &m.Picture, at.Add(image.Pt((1+i)*(l.width+gap), 0)))
	}
	for _, c := range l.cells[first:] {
		foot = max(foot, c.at.Max.Y)
	}
	below := foot + l.px(0.2)
	name := newLettering(regular(), 0.85*l.em, black)
	write := func(title, facts string, column int) {
		var p paragraph
		p.add(name, title, l.width, 2)
		p.add(l.small, facts, l.width, 2)
		if len(p) > 0 {
			l.texts = append(l.texts, placedText{p, image.Pt(at.X+column*(l.width+gap), below)})
			foot = max(foot, below+p.height())
		}
	}
	write(f.Name, f.Facts, 0)
	for i, m := range f.Maps {
		write(m.Title, m.Facts, 1+i)
	}
	return foot
}

// addCell puts an image, or a map of it, at the top of its column: as wide as that, unless it
// is very high.
func (l *figureLayout) addCell(img *image.NRGBA, of *Picture, at image.Point) {
	own := img.Rect.Size()
	width := l.width
	if shape := float64(own.Y) / float64(own.X); shape > tallest {
		width = max(1, int(tallest/shape*float64(l.width)))
	}
	height := max(1, (2*width*own.Y+own.X)/(2*own.X))
	l.cells = append(l.cells, figureCell{image: img, of: of, at: image.Rectangle{at, at.Add(image.Pt(width, height))}})
}

// lastPicture returns where the last picture ends.
func (l *figureLayout) lastPicture() (y int) {
	for _, c := range l.cells {
		y = max(y, c.at.Max.Y)
	}
	return y
}
