package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
)

func parsed(t *testing.T, ttf []byte) *sfnt.Font {
	t.Helper()
	f, err := sfnt.Parse(ttf)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// An object is one of a file as this test reads it.
type object struct {
	dictionary string
	data       []byte // of a stream, unpacked
}

// read reads a file as a reader does: from its end, by the table of objects.
func read(t *testing.T, file []byte) (objects []object, trailer string) {
	t.Helper()
	end := regexp.MustCompile(`startxref\n(\d+)\n%%EOF\n$`).FindSubmatch(file)
	if end == nil || !bytes.HasPrefix(file, []byte("%PDF-1.5\n")) {
		t.Fatalf("no PDF file: %.20q", file)
	}
	start, _ := strconv.Atoi(string(end[1]))
	lines := strings.Split(string(file[start:]), "\n")
	var first, n int
	if fmt.Sscanf(lines[1], "%d %d", &first, &n); lines[0] != "xref" || first != 0 || lines[2] != "0000000000 65535 f " {
		t.Fatalf("no table: %q", lines[:3])
	}
	for i := 1; i < n; i++ {
		line := lines[2+i]
		if len(line) != 19 || !strings.HasSuffix(line, " 00000 n ") {
			t.Fatalf("entry %q", line)
		}
		at, _ := strconv.Atoi(line[:10])
		body, begins := bytes.CutPrefix(file[at:], fmt.Appendf(nil, "%d 0 obj\n", i))
		if !begins {
			t.Fatalf("object %d is not at %d", i, at)
		}
		var o object
		if dict, rest, is := bytes.Cut(body, []byte("\nstream\n")); is && !bytes.Contains(dict, []byte("endobj")) {
			var length int
			fmt.Sscan(regexp.MustCompile(`/Length (\d+) >>`).FindStringSubmatch(string(dict))[1], &length)
			if o.data = rest[:length]; !bytes.HasPrefix(rest[length:], []byte("\nendstream\nendobj\n")) {
				t.Fatalf("stream %d does not end after %d bytes", i, length)
			}
			o.dictionary = string(dict)
			if strings.Contains(o.dictionary, "/FlateDecode") {
				z, err := zlib.NewReader(bytes.NewReader(o.data))
				if err != nil {
					t.Fatal(err)
				}
				if o.data, err = io.ReadAll(z); err != nil {
					t.Fatal(err)
				}
			}
		} else {
			dict, _, _ := bytes.Cut(body, []byte("\nendobj\n"))
			o.dictionary = string(dict)
		}
		objects = append(objects, o)
	}
	return objects, strings.Join(lines[2+n:], "\n")
}

// find returns the object whose dictionary has all the words.
func find(t *testing.T, objects []object, words ...string) object {
	t.Helper()
next:
	for _, o := range objects {
		for _, w := range words {
			if !strings.Contains(o.dictionary, w) {
				continue next
			}
		}
		return o
	}
	t.Fatalf("no object with %q", words)
	return object{}
}

func mustWrite(t *testing.T, p *Page, info Info) []byte {
	t.Helper()
	file, err := p.Bytes(info)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func content(t *testing.T, p *Page) string {
	t.Helper()
	objects, _ := read(t, mustWrite(t, p, Info{}))
	page := find(t, objects, "/Type /Page ").dictionary
	var n int
	fmt.Sscan(regexp.MustCompile(`/Contents (\d+) 0 R`).FindStringSubmatch(page)[1], &n)
	return string(objects[n-1].data)
}

// TestOperators writes what the specification has for each kind of mark.
func TestOperators(t *testing.T) {
	p := New(200.5, 100)
	p.Save()
	p.Transform(0.5, 0, 0, -0.5, 0, 100)
	p.SetFill(color.NRGBA{255, 0, 51, 255})
	p.SetFill(color.NRGBA{255, 0, 51, 255}) // it is already
	p.Rectangle(1, 2.25, 30, 1./3)
	p.Fill()
	p.SetStroke(color.Gray{51})
	p.SetLine(1.5, []float64{5, 2}, 1)
	p.MoveTo(0, 0)
	p.LineTo(-0.00001, 10)
	p.CurveTo(1, 2, 3, 4, 5, 6)
	p.Close()
	p.Stroke()
	p.Rectangle(0, 0, 1, 1)
	p.Clip()
	p.Restore()
	p.SetFill(color.NRGBA{255, 0, 51, 255}) // it is not, after Restore
	p.SetFill(color.NRGBA{255, 0, 51, 102})
	want := `q
0.500000000 0.000000000 0.000000000 -0.500000000 0 100 cm
1 0 0.2 rg
1 2.25 30 0.3333 re
f
0.2 0.2 0.2 RG
1.5 w
[5 2 ] 1 d
0 0 m
0 10 l
1 2 3 4 5 6 c
h
S
0 0 1 1 re
W n
Q
1 0 0.2 rg
/G0 gs
1 0 0.2 rg
`
	if got := content(t, p); got != want {
		t.Errorf("wrote\n%swant\n%s", got, want)
	}
	objects, trailer := read(t, mustWrite(t, p, Info{Title: "Ü – 𝄞", Creator: "c", XMP: []byte("<xmp>")}))
	page := find(t, objects, "/Type /Page ").dictionary
	for _, words := range []string{"/MediaBox [0 0 200.5 100]", "/G0 << /ca 0.4 /CA 0.4 >>"} {
		if !strings.Contains(page, words) {
			t.Errorf("the page lacks %s: %s", words, page)
		}
	}
	if o := objects[0]; o.dictionary != "<< /Type /Metadata /Subtype /XML /Length 5 >>" || string(o.data) != "<xmp>" {
		t.Errorf("first object %+v", o)
	}
	find(t, objects, "/Type /Catalog", "/Metadata 1 0 R")
	about := find(t, objects, "/Title <FEFF00DC002020130020D834DD1E>", "/Creator <FEFF0063>").dictionary // by hand, from the code charts
	if strings.Contains(about, "Date") || strings.Contains(about, "Subject") {
		t.Errorf("said %s", about)
	}
	for _, key := range []string{fmt.Sprintf("/Size %d", len(objects)+1), "/Root", "/Info"} {
		if !strings.Contains(trailer, key) {
			t.Errorf("trailer %s lacks %s", trailer, key)
		}
	}
}

// unfiltered undoes the filters of PNG (3rd edition, 9.2), which PDF has as predictor 15.
func unfiltered(t *testing.T, rows []byte, w, h, channels int) []byte {
	t.Helper()
	stride := w * channels
	if len(rows) != h*(stride+1) {
		t.Fatalf("%d bytes of %d x %d pixels", len(rows), w, h)
	}
	out := make([]byte, 0, h*stride)
	before := make([]byte, stride)
	for y := range h {
		filter, row := rows[y*(stride+1)], bytes.Clone(rows[y*(stride+1)+1:(y+1)*(stride+1)])
		for i := range row {
			var left, up, corner int
			if up = int(before[i]); i >= channels {
				left, corner = int(row[i-channels]), int(before[i-channels])
			}
			switch filter {
			case 1:
				row[i] += byte(left)
			case 2:
				row[i] += byte(up)
			case 3:
				row[i] += byte((left + up) / 2)
			case 4:
				p := left + up - corner
				a, b, c := max(p-left, left-p), max(p-up, up-p), max(p-corner, corner-p)
				switch {
				case a <= b && a <= c:
					row[i] += byte(left)
				case b <= c:
					row[i] += byte(up)
				default:
					row[i] += byte(corner)
				}
			}
		}
		out, before = append(out, row...), row
	}
	return out
}

// TestImagesKeepTheirPixels reads images back by the specification's words.
func TestImagesKeepTheirPixels(t *testing.T) {
	for _, transparent := range []bool{false, true} {
		img := image.NewNRGBA(image.Rect(3, 4, 3+7, 4+5))
		var want, alpha []byte
		for y := range 5 {
			for x := range 7 {
				c := color.NRGBA{uint8(40 * x), uint8(50 * y), uint8(17 * x * y), 255}
				if transparent && x == y {
					c.A = uint8(60 * x)
				}
				img.SetNRGBA(3+x, 4+y, c)
				want, alpha = append(want, c.R, c.G, c.B), append(alpha, c.A)
			}
		}
		p := New(10, 10)
		if err := p.Image(img, 1, 9, 7, -5); err != nil {
			t.Fatal(err)
		}
		if got := content(t, p); got != "q\n7 0 0 -5 1 9 cm\n/I0 Do\nQ\n" {
			t.Errorf("placed by %s", got)
		}
		objects, _ := read(t, mustWrite(t, p, Info{}))
		o := find(t, objects, "/Subtype /Image", "/Width 7 /Height 5", "/ColorSpace /DeviceRGB", "/Interpolate false", "/Predictor 15 /Colors 3 /BitsPerComponent 8 /Columns 7")
		if got := unfiltered(t, o.data, 7, 5, 3); !bytes.Equal(got, want) {
			t.Errorf("transparent %v: pixels %v, want %v", transparent, got, want)
		}
		if strings.Contains(o.dictionary, "/SMask") != transparent {
			t.Errorf("transparent %v: %s", transparent, o.dictionary)
		}
		if transparent {
			if mask := find(t, objects, "/Subtype /Image", "/ColorSpace /DeviceGray", "/Width 7 /Height 5"); !bytes.Equal(mask.data, alpha) {
				t.Errorf("opacities %v, want %v", mask.data, alpha)
			}
		}
	}
	if err := New(1, 1).Image(image.NewNRGBA(image.Rectangle{}), 0, 0, 1, 1); err == nil {
		t.Error("an image without pixels is none")
	}
}

// TestSamePageSameBytes writes images of one size, fonts and opacities several times.
func TestSamePageSameBytes(t *testing.T) {
	regular, bold := parsed(t, goregular.TTF), parsed(t, gobold.TTF)
	draw := func() []byte {
		p := New(100, 100)
		for i := range 6 {
			img := image.NewNRGBA(image.Rect(0, 0, 4, 4))
			img.SetNRGBA(1, 1, color.NRGBA{uint8(i), 0, 0, 255})
			p.SetFill(color.NRGBA{0, 0, 0, uint8(255 - i)})
			for _, f := range []*sfnt.Font{regular, bold} {
				if err := p.Text(f, 9, [6]float64{1, 0, 0, 1, 0, 0}, "Ä quick brown fox — "+strconv.Itoa(i)); err != nil {
					t.Fatal(err)
				}
			}
			if err := p.Image(img, 0, 0, 1, 1); err != nil {
				t.Fatal(err)
			}
		}
		return mustWrite(t, p, Info{Title: "t"})
	}
	want := draw()
	for range 3 {
		if !bytes.Equal(draw(), want) {
			t.Fatal("other bytes of the same page")
		}
	}
	if n := bytes.Count(want, []byte("/FontFile2")); n != 2 {
		t.Errorf("%d fonts, want 2", n)
	}
}
