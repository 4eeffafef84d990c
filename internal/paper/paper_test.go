package paper

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bagnet/internal/grid"
	"bagnet/internal/heatmap"
)

// example is a picture of 40 x 30 pixels with a map that leaves a border.
func example(w, h int) heatmap.Picture {
	img := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		img.SetNRGBA(i%w, i/w, color.NRGBA{uint8(5 * i), uint8(3 * (i / w)), uint8(7 * (i % w)), 255})
	}
	g := heatmap.Map{Grid: grid.Grid{Rows: 2, Cols: 3, Origin: 8, Stride: 8}, Values: []float32{1, -2, 3, 4, 0, 9}}
	return heatmap.Picture{Image: img, Map: g, Colors: heatmap.RdBuR, Scale: 4, Alpha: 0.5,
		Caption: heatmap.Caption{Class: "tench & <eel>", Logit: -2.5, Probability: 0.25, Model: "m", Patch: 9, Stride: 8}}
}

func layout(t *testing.T, p heatmap.Picture, style heatmap.Style) *heatmap.Drawing {
	t.Helper()
	d, err := p.Layout(style)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func file(t *testing.T, f Format, d *heatmap.Drawing) []byte {
	t.Helper()
	data, err := f.File(d, said)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

var said = []heatmap.Text{
	{Key: "Software", Value: "bagnet 1"}, {Key: "Source", Value: "a <b> & \"c\".png"}, {Key: "bagnet:class", Value: "0 n1 tench, Tinca"}, {Key: "bagnet:image-crc", Value: "0123"},
}

// An element is one of an SVG file.
type element struct {
	name       string
	attributes map[string]string
	text       string
}

func elements(t *testing.T, svg []byte) []element {
	t.Helper()
	var all []element
	var open []int
	for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := d.Token()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			e := element{name: token.Name.Local, attributes: map[string]string{}}
			for _, a := range token.Attr {
				e.attributes[a.Name.Local] = a.Value
			}
			open, all = append(open, len(all)), append(all, e)
		case xml.CharData:
			if len(open) > 0 {
				all[open[len(open)-1]].text += string(token)
			}
		case xml.EndElement:
			open = open[:len(open)-1]
		}
	}
}

func number(t *testing.T, s string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestSVGHasWhatThePixelsShow paints the rectangles and images of an SVG file itself, on
// pixels, and compares all of the picture but its text, arrows and hatching.
func TestSVGHasWhatThePixelsShow(t *testing.T) {
	for _, size := range []image.Point{{40, 30}, {30, 90}} {
		d := layout(t, example(size.X, size.Y), heatmap.Panel)
		want, err := d.Image()
		if err != nil {
			t.Fatal(err)
		}
		all := elements(t, file(t, Format{Kind: SVG}, d))
		got := image.NewNRGBA(want.Rect)
		unsure := make([]bool, want.Rect.Dx()*want.Rect.Dy())
		doubt := func(r image.Rectangle) {
			for y := max(0, r.Min.Y); y < min(r.Max.Y, want.Rect.Dy()); y++ {
				for x := max(0, r.Min.X); x < min(r.Max.X, want.Rect.Dx()); x++ {
					unsure[y*want.Rect.Dx()+x] = true
				}
			}
		}
		var texts []string
		clipped := false
		for _, e := range all {
			at := func(name string) float64 { return number(t, e.attributes[name]) }
			switch e.name {
			case "clipPath":
				clipped = true
				continue
			case "rect":
				if clipped {
					break
				}
				r := image.Rect(int(math.Round(at("x"))), int(math.Round(at("y"))), int(math.Round(at("x")+at("width"))), int(math.Round(at("y")+at("height"))))
				paint := e.attributes["fill"]
				holes := image.Rectangle{}
				if paint == "none" {
					paint = e.attributes["stroke"]
					half := at("stroke-width") / 2
					r = image.Rect(int(math.Round(at("x")-half)), int(math.Round(at("y")-half)), int(math.Round(at("x")+at("width")+half)), int(math.Round(at("y")+at("height")+half)))
					holes = r.Inset(int(2 * half))
				}
				var c color.NRGBA
				if n, err := fmt.Sscanf(paint, "#%02x%02x%02x", &c.R, &c.G, &c.B); n != 3 {
					t.Fatal(paint, err)
				}
				c.A = 255
				for y := r.Min.Y; y < r.Max.Y; y++ {
					for x := r.Min.X; x < r.Max.X; x++ {
						if !image.Pt(x, y).In(holes) {
							got.SetNRGBA(x, y, c)
						}
					}
				}
			case "image":
				data, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(e.attributes["href"], "data:image/png;base64,"))
				if err != nil {
					t.Fatal(err)
				}
				img, err := png.Decode(bytes.NewReader(data))
				if err != nil {
					t.Fatal(err)
				}
				if !strings.HasSuffix(e.attributes["style"], "image-rendering:pixelated") || e.attributes["preserveAspectRatio"] != "none" {
					t.Errorf("an image may be blurred: %v", e.attributes["style"])
				}
				w, h := int(at("width")), int(at("height"))
				for y := range h {
					for x := range w {
						c := color.NRGBAModel.Convert(img.At(x*img.Bounds().Dx()/w, y*img.Bounds().Dy()/h)).(color.NRGBA)
						if c.A != 0 {
							got.SetNRGBA(int(at("x"))+x, int(at("y"))+y, c)
						}
					}
				}
			case "path":
				if e.attributes["clip-path"] == "" { // an arrow
					var x1, y1, x2 int
					fmt.Sscanf(e.attributes["d"], "M%d %dH%d", &x1, &y1, &x2)
					doubt(image.Rect(x1, y1-(x2-x1)-1, x2, y1+(x2-x1)+1))
				}
			case "text":
				texts = append(texts, e.text)
				size := at("font-size")
				doubt(image.Rect(int(at("x")-size/4), int(at("y")-size), int(at("x")+at("textLength")+size/2), int(at("y")+size/2)))
			}
			clipped = false
		}
		hatched := layout(t, example(size.X, size.Y), heatmap.Heatmap)
		transparent, err := hatched.Image()
		if err != nil {
			t.Fatal(err)
		}
		if transparent.Opaque() {
			t.Fatal("nothing is hatched")
		}
		wrong := 0
		for i := range unsure {
			x, y := i%want.Rect.Dx(), i/want.Rect.Dx()
			g, w := got.NRGBAAt(x, y), want.NRGBAAt(x, y)
			if g != w && !unsure[i] && !(g == (color.NRGBA{255, 255, 255, 255}) && w.R == w.G && w.G == w.B && w.R >= 0xcf) { // hatching
				if wrong++; wrong < 4 {
					t.Errorf("%v: pixel %d, %d is %v, want %v", size, x, y, g, w)
				}
			}
		}
		if wrong > 0 {
			t.Errorf("%v: %d pixels are wrong", size, wrong)
		}
		for _, text := range []string{"tench & <eel>", "logit −2.50 · probability 25.0 %", "m · patches of 9 × 9 pixels · stride 8 · hatched: no patch", "image", "evidence", "overlay", "+4", "0", "−4", "logit"} {
			if !slices.Contains(texts, text) {
				t.Errorf("%v: %q is not written: %q", size, text, texts)
			}
		}
	}
}

// TestHatchingIsWhereThePixelsHaveIt draws lines through the middles of the darkest pixels.
func TestHatchingIsWhereThePixelsHaveIt(t *testing.T) {
	d := layout(t, example(40, 30), heatmap.Panel)
	img, err := d.Image()
	if err != nil {
		t.Fatal(err)
	}
	r := &hatches{}
	d.Paint(r)
	if len(r.areas) != 1 {
		t.Fatalf("%d hatched areas, want that of the evidence", len(r.areas))
	}
	area := r.areas[0]
	lines, width := hatching(area, r.period)
	if width != max(1, r.period/6) || len(lines) < 10 {
		t.Errorf("%d lines, %v wide", len(lines), width)
	}
	// The first row is wholly hatched: lines cross its middle where it is darkest, and nowhere else.
	y := float64(area.Min.Y) + 0.5
	crossed := map[int]bool{}
	for _, l := range lines {
		if slope := (l[3] - l[1]) / (l[2] - l[0]); math.Abs(slope+1) > 1e-9 {
			t.Fatalf("a line has the slope %v", slope)
		}
		crossed[int(math.Floor(l[0]+l[1]-y))] = true
	}
	n := 0
	for x := area.Min.X; x < area.Max.X; x++ {
		dark := img.NRGBAAt(x, area.Min.Y).R == paleInk.Y
		darker := img.NRGBAAt(x-1, area.Min.Y).R >= img.NRGBAAt(x, area.Min.Y).R && img.NRGBAAt(x+1, area.Min.Y).R >= img.NRGBAAt(x, area.Min.Y).R
		if dark && darker != crossed[x] && x > area.Min.X && x < area.Max.X-1 {
			t.Errorf("pixel %d: darkest %v, crossed %v", x, dark, crossed[x])
		}
		if crossed[x] {
			n++
		}
	}
	if n < 5 {
		t.Errorf("%d lines cross the first row", n)
	}
	low, high := lines[0], lines[len(lines)-1]
	if low[0]+low[1] > float64(area.Min.X+area.Min.Y)+width || high[2]+high[3] < float64(area.Max.X+area.Max.Y)-1 {
		t.Errorf("lines from %v to %v leave a corner of %v bare", low, high, area)
	}
}

// hatches is a Surface that notes hatching alone.
type hatches struct {
	areas  []image.Rectangle
	period float64
}

func (h *hatches) Fill(image.Rectangle, color.Color)      {}
func (h *hatches) Ring(image.Rectangle, int, color.Color) {}
func (h *hatches) Arrow(image.Rectangle, bool, color.Color) {
}
func (h *hatches) Image(image.Rectangle, *image.NRGBA)  {}
func (h *hatches) Text(image.Point, bool, heatmap.Line) {}
func (h *hatches) Hatch(r image.Rectangle, period float64) {
	h.areas, h.period = append(h.areas, r), period
}

// TestSizes measures pictures in print: as wide as they are to be, else with text of 7 points or,
// without text, 96 pixels an inch; heights follow.
func TestSizes(t *testing.T) {
	panel, overlay := layout(t, example(40, 30), heatmap.Panel), layout(t, example(40, 30), heatmap.Overlay)
	seven := float64(panel.Size.X) / panel.Em * 7 / 72 * 25.4
	for _, c := range []struct {
		d     *heatmap.Drawing
		width float64 // asked for, mm
		want  float64
	}{{panel, 170, 170}, {overlay, 85, 85}, {panel, 0, seven}, {overlay, 0, 40. / 96 * 25.4}} {
		root := elements(t, file(t, Format{Kind: SVG, Width: c.width}, c.d))[0].attributes
		w, h := number(t, strings.TrimSuffix(root["width"], "mm")), number(t, strings.TrimSuffix(root["height"], "mm"))
		ratio := float64(c.d.Size.Y) / float64(c.d.Size.X)
		if math.Abs(w-c.want) > 0.001 || math.Abs(h-c.want*ratio) > 0.001 || root["viewBox"] != fmt.Sprintf("0 0 %d %d", c.d.Size.X, c.d.Size.Y) {
			t.Errorf("SVG of %v x %v mm, viewBox %s, want %v mm", w, h, root["viewBox"], c.want)
		}
		box := regexp.MustCompile(`/MediaBox \[0 0 ([0-9.]+) ([0-9.]+)\]`).FindSubmatch(file(t, Format{Kind: PDF, Width: c.width}, c.d))
		pw, ph := number(t, string(box[1])), number(t, string(box[2]))
		if math.Abs(pw/72*25.4-c.want) > 0.001 || math.Abs(ph/pw-ratio) > 1e-4 {
			t.Errorf("PDF of %v x %v points, want %v mm", pw, ph, c.want)
		}
	}
	for _, c := range []struct {
		width, dpi float64
		pixels     int // across
		perMetre   uint32
	}{
		{0, 0, 40, 0}, {85, 0, 1004, 11811}, {85, 600, 2008, 23622}, // 85 / 25.4 * 300 = 1003.9
		{0, 96, 40, 3780}, {0, 192, 80, 7559}, {5.08, 100, 20, 3937}, // its own size is at 96
	} {
		data := file(t, Format{Kind: PNG, Width: c.width, DPI: c.dpi}, overlay)
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if got := img.Bounds().Dx(); got != c.pixels || img.Bounds().Dy() != int(math.Round(float64(c.pixels)*0.75)) {
			t.Errorf("%v mm, %v dpi: %v pixels, want %d across", c.width, c.dpi, img.Bounds(), c.pixels)
		}
		density := uint32(0)
		if at := bytes.Index(data, []byte("\x00\x00\x00\x09pHYs")); at > 0 && data[at+16] == 1 {
			if density = binary.BigEndian.Uint32(data[at+8:]); density != binary.BigEndian.Uint32(data[at+12:]) {
				t.Error("pixels are not square")
			}
		}
		if density != c.perMetre {
			t.Errorf("%v mm, %v dpi: %d pixels a metre, want %d", c.width, c.dpi, density, c.perMetre)
		}
	}
	if _, err := (Format{Kind: PNG, Width: 5000, DPI: 4800}).File(overlay, nil); err == nil || !strings.Contains(err.Error(), "are too many: take fewer") {
		t.Errorf("a picture of 5 m: %v", err)
	}
}

// TestFilesSayWhatTheyShow reads the texts of every kind back.
func TestFilesSayWhatTheyShow(t *testing.T) {
	d := layout(t, example(40, 30), heatmap.Panel)
	for _, kind := range Kinds() {
		style := heatmap.Panel
		if kind == PNG {
			style = heatmap.Overlay // which is quick to compress
		}
		data := file(t, Format{Kind: kind}, layout(t, example(40, 30), style))
		texts, err := heatmap.ReadTexts(bytes.NewReader(data))
		if err != nil || !slices.Equal(texts, said) {
			t.Errorf("%s says %q (%v)", kind, texts, err)
		}
		if !bytes.Equal(data, file(t, Format{Kind: kind}, layout(t, example(40, 30), style))) {
			t.Errorf("%s: other bytes of the same picture", kind)
		}
	}
	all := elements(t, file(t, Format{Kind: SVG}, d))
	for name, want := range map[string]string{"title": "0 n1 tench, Tinca", "desc": `Software: bagnet 1; Source: a <b> & "c".png; class: 0 n1 tench, Tinca; image-crc: 0123`} {
		if i := slices.IndexFunc(all, func(e element) bool { return e.name == name }); i < 0 || all[i].text != want {
			t.Errorf("%s is missing or another", name)
		}
	}
	if title(nil) != "bagnet" || title([]heatmap.Text{{Key: "bagnet:facts", Value: "f"}, {Key: "Title", Value: "T"}}) != "T" {
		t.Error("titles")
	}
	about := file(t, Format{Kind: PDF}, d)
	for _, key := range []string{"/Title <FEFF00300020006E00310020", "/Creator <FEFF006200610067006E00650074002000310>"[:40], "/Subject <FEFF", "/Keywords <FEFF"} {
		if !bytes.Contains(about, []byte(key)) {
			t.Errorf("the PDF file lacks %s", key)
		}
	}
}
