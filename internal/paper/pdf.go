package paper

import (
	"image"
	"image/color"

	"bagnet/internal/heatmap"
	"bagnet/internal/pdf"
)

// A sheet is the Surface of a page of a PDF file. Its coordinates are the drawing's, which
// count from the top.
type sheet struct {
	page *pdf.Page
	err  error // the first one
}

// pdfFile makes the file of a drawing that is so wide.
func pdfFile(d *heatmap.Drawing, inches float64, texts []heatmap.Text) ([]byte, error) {
	k := inches * pointsInch / float64(d.Size.X)
	width, height := k*float64(d.Size.X), k*float64(d.Size.Y)
	s := &sheet{page: pdf.New(width, height)}
	s.page.Transform(k, 0, 0, -k, 0, height)
	if d.Paper() {
		s.Fill(image.Rectangle{Max: d.Size}, color.White)
	}
	d.Paint(s)
	if s.err != nil {
		return nil, s.err
	}
	creator := ""
	for _, t := range texts {
		if t.Key == "Software" {
			creator = t.Value
		}
	}
	return s.page.Bytes(pdf.Info{Title: title(texts), Subject: told(texts), Keywords: "BagNet, heat map, evidence", Creator: creator, XMP: heatmap.WriteXMP(texts)})
}

func (s *sheet) box(r image.Rectangle) {
	s.page.Rectangle(float64(r.Min.X), float64(r.Min.Y), float64(r.Dx()), float64(r.Dy()))
}

func (s *sheet) Fill(r image.Rectangle, c color.Color) {
	s.page.SetFill(c)
	s.box(r)
	s.page.Fill()
}

func (s *sheet) Ring(r image.Rectangle, width int, c color.Color) {
	half := float64(width) / 2
	s.page.SetStroke(c)
	s.page.SetLine(float64(width), nil, 0)
	s.page.Rectangle(float64(r.Min.X)-half, float64(r.Min.Y)-half, float64(r.Dx())+2*half, float64(r.Dy())+2*half)
	s.page.Stroke()
}

func (s *sheet) Arrow(r image.Rectangle, up bool, c color.Color) {
	base, tip := float64(r.Min.Y), float64(r.Max.Y)
	if up {
		base, tip = tip, base
	}
	s.page.SetFill(c)
	s.page.MoveTo(float64(r.Min.X), base)
	s.page.LineTo(float64(r.Max.X), base)
	s.page.LineTo(float64(r.Min.X+r.Max.X)/2, tip)
	s.page.Close()
	s.page.Fill()
}

func (s *sheet) Hatch(r image.Rectangle, period float64) {
	s.Fill(r, color.White)
	lines, width := hatching(r, period)
	s.page.Save()
	s.box(r)
	s.page.Clip()
	s.page.SetStroke(paleInk)
	s.page.SetLine(width, nil, 0)
	for _, l := range lines {
		s.page.MoveTo(l[0], l[1])
		s.page.LineTo(l[2], l[3])
	}
	s.page.Stroke()
	s.page.Restore()
}

func (s *sheet) Image(r image.Rectangle, img *image.NRGBA) {
	err := s.page.Image(img, float64(r.Min.X), float64(r.Max.Y), float64(r.Dx()), -float64(r.Dy()))
	s.note(err)
}

func (s *sheet) Text(at image.Point, up bool, line heatmap.Line) {
	x, y := float64(at.X), float64(at.Y)
	transform := [6]float64{1, 0, 0, -1, x, y}
	if up {
		transform = [6]float64{0, -1, -1, 0, x, y}
	}
	s.page.SetFill(line.Color)
	s.note(s.page.Text(line.Font(), line.Size, transform, line.Text))
}

// note keeps the first error for when all is drawn.
func (s *sheet) note(err error) {
	if s.err == nil {
		s.err = err
	}
}
