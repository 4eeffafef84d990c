package pdf

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
)

// A picture is an image as it is written.
type picture struct {
	size  image.Point
	rows  []byte // compressed, each after the filter that made it smaller, as PNG has them
	alpha []byte // compressed, a byte a pixel; nil if it is opaque
}

const quickAbove = 4 << 20 // pixels: larger images are packed quickly rather than tightly

// newPicture takes over what the encoder of PNG files makes of an image: PDF has their
// compression and their filters.
func newPicture(img *image.NRGBA) (*picture, error) {
	p := &picture{size: img.Rect.Size()}
	if !img.Opaque() {
		opacity := make([]byte, 0, p.size.X*p.size.Y)
		solid := image.NewNRGBA(image.Rectangle{Max: p.size})
		for y := range p.size.Y {
			for x := range p.size.X {
				c := img.NRGBAAt(img.Rect.Min.X+x, img.Rect.Min.Y+y)
				opacity = append(opacity, c.A)
				c.A = 255
				solid.SetNRGBA(x, y, c)
			}
		}
		p.alpha, img = packed(opacity), solid
	}
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if p.size.X*p.size.Y > quickAbove {
		encoder.CompressionLevel = png.BestSpeed
	}
	if err := encoder.Encode(&file, img); err != nil {
		return nil, fmt.Errorf("compressing an image of %d x %d pixels: %w", p.size.X, p.size.Y, err)
	}
	const signature, beside = 8, 12 // bytes: of the file, and of a chunk beside its data
	for rest := file.Bytes()[signature:]; len(rest) >= beside; {
		length := int(binary.BigEndian.Uint32(rest))
		if string(rest[4:8]) == "IDAT" {
			p.rows = append(p.rows, rest[8:8+length]...)
		}
		rest = rest[beside+length:]
	}
	if len(p.rows) == 0 {
		return nil, errors.New("compressing an image: there are no pixels")
	}
	return p, nil
}

// write writes the picture and returns its object's number.
func (p *picture) write(f *file) int {
	entries := fmt.Sprintf("/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent 8 /Interpolate false /Filter /FlateDecode", p.size.X, p.size.Y)
	mask := ""
	if p.alpha != nil {
		mask = fmt.Sprintf(" /SMask %d 0 R", f.stream(entries+" /ColorSpace /DeviceGray", p.alpha, false))
	}
	filters := fmt.Sprintf(" /ColorSpace /DeviceRGB /DecodeParms << /Predictor 15 /Colors 3 /BitsPerComponent 8 /Columns %d >>", p.size.X)
	return f.stream(entries+filters+mask, p.rows, false)
}
