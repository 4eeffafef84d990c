package chart

import (
	"image/color"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// colors are those of M. Okabe and K. Ito, Color Universal Design, 2002, which
// people of every kind of colour vision can tell apart, without the yellow that
// vanishes on white.
var colors = []color.Color{
	color.NRGBA{0, 114, 178, 255},   // blue
	color.NRGBA{213, 94, 0, 255},    // vermilion
	color.NRGBA{0, 158, 115, 255},   // bluish green
	color.NRGBA{204, 121, 167, 255}, // reddish purple
	color.NRGBA{230, 159, 0, 255},   // orange
	color.NRGBA{86, 180, 233, 255},  // sky blue
	color.NRGBA{0, 0, 0, 255},
}

// Ink of what is no series.
var (
	ink       = color.Gray{0x26} // of text
	referring = color.Gray{0x6e} // of references and kinds
	rule      = color.Gray{0xe1} // of the grid
	band      = color.Gray{0xf4} // behind every other name of the x axis
)

// shapes and dashes tell more series apart than there are colours. Lengths of dashes are in
// thicknesses of the line.
var (
	shapes = []draw.GlyphDrawer{draw.CircleGlyph{}, draw.BoxGlyph{}, draw.PyramidGlyph{}, draw.RingGlyph{}, draw.SquareGlyph{}, draw.TriangleGlyph{}}
	dashes = [][]vg.Length{nil, {4.5, 2}, {1.3, 1.5}, {7, 1.6, 1.3, 1.6}, {10, 2.5}}
)

// A look is how a series is drawn.
type look struct {
	color  color.Color
	shape  draw.GlyphDrawer
	dashes []vg.Length // in thicknesses of the line
}

// looks returns the looks of the series. Names have colours and shapes, and where there are
// no kinds other dashes when the colours have been used up. Kinds have dashes, and where
// no series has a line, the shapes.
func (f Figure) looks() []look {
	looks, kinded, joined := make([]look, len(f.Series)), false, false
	for _, s := range f.Series {
		kinded = kinded || s.Kind != "" && s.Style != Reference
		joined = joined || s.Style == Curve
	}
	names, kinds := numbered(f.Series, func(s Series) string { return s.Name }), numbered(f.Series, func(s Series) string { return s.Kind })
	for i, s := range f.Series {
		if s.Style == Reference {
			looks[i] = look{referring, nil, dashes[1]}
			continue
		}
		name, kind := names[i], kinds[i]
		if s.Name == "" { // of its own colour, as its points say what they are
			name = i
		}
		looks[i] = look{colors[name%len(colors)], shapes[name%len(shapes)], dashes[name/len(colors)%len(dashes)]}
		if kinded {
			looks[i].dashes = dashes[kind%len(dashes)]
		}
		if kinded && !joined {
			looks[i].shape = shapes[kind%len(shapes)]
		}
	}
	return looks
}

// paler is a colour half mixed with white.
func paler(c color.Color) color.Color {
	r, g, b, _ := c.RGBA()
	half := func(v uint32) uint8 { return uint8((v>>8 + 255) / 2) }
	return color.NRGBA{half(r), half(g), half(b), 255}
}

// line is the style of a look's line, so thick.
func (l look) line(thickness vg.Length) draw.LineStyle {
	style := draw.LineStyle{Color: l.color, Width: thickness}
	for _, d := range l.dashes {
		style.Dashes = append(style.Dashes, d*max(thickness, 1))
	}
	return style
}
