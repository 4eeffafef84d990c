package paper

import (
	"bytes"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strconv"

	"bagnet/internal/heatmap"
)

// fonts are what text is set in: where those that it is laid out in are not installed, the
// next, squeezed or stretched to the same width.
const fonts = "Go, Arial, Helvetica, 'Liberation Sans', 'DejaVu Sans', sans-serif"

// An svg is the Surface of an SVG file.
type svg struct {
	bytes.Buffer
	clips int
	err   error
}

// svgFile makes the file of a drawing that is so wide.
func svgFile(d *heatmap.Drawing, inches float64, texts []heatmap.Text) ([]byte, error) {
	s := &svg{}
	width := inches * millimetres
	s.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	fmt.Fprintf(s, "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" width=\"%smm\" height=\"%smm\" viewBox=\"0 0 %d %d\">\n",
		short(width), short(width/float64(d.Size.X)*float64(d.Size.Y)), d.Size.X, d.Size.Y)
	fmt.Fprintf(s, "<title>%s</title>\n<desc>%s</desc>\n<metadata>\n%s</metadata>\n", escaped(title(texts)), escaped(told(texts)), heatmap.WriteXMP(texts))
	fmt.Fprintf(s, "<g font-family=\"%s\" xml:space=\"preserve\" style=\"white-space:pre\">\n", fonts)
	if d.Paper() {
		s.Fill(image.Rectangle{Max: d.Size}, color.White)
	}
	d.Paint(s)
	s.WriteString("</g>\n</svg>\n")
	return s.Bytes(), s.err
}

// short writes v to a thousandth.
func short(v float64) string {
	out, err := strconv.ParseFloat(strconv.FormatFloat(v, 'f', 3, 64), 64)
	if err != nil {
		return "0"
	}
	return strconv.FormatFloat(out, 'f', -1, 64)
}

func escaped(text string) string {
	var b bytes.Buffer
	xml.EscapeText(&b, []byte(text)) // writing to memory has no errors
	return b.String()
}

func hex(c color.Color) string {
	n := color.NRGBAModel.Convert(c).(color.NRGBA)
	return fmt.Sprintf("#%02x%02x%02x", n.R, n.G, n.B)
}

func (s *svg) Fill(r image.Rectangle, c color.Color) {
	fmt.Fprintf(s, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"%s\"/>\n", r.Min.X, r.Min.Y, r.Dx(), r.Dy(), hex(c))
}

func (s *svg) Ring(r image.Rectangle, width int, c color.Color) {
	half := float64(width) / 2
	fmt.Fprintf(s, "<rect x=\"%s\" y=\"%s\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"%s\" stroke-width=\"%d\"/>\n",
		short(float64(r.Min.X)-half), short(float64(r.Min.Y)-half), r.Dx()+width, r.Dy()+width, hex(c), width)
}

func (s *svg) Arrow(r image.Rectangle, up bool, c color.Color) {
	base, tip := r.Min.Y, r.Max.Y
	if up {
		base, tip = tip, base
	}
	fmt.Fprintf(s, "<path d=\"M%d %dH%dL%s %dZ\" fill=\"%s\"/>\n", r.Min.X, base, r.Max.X, short(float64(r.Min.X+r.Max.X)/2), tip, hex(c))
}

func (s *svg) Hatch(r image.Rectangle, period float64) {
	s.Fill(r, color.White)
	lines, width := hatching(r, period)
	s.clips++
	fmt.Fprintf(s, "<clipPath id=\"c%d\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath>\n", s.clips, r.Min.X, r.Min.Y, r.Dx(), r.Dy())
	fmt.Fprintf(s, "<path clip-path=\"url(#c%d)\" stroke=\"%s\" stroke-width=\"%s\" d=\"", s.clips, hex(paleInk), short(width))
	for _, l := range lines {
		fmt.Fprintf(s, "M%s %sL%s %s", short(l[0]), short(l[1]), short(l[2]), short(l[3]))
	}
	s.WriteString("\"/>\n")
}

func (s *svg) Image(r image.Rectangle, img *image.NRGBA) {
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&file, img); err != nil && s.err == nil {
		s.err = fmt.Errorf("compressing an image of %d x %d pixels: %w", img.Rect.Dx(), img.Rect.Dy(), err)
	}
	// Not every reader knows "pixelated", which is therefore said last.
	fmt.Fprintf(s, "<image x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" preserveAspectRatio=\"none\" image-rendering=\"optimizeSpeed\" style=\"image-rendering:crisp-edges;image-rendering:pixelated\" xlink:href=\"data:image/png;base64,%s\"/>\n",
		r.Min.X, r.Min.Y, r.Dx(), r.Dy(), base64.StdEncoding.EncodeToString(file.Bytes()))
}

func (s *svg) Text(at image.Point, up bool, line heatmap.Line) {
	place := fmt.Sprintf("x=\"%d\" y=\"%d\"", at.X, at.Y)
	if up {
		place = fmt.Sprintf("transform=\"translate(%d %d) rotate(-90)\"", at.X, at.Y)
	}
	weight := ""
	if line.Bold {
		weight = " font-weight=\"bold\""
	}
	fmt.Fprintf(s, "<text %s font-size=\"%s\"%s fill=\"%s\" textLength=\"%s\" lengthAdjust=\"spacingAndGlyphs\">%s</text>\n",
		place, short(line.Size), weight, hex(line.Color), short(line.Width), escaped(line.Text))
}
