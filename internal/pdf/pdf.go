// Package pdf writes a page of lines, letters and images as a PDF file (ISO 32000-1). The same
// page is the same bytes: nothing in it says when it was made.
package pdf

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
	"math"
	"strconv"
	"unicode/utf16"

	"golang.org/x/image/font/sfnt"
)

// An Info is what a file says about itself.
type Info struct {
	Title, Subject, Keywords string
	Creator                  string // the program
	XMP                      []byte // the same and more, as an XMP packet; nil for none
}

// A Page is drawn on from its lower left corner, in points of 1/72 inch until Transform
// changes that.
type Page struct {
	width, height float64
	content       bytes.Buffer
	fonts         []*face
	images        []*picture
	opacities     []uint8 // those in use, of 255
	states        []state // of which Restore goes back to the one before
}

// A state is what Save keeps and Restore brings back.
type state struct{ fill, stroke color.NRGBA }

// New returns an empty page of so many points.
func New(width, height float64) *Page {
	black := color.NRGBA{A: 255}
	return &Page{width: width, height: height, states: []state{{black, black}}}
}

// number writes v to a ten-thousandth of a point.
func number(v float64) string {
	s := strconv.FormatFloat(math.Round(v*1e4)/1e4, 'f', -1, 64)
	if s == "-0" {
		return "0"
	}
	return s
}

// write adds numbers and the operator that they are for.
func (p *Page) write(operator string, values ...float64) {
	for _, v := range values {
		p.content.WriteString(number(v))
		p.content.WriteByte(' ')
	}
	p.content.WriteString(operator)
	p.content.WriteByte('\n')
}

// Save keeps colours, lines, clipping and coordinates until Restore.
func (p *Page) Save() {
	p.states = append(p.states, p.states[len(p.states)-1])
	p.write("q")
}

// Restore goes back to what Save kept.
func (p *Page) Restore() {
	p.states = p.states[:len(p.states)-1]
	p.write("Q")
}

// Transform has (x, y) be what (ax + cy + e, bx + dy + f) was.
func (p *Page) Transform(a, b, c, d, e, f float64) {
	for _, v := range []float64{a, b, c, d} { // scales, to more digits than places
		p.content.WriteString(strconv.FormatFloat(v, 'f', 9, 64))
		p.content.WriteByte(' ')
	}
	p.write("cm", e, f)
}

// SetFill sets the colour of areas and text.
func (p *Page) SetFill(c color.Color) { p.setColor(c, &p.states[len(p.states)-1].fill, "rg") }

// SetStroke sets the colour of lines.
func (p *Page) SetStroke(c color.Color) { p.setColor(c, &p.states[len(p.states)-1].stroke, "RG") }

func (p *Page) setColor(c color.Color, current *color.NRGBA, operator string) {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	if n == *current {
		return
	}
	if n.A != current.A {
		p.opacity(n.A)
		top := &p.states[len(p.states)-1]
		top.fill.A, top.stroke.A = n.A, n.A
	}
	*current = n
	p.write(operator, float64(n.R)/255, float64(n.G)/255, float64(n.B)/255)
}

// opacity sets that of all that follows, of 255.
func (p *Page) opacity(a uint8) {
	at := bytes.IndexByte(p.opacities, a)
	if at < 0 {
		at = len(p.opacities)
		p.opacities = append(p.opacities, a)
	}
	p.write(fmt.Sprintf("/G%d gs", at))
}

// SetLine sets the width of lines, and the lengths of their dashes and gaps, none for an
// unbroken line, which begin so far into the first.
func (p *Page) SetLine(width float64, dashes []float64, begin float64) {
	p.write("w", width)
	p.content.WriteByte('[')
	for _, d := range dashes {
		p.content.WriteString(number(d) + " ")
	}
	p.content.WriteString("] ")
	p.write("d", begin)
}

// MoveTo begins a path, or another part of it.
func (p *Page) MoveTo(x, y float64) { p.write("m", x, y) }

// LineTo goes on with a straight line.
func (p *Page) LineTo(x, y float64) { p.write("l", x, y) }

// CurveTo goes on with a Bézier curve.
func (p *Page) CurveTo(x1, y1, x2, y2, x, y float64) { p.write("c", x1, y1, x2, y2, x, y) }

// Close goes back to where the part of the path began.
func (p *Page) Close() { p.write("h") }

// Rectangle adds a rectangle to the path.
func (p *Page) Rectangle(x, y, w, h float64) { p.write("re", x, y, w, h) }

// Fill fills the path.
func (p *Page) Fill() { p.write("f") }

// Stroke draws the path as a line.
func (p *Page) Stroke() { p.write("S") }

// Clip has nothing be drawn outside of the path until Restore.
func (p *Page) Clip() { p.write("W n") }

// Text writes a line whose baseline begins at (0, 0) of the transformation: (1, 0, 0, 1, x, y)
// is level, from (x, y) on. The em is size wide.
func (p *Page) Text(f *sfnt.Font, size float64, transform [6]float64, text string) error {
	at, err := p.font(f)
	if err != nil {
		return err
	}
	shown, err := p.fonts[at].show(text)
	if err != nil {
		return err
	}
	p.write("BT")
	p.write(fmt.Sprintf("/F%d %s Tf", at, number(size)))
	p.write("Tm", transform[:]...)
	p.write(shown + " TJ")
	p.write("ET")
	return nil
}

// Image draws an image into a rectangle, its lower left corner at (x, y), which a negative
// height turns upside down. Every one of its pixels is kept as it is.
func (p *Page) Image(img *image.NRGBA, x, y, w, h float64) error {
	made, err := newPicture(img)
	if err != nil {
		return err
	}
	at := len(p.images)
	p.images = append(p.images, made)
	p.write("q")
	p.write("cm", w, 0, 0, h, x, y)
	p.write(fmt.Sprintf("/I%d Do", at))
	p.write("Q")
	return nil
}

// Bytes returns the file.
func (p *Page) Bytes(info Info) ([]byte, error) {
	f := &file{}
	f.WriteString("%PDF-1.5\n%\xe2\xe3\xcf\xd3\n")
	metadata := "" // first, where readers of XMP look for it
	if info.XMP != nil {
		metadata = fmt.Sprintf("/Metadata %d 0 R ", f.stream("/Type /Metadata /Subtype /XML", info.XMP, false))
	}
	about := "<< " // strings of UTF-16 in hexadecimal digits
	for _, entry := range []struct{ key, value string }{
		{"Title", info.Title}, {"Subject", info.Subject}, {"Keywords", info.Keywords}, {"Creator", info.Creator},
	} {
		if entry.value != "" {
			about += fmt.Sprintf("/%s <FEFF%s> ", entry.key, hexadecimal(utf16.Encode([]rune(entry.value))))
		}
	}
	described := f.object(about + ">>")
	resources := "<< /ProcSet [/PDF /Text /ImageC] /Font << "
	for i, font := range p.fonts {
		number, err := font.write(f)
		if err != nil {
			return nil, err
		}
		resources += fmt.Sprintf("/F%d %d 0 R ", i, number)
	}
	resources += ">> /XObject << "
	for i, img := range p.images {
		resources += fmt.Sprintf("/I%d %d 0 R ", i, img.write(f))
	}
	resources += ">> /ExtGState << "
	for i, a := range p.opacities {
		o := number(float64(a) / 255)
		resources += fmt.Sprintf("/G%d << /ca %s /CA %[2]s >> ", i, o)
	}
	resources += ">> >>"
	content := f.stream("", p.content.Bytes(), true)
	pages := f.next() + 1
	page := f.object(fmt.Sprintf("<< /Type /Page /Parent %d 0 R /MediaBox [0 0 %s %s] /Resources %s /Contents %d 0 R >>",
		pages, number(p.width), number(p.height), resources, content))
	f.object(fmt.Sprintf("<< /Type /Pages /Kids [%d 0 R] /Count 1 >>", page))
	catalog := f.object(fmt.Sprintf("<< /Type /Catalog /Pages %d 0 R %s>>", pages, metadata))
	f.finish(catalog, described)
	return f.Bytes(), nil
}

// hexadecimal writes numbers of 16 bits.
func hexadecimal(units []uint16) string {
	var b bytes.Buffer
	for _, u := range units {
		fmt.Fprintf(&b, "%04X", u)
	}
	return b.String()
}

// packed compresses data.
func packed(data []byte) []byte {
	var b bytes.Buffer
	z, _ := zlib.NewWriterLevel(&b, zlib.BestCompression) // no error of this level, nor of writing to memory
	z.Write(data)
	z.Close()
	return b.Bytes()
}
