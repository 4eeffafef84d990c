package pdf

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// TestFontsAreEmbedded reads the font of a page with another reader: what the page shows has
// the outlines and the widths that it had, all else has no outline.
func TestFontsAreEmbedded(t *testing.T) {
	const text = "−Ägypten, ÄV· 9"
	f := parsed(t, goregular.TTF)
	p := New(100, 100)
	if err := p.Text(f, 9.5, [6]float64{0, 1, -1, 0, 20, 30}, text); err != nil {
		t.Fatal(err)
	}
	objects, _ := read(t, mustWrite(t, p, Info{}))
	file := find(t, objects, "/Length1").data
	cut, err := sfnt.Parse(withCmap(t, file))
	if err != nil {
		t.Fatal(err)
	}
	em := fixed.I(int(f.UnitsPerEm()))
	var b sfnt.Buffer
	shown := map[sfnt.GlyphIndex]rune{}
	for _, r := range text {
		g, err := f.GlyphIndex(&b, r)
		if err != nil || g == 0 {
			t.Fatalf("%q: %v", r, err)
		}
		shown[g] = r
	}
	if cut.NumGlyphs() != f.NumGlyphs() {
		t.Fatalf("%d glyphs, want %d, so that they keep their numbers", cut.NumGlyphs(), f.NumGlyphs())
	}
	kept := 0
	for g := range sfnt.GlyphIndex(f.NumGlyphs()) {
		want, err := f.LoadGlyph(&b, g, em, nil)
		if err != nil {
			t.Fatal(err)
		}
		want = append(sfnt.Segments{}, want...)
		got, err := cut.LoadGlyph(&b, g, em, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, is := shown[g]; is && len(want) > 0 && !reflect.DeepEqual(append(sfnt.Segments{}, got...), want) {
			t.Errorf("glyph %d, %q, has another outline", g, shown[g])
		}
		if len(got) > 0 {
			kept++
		}
	}
	if kept < len(shown)-1 || kept > len(shown)+6 { // a space has none; parts of Ä have; that of unknown characters has
		t.Errorf("%d glyphs have outlines, of %d", kept, len(shown))
	}
	descendant := find(t, objects, "/Subtype /CIDFontType2", "/CIDToGIDMap /Identity").dictionary
	for g, r := range shown {
		advance, err := f.GlyphAdvance(&b, g, fixed.I(1000), font.HintingNone)
		if err != nil {
			t.Fatal(err)
		}
		var width float64
		entry := regexp.MustCompile(fmt.Sprintf(`[[ ]%d \[([0-9.]+)\]`, g)).FindStringSubmatch(descendant)
		if entry == nil {
			t.Fatalf("no width of %q in %s", r, descendant)
		}
		if fmt.Sscan(entry[1], &width); width < float64(advance)/64-0.1 || width > float64(advance)/64+0.1 {
			t.Errorf("%q is %v wide, want %v", r, width, float64(advance)/64)
		}
		meaning := fmt.Appendf(nil, "<%04X> <%04X>", g, r)
		if !slices.ContainsFunc(objects, func(o object) bool { return bytes.Contains(o.data, meaning) }) {
			t.Errorf("%q has no meaning", r)
		}
	}
	name := regexp.MustCompile(`/FontName /([A-Z]{6})\+GoRegular `).FindString(find(t, objects, "/FontDescriptor /FontName").dictionary)
	if name == "" {
		t.Error("the font's name does not say that it is cut down")
	}
	if got := content(t, p); !strings.Contains(got, "/F0 9.5 Tf\n0 1 -1 0 20 30 Tm\n[<") {
		t.Errorf("text is set by %s", got)
	}
}

// withCmap gives a font without characters, as PDF has them, the table that this reader wants.
func withCmap(t *testing.T, file []byte) []byte {
	t.Helper()
	tables, err := tablesOf(file)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := tablesOf(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range tables {
		if name == "glyf" || name == "loca" || name == "head" {
			continue
		}
		if !bytes.Equal(data, whole[name]) {
			t.Errorf("table %q is another", name)
		}
	}
	for i := range len(tables) { // the sum of each table's words, zeros after its end
		entry := file[12+16*i:]
		var sum uint32
		for k, b := range tables[string(entry[:4])] {
			sum += uint32(b) << (24 - 8*(k%4))
		}
		if sum != order.Uint32(entry[4:]) {
			t.Errorf("the checksum of table %q is wrong", entry[:4])
		}
	}
	for _, name := range []string{"cmap", "name", "OS/2", "post"} {
		tables[name] = whole[name]
	}
	return assemble(tables)
}

// TestPartsOfGlyphsAreKept makes a glyph that is put together from A, of which nothing else is shown.
func TestPartsOfGlyphsAreKept(t *testing.T) {
	f := parsed(t, goregular.TTF)
	var b sfnt.Buffer
	a, err := f.GlyphIndex(&b, 'A')
	if err != nil {
		t.Fatal(err)
	}
	tables, err := tablesOf(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	last := f.NumGlyphs() - 1
	loca := bytes.Clone(tables["loca"]) // places of half as many bytes as there are
	from := 2 * int(order.Uint16(loca[2*last:]))
	together := []byte{0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, byte(a >> 8), byte(a), 0, 0} // bytes that move nothing
	tables["glyf"] = append(bytes.Clone(tables["glyf"][:from]), together...)
	order.PutUint16(loca[2*last+2:], uint16((from+len(together))/2))
	tables["loca"] = loca
	made := assemble(tables)
	cut, err := subset(made, []sfnt.GlyphIndex{sfnt.GlyphIndex(last)})
	if err != nil {
		t.Fatal(err)
	}
	kept, err := tablesOf(cut)
	if err != nil {
		t.Fatal(err)
	}
	outline := func(g int) []byte {
		return kept["glyf"][order.Uint32(kept["loca"][4*g:]):order.Uint32(kept["loca"][4*g+4:])]
	}
	whole := tables["glyf"][2*int(order.Uint16(loca[2*a:])) : 2*int(order.Uint16(loca[2*a+2:]))]
	if !bytes.HasPrefix(outline(int(a)), whole) || len(whole) < 20 || !bytes.Equal(outline(last), together) || len(outline(int(a)+1)) != 0 {
		t.Errorf("A has %d bytes, the glyph of it %d, B %d", len(outline(int(a))), len(outline(last)), len(outline(int(a)+1)))
	}
}

// TestSubsetRefuses reads fonts that end anywhere without falling over.
func TestSubsetRefuses(t *testing.T) {
	for n := 0; n < len(goregular.TTF); n += 997 {
		if _, err := subset(goregular.TTF[:n], []sfnt.GlyphIndex{36, 100}); err == nil {
			t.Fatalf("a font of %d bytes is whole", n)
		}
	}
	if _, err := subset(goregular.TTF, []sfnt.GlyphIndex{60000}); err == nil {
		t.Error("there is no such glyph")
	}
	for name, glyph := range map[string][]byte{
		"no part":         {0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0},
		"no second part":  {0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x20, 0, 5, 0, 0},
		"half a matrix":   {0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xa0, 0, 5, 0, 0, 0},
		"half a position": {0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x21, 0, 5, 0},
	} {
		if parts, err := components(glyph); err == nil {
			t.Errorf("%s: %v", name, parts)
		}
	}
	// Two parts: 5, with words and one scale (2 + 2 + 4 + 2 bytes), then 6 with a matrix.
	two := []byte{0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x29, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0x60, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}
	if parts, err := components(two); err != nil || !reflect.DeepEqual(parts, []int{5, 6, 7}) {
		t.Errorf("parts %v, %v", parts, err)
	}
}
