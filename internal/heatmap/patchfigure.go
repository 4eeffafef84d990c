package heatmap

import (
	"errors"
	"fmt"
	"image"
)

// A PatchFigure shows the patches that speak most for several classes beside each other, each
// class with its groups below each other: figure 3 of the paper (see ContactSheet), without
// numbers, and with names only where a patch is of something else.
type PatchFigure struct {
	Columns []PatchColumn
	Ems     float64 // that the figure is wide, of its body text; 0 for as many as look well
}

// A PatchColumn is a class with its groups. All columns of a figure have the same ones.
type PatchColumn struct {
	Title  string
	Groups []PatchGroup // Note, Evidence and Context do not count
}

const (
	patchesAcross = 16   // at most, of a whole figure
	fewAcross     = 4    // of a class, where there are more than two
	patchEms      = 3.6  // to a patch: 16 of them and the gaps are as wide as a page
	patchGap      = 0.22 // em
	patchSide     = 88   // pixels at least, by enlarging: 17 cm have 220 pixels an inch then
)

// Layout lays out the figure: at most 16 patches across, more classes below. Calls may be
// concurrent.
func (f PatchFigure) Layout() (*Drawing, error) {
	if err := f.check(); err != nil {
		return nil, fmt.Errorf("drawing figure of patches: %w", err)
	}
	l := f.layout()
	if err := checkSize(l.size); err != nil {
		return nil, fmt.Errorf("drawing figure of patches: %w: show fewer patches", err)
	}
	return &Drawing{Size: l.size, Em: l.em, what: "figure of patches", fewer: "show fewer patches", paint: l.draw}, nil
}

func (f PatchFigure) check() error {
	if len(f.Columns) == 0 {
		return errors.New("there are no classes")
	}
	side := f.side()
	for _, c := range f.Columns {
		if len(c.Groups) != len(f.Columns[0].Groups) {
			return fmt.Errorf("a class has %d groups, another %d", len(c.Groups), len(f.Columns[0].Groups))
		}
		for _, g := range c.Groups {
			for i, p := range g.Patches {
				if err := p.check(side); err != nil {
					return fmt.Errorf("patch %d: %w", i+1, err)
				}
			}
		}
	}
	return nil
}

// side is that of a patch in pixels, 0 if there are none.
func (f PatchFigure) side() int {
	for _, c := range f.Columns {
		if side := (ContactSheet{Groups: c.Groups}).side(); side > 0 {
			return side
		}
	}
	return 0
}

// A patchFigureLayout is the plan of a figure of patches, in pixels.
type patchFigureLayout struct {
	contactLayout
	ups []upwards
}

// upwards is text that reads upwards, from at on.
type upwards struct {
	lettering
	text string
	at   image.Point
}

// across returns how many patches of a class stand beside each other, and how many classes.
func (f PatchFigure) across() (patches, classes int) {
	most := 1
	for _, c := range f.Columns {
		for _, g := range c.Groups {
			most = max(most, len(g.Patches))
		}
	}
	limit := mostInRow
	if len(f.Columns) > 2 {
		limit = fewAcross
	}
	rows := (most + limit - 1) / limit
	patches = (most + rows - 1) / rows // even rows rather than full ones
	return patches, min(len(f.Columns), patchesAcross/patches)
}

// layout lays out a figure that check found nothing wrong with, as many ems wide as it is to
// be, if that is known and there is room for it.
func (f PatchFigure) layout() patchFigureLayout {
	ems := patchEms
	l := f.lay(ems)
	for range attempts {
		if f.Ems == 0 {
			break
		}
		patches, classes := f.across()
		ems = max(1, ems+(f.Ems-float64(l.size.X)/l.em)/float64(patches*classes))
		l = f.lay(ems)
	}
	return l
}

// lay lays out a figure whose patches take so many ems each.
func (f PatchFigure) lay(ems float64) patchFigureLayout {
	patches, classes := f.across()
	zoom, cell := 1, patchSide
	if side := f.side(); side > 0 {
		zoom = max(1, (patchSide+side-1)/side)
		cell = zoom * side
	}
	l := patchFigureLayout{contactLayout: contactLayout{typography: newTypography(float64(cell) / ems), zoom: zoom}}
	margin, gap, between := l.px(0.7), l.px(patchGap), l.px(1.1)
	left := margin
	if f.Columns[0].Groups[0].Title != "" {
		left += l.body.line
	}
	width := patches*(cell+gap) - gap
	y := margin
	for i := 0; i < len(f.Columns); i += classes {
		band := f.Columns[i:min(i+classes, len(f.Columns))]
		if i > 0 {
			y += l.px(1.2)
		}
		y += l.addTitles(band, image.Pt(left, y), width, between)
		for g := range band[0].Groups {
			if g > 0 {
				y += l.px(0.7)
			}
			top := y
			for j, c := range band {
				x := left + j*(width+between)
				y = max(y, l.addGroup(c.Groups[g].Patches, image.Pt(x, top), patches, cell, gap))
			}
			l.addUp(band[0].Groups[g].Title, left-l.body.line, top, max(y, top+cell))
			y = max(y, top+cell)
		}
	}
	l.size = image.Pt(left+classes*(width+between)-between+margin, y+margin)
	return l
}

// addTitles writes the names of classes above their columns, and returns the height of that.
func (l *patchFigureLayout) addTitles(band []PatchColumn, at image.Point, width, between int) int {
	height := 0
	for j, c := range band {
		var p paragraph
		p.add(newLettering(bold(), l.em, black), c.Title, width, 2)
		l.texts = append(l.texts, placedText{p, at.Add(image.Pt(j*(width+between), 0))})
		height = max(height, p.height())
	}
	return height + l.px(0.15)
}

// addGroup puts patches in rows from at on, each with its label, and returns where they end.
func (l *patchFigureLayout) addGroup(patches []SheetPatch, at image.Point, across, cell, gap int) (foot int) {
	if len(patches) == 0 {
		var p paragraph
		p.add(l.small, "none", cell, 1)
		l.texts = append(l.texts, placedText{p, at})
		return at.Y + p.height()
	}
	y, name := at.Y, newLettering(regular(), 0.72*l.em, grey)
	for i, p := range patches {
		if i > 0 && i%across == 0 {
			y = foot + gap
		}
		corner := image.Pt(at.X+i%across*(cell+gap), y)
		p.Context = nil
		l.cells = append(l.cells, sheetCell{SheetPatch: p, patch: image.Rectangle{corner, corner.Add(image.Pt(cell, cell))}})
		foot = max(foot, y+cell)
		if p.Label != "" {
			var label paragraph
			label.add(name, p.Label, cell, 2)
			l.texts = append(l.texts, placedText{label, image.Pt(corner.X, y+cell)})
			foot = max(foot, y+cell+label.height())
		}
	}
	return foot
}

// addUp writes what a group is beside it, upwards.
func (l *patchFigureLayout) addUp(title string, x, top, foot int) {
	if title == "" {
		return
	}
	up := newLettering(regular(), 0.85*l.em, black)
	title = up.shorten(up.printable(title), foot-top)
	l.ups = append(l.ups, upwards{up, title, image.Pt(x+up.capHeight(), foot-(foot-top-up.width(title))/2)})
}

// draw draws what was laid out.
func (l patchFigureLayout) draw(canvas Surface) {
	l.contactLayout.draw(canvas)
	for _, u := range l.ups {
		u.drawUp(canvas, u.at.X, u.at.Y, u.text)
	}
}
