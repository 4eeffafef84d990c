package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// The Go fonts (Bigelow and Holmes, 2016) have Latin, Greek and Cyrillic letters.
var (
	regular = sync.OnceValue(func() *sfnt.Font { return parseFont(goregular.TTF) })
	bold    = sync.OnceValue(func() *sfnt.Font { return parseFont(gobold.TTF) })
)

func parseFont(ttf []byte) *sfnt.Font {
	f, err := opentype.Parse(ttf)
	if err != nil {
		panic(fmt.Sprintf("embedded font: %v", err))
	}
	return f
}

const (
	ellipsis = "…"
	noGlyph  = '□' // stands for a character that the fonts have no glyph for
)

// A lettering is text of one font, size and colour. It is for one goroutine.
type lettering struct {
	font  *sfnt.Font
	face  font.Face
	size  float64 // of the em, pixels
	color color.Color
	line  int // pixels from one line's top to the next one's
}

// newLettering returns lettering whose em is size pixels.
func newLettering(f *sfnt.Font, size float64, c color.Color) lettering {
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic(fmt.Sprintf("text of size %v: %v", size, err)) // the library's NewFace never fails
	}
	return lettering{f, face, size, c, int(1.4*size + 0.5)}
}

// width is the width of a line of text in pixels, rounded up.
func (l lettering) width(text string) int { return font.MeasureString(l.face, text).Ceil() }

// capHeight is the height of capital letters and digits in pixels.
func (l lettering) capHeight() int { return l.face.Metrics().CapHeight.Round() }

// draw writes a line of text: x is its left end, top where its box of l.line
// pixels begins.
func (l lettering) draw(dst Surface, x, top int, text string) {
	m := l.face.Metrics()
	baseline := top + (l.line+(m.Ascent-m.Descent).Round())/2
	l.drawAt(dst, x, baseline, text)
}

// drawAt writes a line of text whose baseline begins at (x, baseline).
func (l lettering) drawAt(dst Surface, x, baseline int, text string) {
	dst.Text(image.Pt(x, baseline), false, l.set(text))
}

// drawUp writes a line of text that reads upwards: its left end at y bottom, its
// baseline at x.
func (l lettering) drawUp(dst Surface, x, bottom int, text string) {
	dst.Text(image.Pt(x, bottom), true, l.set(text))
}

// set returns a line of text in l.
func (l lettering) set(text string) Line {
	width := float64(font.MeasureString(l.face, text)) / 64
	return Line{Text: text, Bold: l.font == bold(), Size: l.size, Width: width, Color: l.color, lettering: l}
}

// paint draws what drawAt writes.
func (l lettering) paint(dst *image.RGBA, x, baseline int, text string) {
	d := font.Drawer{Dst: dst, Src: image.NewUniform(l.color), Face: l.face, Dot: fixed.P(x, baseline)}
	d.DrawString(text)
}

// paintUp draws what drawUp writes.
func (l lettering) paintUp(dst *image.RGBA, x, bottom int, text string) {
	pad := l.line // no glyph is higher, deeper or begins further left
	flat := image.NewAlpha(image.Rect(-pad, -pad, l.width(text)+pad, pad))
	d := font.Drawer{Dst: flat, Src: image.Opaque, Face: l.face}
	d.DrawString(text)
	up := image.NewAlpha(image.Rect(flat.Rect.Min.Y, -flat.Rect.Max.X, flat.Rect.Max.Y, -flat.Rect.Min.X))
	for i := flat.Rect.Min.Y; i < flat.Rect.Max.Y; i++ {
		for j := flat.Rect.Min.X; j < flat.Rect.Max.X; j++ {
			up.SetAlpha(i, -1-j, flat.AlphaAt(j, i))
		}
	}
	draw.DrawMask(dst, up.Rect.Add(image.Pt(x, bottom)), image.NewUniform(l.color), image.Point{}, up, up.Rect.Min, draw.Over)
}

// printable returns text as the font can show it: on one line, without control
// and formatting characters, with noGlyph for what the font lacks.
func (l lettering) printable(text string) string {
	var b sfnt.Buffer
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return ' '
		}
		if g, err := l.font.GlyphIndex(&b, r); err == nil && g != 0 {
			return r
		}
		if unicode.In(r, unicode.Cf, unicode.Mn, unicode.Me) {
			return -1 // joiners, directions, accents of letters that are lacking too
		}
		return noGlyph
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// wrap breaks text into at most the given number of lines, none wider than width
// pixels; what does not fit ends in an ellipsis.
func (l lettering) wrap(text string, width, lines int) []string {
	var out []string
	words := strings.Fields(l.printable(text))
	for len(words) > 0 && len(out) < lines {
		n := 1
		for n < len(words) && l.width(strings.Join(words[:n+1], " ")) <= width {
			n++
		}
		line := strings.Join(words[:n], " ")
		words = words[n:]
		if len(words) > 0 && len(out) == lines-1 {
			line = strings.Join(append([]string{line}, words...), " ")
		} else if len(words) > 0 {
			line = strings.TrimRight(line, " ·") // the break separates
		}
		out = append(out, l.shorten(line, width))
	}
	return out
}

// shorten cuts text, at a letter, to fit into width pixels with an ellipsis.
func (l lettering) shorten(text string, width int) string {
	if l.width(text) <= width {
		return text
	}
	letters := []rune(text)
	room := fixed.I(width) - font.MeasureString(l.face, ellipsis)
	var x fixed.Int26_6
	for n, r := range letters {
		advance, _ := l.face.GlyphAdvance(r)
		if n > 0 {
			advance += l.face.Kern(letters[n-1], r)
		}
		if x += advance; x > room {
			return strings.TrimRight(string(letters[:n]), " ,·") + ellipsis
		}
	}
	return text
}
