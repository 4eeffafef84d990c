package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// A face is a font with the glyphs of it that a page shows.
type face struct {
	font  *sfnt.Font
	units fixed.Int26_6            // to the em
	shown map[sfnt.GlyphIndex]rune // what they stand for
	file  []byte
	buf   sfnt.Buffer
}

// font returns which of the page's fonts f is.
func (p *Page) font(f *sfnt.Font) (int, error) {
	if at := slices.IndexFunc(p.fonts, func(have *face) bool { return have.font == f }); at >= 0 {
		return at, nil
	}
	made := &face{font: f, units: fixed.I(int(f.UnitsPerEm())), shown: map[sfnt.GlyphIndex]rune{}}
	var source bytes.Buffer
	if _, err := f.WriteSourceTo(&made.buf, &source); err != nil {
		return 0, fmt.Errorf("embedding a font: %w", err)
	}
	made.file = source.Bytes()
	p.fonts = append(p.fonts, made)
	return len(p.fonts) - 1, nil
}

// thousandths are what font units are in a PDF file, of the em.
func (f *face) thousandths(v fixed.Int26_6) float64 { return 1000 * float64(v) / float64(f.units) }

// show returns text as the operator TJ wants it: glyphs, and how much nearer than it is wide
// the next one stands.
func (f *face) show(text string) (string, error) {
	var b strings.Builder
	b.WriteString("[<")
	last := sfnt.GlyphIndex(0)
	for i, r := range text {
		glyph, err := f.font.GlyphIndex(&f.buf, r)
		if err != nil {
			return "", fmt.Errorf("writing %q: %w", text, err)
		}
		if i > 0 {
			kern, err := f.font.Kern(&f.buf, last, glyph, f.units, font.HintingNone)
			if err != nil && !errors.Is(err, sfnt.ErrNotFound) {
				return "", fmt.Errorf("writing %q: %w", text, err)
			}
			if kern != 0 {
				fmt.Fprintf(&b, "> %s <", number(-f.thousandths(kern)))
			}
		}
		if _, is := f.shown[glyph]; !is {
			f.shown[glyph] = r
		}
		fmt.Fprintf(&b, "%04X", glyph)
		last = glyph
	}
	b.WriteString(">]")
	return b.String(), nil
}

// write writes the font, cut down to what is shown of it, and returns its object's number.
func (f *face) write(to *file) (int, error) {
	glyphs := slices.Sorted(maps.Keys(f.shown))
	name, err := f.font.Name(&f.buf, sfnt.NameIDPostScript)
	if err != nil {
		return 0, fmt.Errorf("embedding a font: %w", err)
	}
	cut, err := subset(f.file, glyphs)
	if err != nil {
		return 0, fmt.Errorf("embedding the font %s: %w", name, err)
	}
	name = tag(glyphs) + "+" + name
	file := to.stream(fmt.Sprintf("/Length1 %d", len(cut)), cut, true)
	m, err := f.font.Metrics(&f.buf, f.units, font.HintingNone)
	if err != nil {
		return 0, fmt.Errorf("embedding the font %s: %w", name, err)
	}
	bounds, err := f.font.Bounds(&f.buf, f.units, font.HintingNone)
	if err != nil {
		return 0, fmt.Errorf("embedding the font %s: %w", name, err)
	}
	const symbolic = 4 // characters are not those of a standard encoding
	descriptor := to.object(fmt.Sprintf("<< /Type /FontDescriptor /FontName /%s /Flags %d /FontBBox [%.0f %.0f %.0f %.0f] /ItalicAngle 0 /Ascent %.0f /Descent %.0f /CapHeight %.0f /StemV 80 /FontFile2 %d 0 R >>",
		name, symbolic, f.thousandths(bounds.Min.X), f.thousandths(-bounds.Max.Y), f.thousandths(bounds.Max.X), f.thousandths(-bounds.Min.Y),
		f.thousandths(m.Ascent), f.thousandths(-m.Descent), f.thousandths(m.CapHeight), file))
	widths, meanings := "", ""
	for _, g := range glyphs {
		advance, err := f.font.GlyphAdvance(&f.buf, g, f.units, font.HintingNone)
		if err != nil {
			return 0, fmt.Errorf("embedding the font %s: %w", name, err)
		}
		widths += fmt.Sprintf("%d [%s] ", g, number(f.thousandths(advance)))
		meanings += fmt.Sprintf("1 beginbfchar\n<%04X> <%s>\nendbfchar\n", g, hexadecimal(units(f.shown[g])))
	}
	descendant := to.object(fmt.Sprintf("<< /Type /Font /Subtype /CIDFontType2 /BaseFont /%s /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> /FontDescriptor %d 0 R /CIDToGIDMap /Identity /DW 0 /W [%s] >>",
		name, descriptor, widths))
	unicode := to.stream("", []byte(fmt.Sprintf(toUnicode, meanings)), true)
	return to.object(fmt.Sprintf("<< /Type /Font /Subtype /Type0 /BaseFont /%s /Encoding /Identity-H /DescendantFonts [%d 0 R] /ToUnicode %d 0 R >>",
		name, descendant, unicode)), nil
}

// toUnicode says what glyphs mean, for those who search or copy text.
const toUnicode = `/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <FFFF>
endcodespacerange
%sendcmap
CMapName currentdict /CMap defineresource pop
end
end
`
