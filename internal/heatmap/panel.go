package heatmap

import (
	"cmp"
	"image"
)

const (
	smallest   = 400 // pixels: images are enlarged until their longer side has as many
	wide       = 2.5 // images wider than so many heights are stacked, others stand side by side
	captionTop = 1.4 // em above the caption
)

// A panelLayout is the plan of a panel picture. All sizes are in pixels and follow
// from the size of its type, which follows from that of the images.
type panelLayout struct {
	typography
	images  [3]image.Rectangle // image, evidence, overlay
	bar     image.Rectangle
	caption paragraph
	size    image.Point
}

// titles are those of the images.
func (p Picture) titles() [3]string {
	return [3]string{"image", cmp.Or(p.Title, "evidence"), "overlay"}
}

// panel draws image, evidence and overlay beside or, if wide, below each other,
// with a colour bar for the evidence and a caption above.
func (p Picture) panel(evidence *image.NRGBA) *Drawing {
	size := evidence.Rect.Size()
	zoom := max(1, (smallest+max(size.X, size.Y)-1)/max(size.X, size.Y))
	bar := newColorbar(p)
	partial := !evidence.Opaque()
	titles := p.titles()
	s := newPanelLayout(size.Mul(zoom), bar, titles)
	s.addCaption(p.Caption, partial)
	shown := []*image.NRGBA{p.Image, evidence, overlay(p.Image, evidence, p.Alpha)}
	return &Drawing{Size: s.size, Em: s.em, what: string(Panel), paint: func(canvas Surface) {
		s.caption.draw(canvas, image.Pt(s.images[0].Min.X, s.px(captionTop)))
		hairline := s.hairline()
		for i, img := range shown {
			at := s.images[i]
			s.small.draw(canvas, at.Min.X, at.Min.Y-s.small.line, titles[i])
			if img == evidence && partial {
				canvas.Hatch(at, s.em/2)
			}
			enlarge(canvas, at.Min, img, zoom)
			canvas.Ring(at, hairline, frame)
		}
		s.small.draw(canvas, s.bar.Min.X, s.bar.Min.Y-s.small.line, bar.unit)
		bar.draw(canvas, s.bar, s.small, hairline)
	}}
}

// newPanelLayout lays out images of the given size and a colour bar, leaving no room
// for a caption.
func newPanelLayout(size image.Point, bar colorbar, titles [3]string) *panelLayout {
	stacked := float64(size.X) > wide*float64(size.Y)
	long := max(3*size.X, size.Y)
	if stacked {
		long = max(size.X, 3*size.Y)
	}
	// Printed 17 cm wide, a figure of 62 em has text of 7.8 points. The bounds are for extreme shapes.
	em := float64(long) / 62
	em = max(13, min(em, float64(min(size.X, size.Y))))

	s := &panelLayout{typography: newTypography(em)}
	margin, gap := s.px(1.5), s.px(1.2)

	column := size.X
	for _, t := range titles {
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
func (s *panelLayout) addCaption(c Caption, hatched bool) {
	if c.Class == "" {
		return
	}
	margin := s.images[0].Min.X
	s.size.X = max(s.size.X, s.px(narrowest)+2*margin)
	width := s.size.X - 2*margin
	s.caption.add(s.title, c.title(), width, 2)
	s.caption.add(s.body, c.facts(), width, 3)
	s.caption.add(s.small, c.notes(hatched), width, 3)
	s.caption.add(s.small, c.Caution, width, 3)

	height := s.px(0.6) + s.caption.height()
	down := image.Pt(0, height)
	for i := range s.images {
		s.images[i] = s.images[i].Add(down)
	}
	s.bar = s.bar.Add(down)
	s.size.Y += height
}
