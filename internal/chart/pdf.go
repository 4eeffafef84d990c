package chart

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"io"
	"math"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"

	"bagnet/internal/pdf"
)

// A pdfCanvas draws plots on a page of a PDF file. gonum's own writes letters of Western Europe
// alone, and when it was written.
type pdfCanvas struct {
	page          *pdf.Page
	width, height vg.Length
	title         string
	states        []pdfState // of which Pop goes back to the one before
	err           error      // the first one
}

// A pdfState is what Push keeps and a page does not.
type pdfState struct {
	color  color.Color
	width  vg.Length
	dashes []float64
	begin  vg.Length
}

func newPDFCanvas(width, height vg.Length, title string) *pdfCanvas {
	c := &pdfCanvas{page: pdf.New(width.Points(), height.Points()), width: width, height: height, title: title, states: []pdfState{{}}}
	vg.Initialize(c)
	return c
}

func (c *pdfCanvas) state() *pdfState { return &c.states[len(c.states)-1] }

func (c *pdfCanvas) Size() (w, h vg.Length)   { return c.width, c.height }
func (c *pdfCanvas) SetLineWidth(w vg.Length) { c.state().width = w }
func (c *pdfCanvas) SetColor(ink color.Color) { c.state().color = ink }
func (c *pdfCanvas) Translate(to vg.Point) {
	c.page.Transform(1, 0, 0, 1, to.X.Points(), to.Y.Points())
}
func (c *pdfCanvas) Scale(x, y float64) { c.page.Transform(x, 0, 0, y, 0, 0) }
func (c *pdfCanvas) Rotate(radians float64) {
	sin, cos := math.Sincos(radians)
	c.page.Transform(cos, sin, -sin, cos, 0, 0)
}

func (c *pdfCanvas) SetLineDash(lengths []vg.Length, begin vg.Length) {
	s := c.state()
	s.dashes, s.begin = nil, begin
	for _, l := range lengths {
		s.dashes = append(s.dashes, l.Points())
	}
}

func (c *pdfCanvas) Push() {
	c.states = append(c.states, *c.state())
	c.page.Save()
}

func (c *pdfCanvas) Pop() {
	c.states = c.states[:len(c.states)-1]
	c.page.Restore()
}

func (c *pdfCanvas) ink() color.Color {
	if s := c.state(); s.color != nil {
		return s.color
	}
	return color.Black
}

func (c *pdfCanvas) Stroke(p vg.Path) {
	s := c.state()
	if s.width <= 0 {
		return
	}
	c.page.SetStroke(c.ink())
	c.page.SetLine(s.width.Points(), s.dashes, s.begin.Points())
	c.path(p)
	c.page.Stroke()
}

func (c *pdfCanvas) Fill(p vg.Path) {
	c.page.SetFill(c.ink())
	c.path(p)
	c.page.Fill()
}

// path draws the parts of a path.
func (c *pdfCanvas) path(p vg.Path) {
	begun := false
	var last vg.Point
	for _, part := range p {
		x, y := part.Pos.X.Points(), part.Pos.Y.Points()
		switch part.Type {
		case vg.MoveComp:
			c.page.MoveTo(x, y)
		case vg.LineComp:
			c.page.LineTo(x, y)
		case vg.ArcComp:
			c.arc(part, begun)
		case vg.CurveComp:
			one, two := part.Control[0], part.Control[len(part.Control)-1]
			if len(part.Control) == 1 { // of a parabola: both handles of the cubic reach two thirds of the way to it
				one, two = one.Sub(one.Sub(last).Scale(1./3)), one.Sub(one.Sub(part.Pos).Scale(1./3))
			}
			c.page.CurveTo(one.X.Points(), one.Y.Points(), two.X.Points(), two.Y.Points(), x, y)
		case vg.CloseComp:
			c.page.Close()
		}
		begun, last = true, part.Pos
	}
}

// arc draws a part of a circle as curves of a quarter at most.
func (c *pdfCanvas) arc(part vg.PathComp, begun bool) {
	x, y, r := part.Pos.X.Points(), part.Pos.Y.Points(), part.Radius.Points()
	n := max(1, int(math.Ceil(math.Abs(part.Angle)/(math.Pi/2)-1e-9)))
	step := part.Angle / float64(n)
	reach := r * 4 / 3 * math.Tan(step/4) // of the curve's handles
	sin, cos := math.Sincos(part.Start)
	if begun {
		c.page.LineTo(x+r*cos, y+r*sin)
	} else {
		c.page.MoveTo(x+r*cos, y+r*sin)
	}
	for i := range n {
		s, k := math.Sincos(part.Start + step*float64(i+1))
		c.page.CurveTo(x+r*cos-reach*sin, y+r*sin+reach*cos, x+r*k+reach*s, y+r*s-reach*k, x+r*k, y+r*s)
		sin, cos = s, k
	}
}

func (c *pdfCanvas) FillString(f font.Face, at vg.Point, text string) {
	c.page.SetFill(c.ink())
	c.note(c.page.Text(f.Face, f.Font.Size.Points(), [6]float64{1, 0, 0, 1, at.X.Points(), at.Y.Points()}, text))
}

func (c *pdfCanvas) DrawImage(r vg.Rectangle, img image.Image) {
	pixels := image.NewNRGBA(img.Bounds())
	draw.Draw(pixels, pixels.Rect, img, img.Bounds().Min, draw.Src)
	c.note(c.page.Image(pixels, r.Min.X.Points(), r.Min.Y.Points(), r.Size().X.Points(), r.Size().Y.Points()))
}

// note keeps the first error for when all is drawn.
func (c *pdfCanvas) note(err error) {
	if c.err == nil {
		c.err = err
	}
}

// WriteTo writes the file.
func (c *pdfCanvas) WriteTo(w io.Writer) (int64, error) {
	if c.err != nil {
		return 0, c.err
	}
	file, err := c.page.Bytes(pdf.Info{Title: c.title, Creator: "bagnet"})
	if err != nil {
		return 0, fmt.Errorf("writing PDF: %w", err)
	}
	n, err := w.Write(file)
	return int64(n), err
}
