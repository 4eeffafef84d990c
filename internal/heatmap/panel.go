package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"github.com/disintegration/imaging"
)

// Ink, from a title to a hairline.
var (
	black = color.Gray{0x1a}
	grey  = color.Gray{0x5f}
	frame = color.Gray{0x8c}
)

const (
	smallest   = 400 // pixels: images are enlarged until their longer side has as many
	wide       = 2.5 // images wider than so many heights are stacked, others stand side by side
	captionTop = 1.4 // em above the caption
)

// A sheet is the plan of a panel picture. All sizes are in pixels and follow from
// em, the size of body text, which follows from that of the images.
type sheet struct {
	em                 float64
	title, body, small lettering
	images             [3]image.Rectangle // image, evidence, overlay
	bar                image.Rectangle
	caption            []captionLine
	size               image.Point
}

type captionLine struct {
	lettering
	text string
}

var imageTitles = [3]string{"image", "evidence", "overlay"}

// panel draws image, evidence and overlay beside or, if wide, below each other,
// with a colour bar for the evidence and a caption above.
func (p Picture) panel(evidence *image.NRGBA) (*image.NRGBA, error) {
	size := evidence.Rect.Size()
	zoom := max(1, (smallest+max(size.X, size.Y)-1)/max(size.X, size.Y))
	bar := newColorbar(p)
	partial := !evidence.Opaque()
	s := newSheet(size.Mul(zoom), bar)
	s.addCaption(p.Caption, partial)
	if s.size.X*s.size.Y > maxPixels {
		return nil, fmt.Errorf("drawing panel: %d x %d pixels are too many", s.size.X, s.size.Y)
	}

	canvas := image.NewRGBA(image.Rectangle{Max: s.size})
	draw.Draw(canvas, canvas.Rect, image.White, image.Point{}, draw.Src)
	top := s.px(captionTop)
	for _, line := range s.caption {
		line.draw(canvas, s.images[0].Min.X, top, line.text)
		top += line.line
	}
	hairline := s.px(0.05)
	for i, img := range []*image.NRGBA{p.Image, evidence, overlay(p.Image, evidence, p.Alpha)} {
		at := s.images[i]
		s.small.draw(canvas, at.Min.X, at.Min.Y-s.small.line, imageTitles[i])
		draw.Draw(canvas, at.Inset(-hairline), image.NewUniform(frame), image.Point{}, draw.Src)
		if img == evidence && partial {
			hatch(canvas, at, s.em/2)
		}
		enlarge(canvas, at.Min, img, zoom)
	}
	s.small.draw(canvas, s.bar.Min.X, s.bar.Min.Y-s.small.line, barTitle)
	bar.draw(canvas, s.bar, s.small, hairline)
	return opaque(canvas), nil
}

// newSheet lays out images of the given size and a colour bar, leaving no room
// for a caption.
func newSheet(size image.Point, bar colorbar) *sheet {
	stacked := float64(size.X) > wide*float64(size.Y)
	long := max(3*size.X, size.Y)
	if stacked {
		long = max(size.X, 3*size.Y)
	}
	// Printed 17 cm wide, a figure of 62 em has text of 7.8 points. The bounds are for extreme shapes.
	em := float64(long) / 62
	em = max(13, min(em, float64(min(size.X, size.Y))))

	s := &sheet{em: em}
	s.title = newLettering(bold(), 1.25*em, black)
	s.body = newLettering(regular(), em, black)
	s.small = newLettering(regular(), 0.85*em, grey)
	margin, gap := s.px(1.5), s.px(1.2)

	column := size.X
	for _, t := range imageTitles {
		column = max(column, s.small.width(t))
	}
	barWidth := s.px(0.9)
	barColumn := s.px(0.6) + barWidth + bar.ticksWidth(s.small)

	at := image.Pt(margin, margin+s.small.line)
	for i := range s.images {
		s.images[i] = image.Rectangle{at, at.Add(size)}
		switch {
		case stacked:
			at.Y += size.Y + s.px(0.5) + s.small.line
		case i == 1:
			at.X += column + barColumn + gap
		default:
			at.X += column + gap
		}
	}
	low, high := s.px(7), s.px(30)
	s.bar = image.Rectangle{s.images[1].Min, s.images[1].Max}
	if s.bar.Dy() < low {
		s.bar = image.Rectangle{s.images[0].Min, s.images[2].Max}
	}
	s.bar.Max.Y = s.bar.Min.Y + max(low, min(high, s.bar.Dy()))
	s.bar.Min.X = s.images[1].Min.X + column + s.px(0.6)
	s.bar.Max.X = s.bar.Min.X + barWidth
	right := s.images[2].Min.X + column
	if stacked {
		right += barColumn
	}
	s.size = image.Pt(right+margin, max(s.images[2].Max.Y, s.bar.Max.Y)+margin)
	return s
}

// addCaption makes room above the images for the caption.
func (s *sheet) addCaption(c Caption, hatched bool) {
	if c.Class == "" {
		return
	}
	margin := s.images[0].Min.X
	s.size.X = max(s.size.X, s.px(26)+2*margin)
	width := s.size.X - 2*margin
	add := func(l lettering, text string, lines int) {
		for _, t := range l.wrap(text, width, lines) {
			s.caption = append(s.caption, captionLine{l, t})
		}
	}
	add(s.title, c.title(), 2)
	add(s.body, c.facts(), 3)
	add(s.small, c.notes(hatched), 3)

	height := s.px(0.6)
	for _, line := range s.caption {
		height += line.line
	}
	down := image.Pt(0, height)
	for i := range s.images {
		s.images[i] = s.images[i].Add(down)
	}
	s.bar = s.bar.Add(down)
	s.size.Y += height
}

// px returns so many ems in pixels, at least 1.
func (s *sheet) px(ems float64) int { return max(1, int(ems*s.em+0.5)) }

// enlarge draws every opaque pixel of img as zoom x zoom pixels, the first at at.
func enlarge(dst *image.RGBA, at image.Point, img *image.NRGBA, zoom int) {
	if zoom > 1 {
		img = imaging.Resize(img, zoom*img.Rect.Dx(), zoom*img.Rect.Dy(), imaging.NearestNeighbor)
	}
	whole := img.Opaque()
	for y := range img.Rect.Dy() {
		src := img.Pix[y*img.Stride:][:4*img.Rect.Dx()]
		to := dst.Pix[dst.PixOffset(at.X, at.Y+y):]
		if whole {
			copy(to, src)
			continue
		}
		for i := 0; i < len(src); i += 4 {
			if src[i+3] != 0 {
				copy(to[i:i+4], src[i:i+4])
			}
		}
	}
}

// hatch fills r with thin diagonal lines, period pixels apart: nothing is known here.
func hatch(dst *image.RGBA, r image.Rectangle, period float64) {
	width := max(1, period/6)
	pitch := max(3, int(period*1.4142+0.5)) // along a row
	levels := make([]uint8, pitch)
	for i := range levels {
		// Coverage of a line at 45 degrees, from the distance of the pixel to its middle.
		distance := float64(min(i, pitch-i)) / 1.4142
		ink := max(0, min(1, width/2-distance+0.5))
		levels[i] = uint8(255 - 0x30*ink)
	}
	for y := r.Min.Y; y < r.Max.Y; y++ {
		row := dst.Pix[dst.PixOffset(r.Min.X, y):dst.PixOffset(r.Max.X, y)]
		for i := 0; i < len(row); i += 4 {
			l := levels[(r.Min.X+i/4+y)%pitch]
			row[i], row[i+1], row[i+2], row[i+3] = l, l, l, 255
		}
	}
}

// opaque returns the pixels of a picture without transparency, which both kinds
// of image store alike, as they are.
func opaque(img *image.RGBA) *image.NRGBA {
	return &image.NRGBA{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect}
}
