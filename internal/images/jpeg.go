package images

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"slices"
)

// Segments put before a bare JPEG so that image/jpeg returns the components as
// they are stored: after JFIF three are left as planes, after Adobe's transform
// 0 four are left unconverted (but inverted).
var (
	jfifSegment  = []byte("\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
	adobeSegment = []byte("\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00")
)

// decodeJPEG leaves entropy coding and the inverse DCT to image/jpeg; upsampling
// and colour conversion are libjpeg's, done here, because image/jpeg repeats
// subsampled chroma where libjpeg interpolates.
func decodeJPEG(data []byte, check sizeCheck) (*image.NRGBA, int, error) {
	h, err := parseJPEG(data)
	if err != nil {
		return nil, 0, err
	}
	if err := check(h.width, h.height); err != nil {
		return nil, 0, err
	}
	orientation := exifOrientation(h.exif)
	raw, err := jpeg.Decode(io.MultiReader(bytes.NewReader(h.bare[:2]), bytes.NewReader(slices.Concat(jfifSegment, adobeSegment)), bytes.NewReader(h.bare[2:])))
	if isRefused(err) {
		d, err := decodePlanes(h)
		if err != nil {
			return nil, 0, err
		}
		return h.rgb(d.rows(h)), orientation, nil
	}
	if err != nil {
		return nil, 0, err
	}
	var out *image.NRGBA
	switch m := raw.(type) {
	case *image.Gray:
		out = opaque(m)
	case *image.YCbCr:
		out = planesToRGB(m, h)
	case *image.CMYK:
		out = inksToRGB(m, h)
	default:
		return nil, 0, fmt.Errorf("decoder gave pixels of type %T", raw)
	}
	return out, orientation, nil
}

// isRefused says whether image/jpeg found something that it does not read, which
// libjpeg may all the same, rather than the end of the file.
func isRefused(err error) bool {
	var unsupported jpeg.UnsupportedError
	var format jpeg.FormatError
	return errors.As(err, &unsupported) || errors.As(err, &format)
}

func planesToRGB(m *image.YCbCr, h *jpegHeader) *image.NRGBA {
	w, height := m.Rect.Dx(), m.Rect.Dy()
	c := h.components
	luma := func(y int) []byte { return m.Y[y*m.YStride:] }
	cb := newUpsampler(m.Cb, m.CStride, w, height, c[0].h/c[1].h, c[0].v/c[1].v)
	cr := newUpsampler(m.Cr, m.CStride, w, height, c[0].h/c[1].h, c[0].v/c[1].v)
	return h.rgb([]sampleRow{luma, cb.row, cr.row})
}

// inksToRGB takes what image/jpeg makes of four components: they are inverted,
// the subsampled ones repeated.
func inksToRGB(m *image.CMYK, h *jpegHeader) *image.NRGBA {
	hr, vr := h.components[0].h/h.components[1].h, h.components[0].v/h.components[1].v
	first, last := inkPlane(m, 0, 1, 1), inkPlane(m, 3, 1, 1)
	second, third := inkPlane(m, 1, hr, vr), inkPlane(m, 2, hr, vr)
	return h.rgb([]sampleRow{first.row, second.row, third.row, last.row})
}

// inkPlane takes component i of m back to its stored samples.
func inkPlane(m *image.CMYK, i, hr, vr int) *upsampler {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	pw, ph := (w+hr-1)/hr, (h+vr-1)/vr
	plane := make([]byte, pw*ph)
	for y := range ph {
		src := m.Pix[y*vr*m.Stride:]
		for x := range pw {
			plane[y*pw+x] = 255 - src[4*x*hr+i]
		}
	}
	return newUpsampler(plane, pw, w, h, hr, vr)
}
