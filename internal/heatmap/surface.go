package heatmap

import (
	"fmt"
	"image"
	"image/color"
	"math"

	"github.com/disintegration/imaging"
	"golang.org/x/image/font/sfnt"
)

// A Surface is what pictures are drawn on: pixels, or a page of lines, letters and images.
// Places and lengths are in pixels of the picture at its own size; what is drawn covers what
// was there. Frames are drawn after what they are around: readers of PDF files let images
// reach over their edges.
type Surface interface {
	// Fill gives r the colour c.
	Fill(r image.Rectangle, c color.Color)
	// Ring draws a line around r, outside of it, width wide.
	Ring(r image.Rectangle, width int, c color.Color)
	// Arrow fills the triangle of r's foot and the middle of its head or, if not up, of its
	// head and the middle of its foot.
	Arrow(r image.Rectangle, up bool, c color.Color)
	// Hatch fills r with thin diagonal lines, period apart: nothing is known here.
	Hatch(r image.Rectangle, period float64)
	// Image fills r with img, each of whose pixels becomes a rectangle of one colour: r is as
	// many times as wide and as high as img, whole times. Transparent pixels leave what is there.
	Image(r image.Rectangle, img *image.NRGBA)
	// Text writes a line whose baseline begins at at and goes right or, if up, upwards.
	Text(at image.Point, up bool, line Line)
}

// A Line is a line of text and what it is set in.
type Line struct {
	Text  string // as the font can show it
	Bold  bool
	Size  float64 // of the em, pixels
	Width float64 // of the whole line in the Go fonts, pixels
	Color color.Color

	lettering lettering
}

// Font is the one that the line is set in.
func (l Line) Font() *sfnt.Font { return l.lettering.font }

// A Drawing is a picture that is laid out, to be drawn on any Surface.
type Drawing struct {
	Size image.Point // pixels, at its own size
	Em   float64     // pixels: its body text; 0 if it has none

	what   string        // it shows
	fewer  string        // what to do if it has too many pixels; "" if there is nothing
	pixels *image.NRGBA  // of Size, under all else; nil for white paper
	paint  func(Surface) // draws the rest; nil for nothing
}

// Paint draws d, whose upper left corner is at (0, 0).
func (d *Drawing) Paint(s Surface) {
	if d.pixels != nil {
		s.Image(d.pixels.Rect, d.pixels)
	}
	if d.paint != nil {
		d.paint(s)
	}
}

// Paper says whether d is drawn on white paper; others have pixels of their own, which may
// be transparent.
func (d *Drawing) Paper() bool { return d.pixels == nil }

// Outline adds a frame along the inside of r: white that is seen on dark, in black that is
// seen on bright.
func (d *Drawing) Outline(r image.Rectangle) {
	under := d.paint
	d.paint = func(s Surface) {
		if under != nil {
			under(s)
		}
		s.Ring(r.Inset(1), 1, black)
		s.Ring(r.Inset(3), 2, color.White)
		s.Ring(r.Inset(4), 1, black)
	}
}

// Image returns d's pixels at its own size.
func (d *Drawing) Image() (*image.NRGBA, error) { return d.Scaled(d.Size.X) }

// Scaled returns d's pixels, so many beside each other. Lines and letters are drawn at that
// size; pixels of images are repeated or, of smaller ones, averaged.
func (d *Drawing) Scaled(width int) (*image.NRGBA, error) {
	r := raster{scale: float64(width) / float64(d.Size.X)}
	if d.pixels != nil && width == d.Size.X {
		r.dst = &image.RGBA{Pix: d.pixels.Pix, Stride: d.pixels.Stride, Rect: d.pixels.Rect}
		if d.paint != nil {
			d.paint(r)
		}
		return d.pixels, nil
	}
	size := image.Pt(width, max(1, int(math.Round(float64(d.Size.Y)*r.scale))))
	var err error
	if r.dst, err = newCanvas(size); err != nil && d.fewer != "" {
		return nil, fmt.Errorf("drawing %s: %w: %s", d.what, err, d.fewer)
	} else if err != nil {
		return nil, fmt.Errorf("drawing %s: %w", d.what, err)
	}
	if !d.Paper() {
		clear(r.dst.Pix)
	}
	d.Paint(r)
	return opaque(r.dst), nil
}

// A raster is the Surface of pixels.
type raster struct {
	dst   *image.RGBA
	scale float64 // pixels to a pixel of the picture
}

// at is where a place of the picture is.
func (r raster) at(p image.Point) image.Point {
	if r.scale == 1 {
		return p
	}
	return image.Pt(int(math.Round(float64(p.X)*r.scale)), int(math.Round(float64(p.Y)*r.scale)))
}

// place is where a part of the picture is; what has an extent keeps a pixel of it.
func (r raster) place(q image.Rectangle) image.Rectangle {
	out := image.Rectangle{r.at(q.Min), r.at(q.Max)}
	if !q.Empty() {
		out.Max.X, out.Max.Y = max(out.Max.X, out.Min.X+1), max(out.Max.Y, out.Min.Y+1)
	}
	return out
}

func (r raster) Fill(q image.Rectangle, c color.Color) { fill(r.dst, r.place(q), c) }

func (r raster) Ring(q image.Rectangle, width int, c color.Color) {
	ring(r.dst, r.place(q), max(1, int(math.Round(float64(width)*r.scale))), c)
}

func (r raster) Arrow(q image.Rectangle, up bool, c color.Color) { arrow(r.dst, r.place(q), up, c) }

func (r raster) Hatch(q image.Rectangle, period float64) { hatch(r.dst, r.place(q), period*r.scale) }

func (r raster) Image(q image.Rectangle, img *image.NRGBA) {
	to := r.place(q)
	if size := img.Rect.Size(); to.Dx() < size.X || to.Dy() < size.Y {
		img = imaging.Resize(img, to.Dx(), to.Dy(), imaging.Box)
	} else if to.Size() != size {
		img = imaging.Resize(img, to.Dx(), to.Dy(), imaging.NearestNeighbor)
	}
	paste(r.dst, to.Min, img)
}

func (r raster) Text(at image.Point, up bool, line Line) {
	l, at := line.lettering, r.at(at)
	if r.scale != 1 {
		l = newLettering(l.font, l.size*r.scale, l.color)
	}
	if up {
		l.paintUp(r.dst, at.X, at.Y, line.Text)
	} else {
		l.paint(r.dst, at.X, at.Y, line.Text)
	}
}
