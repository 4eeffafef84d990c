package heatmap

import (
	"encoding/hex"
	"image"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestWrapFits(t *testing.T) {
	l := newLettering(regular(), 20, black)
	long := "Staffordshire bullterrier, Staffordshire bull terrier, and others"
	for _, width := range []int{1, 30, 90, 150, 300, 2000} {
		for _, text := range []string{"", "tench", long, strings.Repeat("x", 400), "a  b\n c\t", "高尔夫球", "мяч для гольфа", "\xff\xfe"} {
			for _, lines := range []int{1, 2, 5} {
				got := l.wrap(text, width, lines)
				if len(got) > lines {
					t.Errorf("%q in %d lines: %q", text, lines, got)
				}
				for _, line := range got {
					if l.width(line) > max(width, l.width(ellipsis)) {
						t.Errorf("%q is %d pixels wide, allowed are %d", line, l.width(line), width)
					}
				}
				if all := strings.Join(got, " "); !strings.HasSuffix(all, ellipsis) && all != l.printable(text) && !strings.Contains(all, ellipsis) {
					t.Errorf("%q became %q", text, got)
				}
			}
		}
	}
	if got := l.wrap(long, 300, 2); len(got) != 2 || !strings.HasSuffix(got[1], ellipsis) {
		t.Errorf("in two lines of 300 pixels: %q", got)
	}
}

// Separators and commas are not left hanging where a line ends.
func TestWrapAtSeparators(t *testing.T) {
	l := newLettering(regular(), 20, black)
	text := "model" + separator + "patches" + separator + "stride, and, so, on"
	if got := l.wrap(text, l.width("model · patches · s"), 2); len(got) != 2 || got[0] != "model · patches" {
		t.Errorf("%q", got)
	}
	if got := l.shorten("gas pump, petrol pump", l.width("gas pump,…")); got != "gas pump…" {
		t.Errorf("shortened to %q", got)
	}
}

func TestPrintable(t *testing.T) {
	l := newLettering(bold(), 20, black)
	for text, want := range map[string]string{
		"golf ball": "golf ball", " a\tb\r\nc\x00d\u2028e": "a b c d e", "Čeština, Ελληνικά, Русский": "Čeština, Ελληνικά, Русский",
		"高尔": "□□", "a\u202eb\u200dc": "abc", "\x1b[31mred": "[31mred", "\xff": string(l.printable("\ufffd")),
	} {
		if got := l.printable(text); got != want || !utf8.ValidString(got) {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

// Nothing in a panel lies over anything else, or beyond the picture.
func TestPanelLayout(t *testing.T) {
	for _, size := range []image.Point{{448, 448}, {4000, 3000}, {3000, 4000}, {40, 2000}, {2000, 40}, {1200, 479}, {400, 1}, {1, 400}} {
		for _, scale := range []float64{1, 12.345, 1e-30, 3.4e38} {
			bar := colorbar{colors: RdBuR, scale: scale, unit: "logit", above: true}
			s := newPanelLayout(size, bar, Picture{}.titles())
			s.addCaption(Caption{Class: strings.Repeat("long name ", 30), Model: strings.Repeat("model", 50), Patch: 33, Stride: 8, File: strings.Repeat("name", 90), Truth: "long name", Caution: Caution(435, 0)}, true, true)
			whole := image.Rectangle{Max: s.size}
			boxes := []image.Rectangle{{s.bar.Min, image.Pt(s.bar.Max.X+bar.ticksWidth(s.small), s.bar.Max.Y)}}
			add := func(l lettering, at image.Point, text string) {
				boxes = append(boxes, image.Rect(at.X, at.Y, at.X+l.width(text), at.Y+l.line))
			}
			add(s.small, s.bar.Min.Sub(image.Pt(0, s.small.line)), bar.unit)
			for i, img := range s.images {
				boxes = append(boxes, img)
				add(s.small, img.Min.Sub(image.Pt(0, s.small.line)), Picture{}.titles()[i])
			}
			at := image.Pt(s.images[0].Min.X, s.px(captionTop))
			for _, line := range s.caption {
				add(line.lettering, at, line.text)
				at.Y += line.line
			}
			for i, a := range boxes {
				if !a.In(whole) {
					t.Errorf("%v, scale %v: box %d %v is not within %v", size, scale, i, a, whole)
				}
				for j, b := range boxes[:i] {
					if a.Overlaps(b) {
						t.Errorf("%v, scale %v: boxes %d %v and %d %v overlap", size, scale, j, b, i, a)
					}
				}
			}
		}
	}
}

func TestTicks(t *testing.T) {
	for scale, want := range map[float64]string{
		7.43: "+7.43 0 −7.43 +5 −5", 1: "+1 0 −1 +0.5 −0.5", 26.84: "+26.8 0 −26.8 +10 −10", 1e-7: "+1e−07 0 −1e−07 +5e−08 −5e−08", 3.4e38: "+3.4e+38 0 −3.4e+38 +2e+38 −2e+38",
	} {
		var got []string
		for _, tick := range (colorbar{scale: scale}).ticks(minApart) {
			got = append(got, tick.text)
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("ticks up to %v: %s, want %s", scale, text, want)
		}
	}
}

// TestUnsigned has the colours of a map without negative values go from the neutral one to
// the last, or through all of a map that has no neutral one.
func TestUnsigned(t *testing.T) {
	for name, want := range map[string][3]string{ // at 0, 1/2 and 1 of the scale: ColorBrewer's points, matplotlib's
		"RdBu_r":  {"f7f7f7", "e58368", "67001f"},
		"viridis": {"440154", "21918c", "fde725"},
	} {
		colors, err := ParseUnsigned(name)
		if err != nil {
			t.Fatal(err)
		}
		p := Picture{Colors: colors, Scale: 8, Unsigned: true}
		for i, v := range []float64{0, 4, 8} {
			c := p.colour(v)
			got, _ := hex.DecodeString(want[i])
			for k, level := range []uint8{c.R, c.G, c.B} {
				if d := int(level) - int(got[k]); d < -3 || d > 3 {
					t.Errorf("%s: %v at %v, want %s", name, c, v, want[i])
				}
			}
		}
	}
	if _, err := ParseUnsigned("rainbow"); err == nil {
		t.Error("no error for rainbow")
	}
	var texts []string
	for _, tick := range (colorbar{scale: 7.3, unsigned: true}).ticks(minApart) {
		texts = append(texts, tick.text)
	}
	if got := strings.Join(texts, " "); got != "7.3 0 5" {
		t.Errorf("ticks %s, want 7.3 0 5", got)
	}
}
