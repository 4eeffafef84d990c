package images

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
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
	raw, err := jpeg.Decode(bytes.NewReader(slices.Insert(h.bare, 2, slices.Concat(jfifSegment, adobeSegment)...)))
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
	return out, exifOrientation(h.exif), nil
}

func planesToRGB(m *image.YCbCr, h *jpegHeader) *image.NRGBA {
	w, height := m.Rect.Dx(), m.Rect.Dy()
	c := h.components
	cb := newUpsampler(m.Cb, m.CStride, w, height, c[0].h/c[1].h, c[0].v/c[1].v)
	cr := newUpsampler(m.Cr, m.CStride, w, height, c[0].h/c[1].h, c[0].v/c[1].v)
	write := ycbcrRow
	if h.isRGB() {
		write = rgbRow
	}
	out := image.NewNRGBA(image.Rect(0, 0, w, height))
	for y := range height {
		write(out.Pix[y*out.Stride:][:4*w], m.Y[y*m.YStride:][:w], cb.row(y), cr.row(y))
	}
	return out
}

// inksToRGB converts four components as PIL does: all four inverted (Adobe's
// convention, which PIL takes for granted), YCCK to CMYK, CMYK to RGB.
// m holds the stored components inverted, the subsampled ones repeated.
func inksToRGB(m *image.CMYK, h *jpegHeader) *image.NRGBA {
	w, height := m.Rect.Dx(), m.Rect.Dy()
	hr, vr := h.components[0].h/h.components[1].h, h.components[0].v/h.components[1].v
	second, third := inkPlane(m, 1, hr, vr), inkPlane(m, 2, hr, vr)
	first := make([]byte, w)
	out := image.NewNRGBA(image.Rect(0, 0, w, height))
	write := rgbRow
	if h.isYCCK() {
		write = ycbcrRow
	}
	for y := range height {
		row, inks := out.Pix[y*out.Stride:][:4*w], m.Pix[y*m.Stride:][:4*w]
		for x := range w {
			first[x] = 255 - inks[4*x]
		}
		write(row, first, second.row(y), third.row(y))
		for i := 0; i < len(row); i += 4 {
			p, k := row[i:i+4:i+4], uint32(255-inks[i+3])
			if !h.isYCCK() { // stored as ink; YCCK has become 255 - ink above
				p[0], p[1], p[2] = 255-p[0], 255-p[1], 255-p[2]
			}
			p[0], p[1], p[2] = underBlack(p[0], k), underBlack(p[1], k), underBlack(p[2], k)
		}
	}
	return out
}

// underBlack returns k - v*k/255, rounded as in PIL's cmyk2rgb (Convert.c), of
// an inverted ink v and the inverted black k.
func underBlack(v byte, k uint32) byte {
	t := uint32(v)*k + 128
	return byte(k - (t>>8+t)>>8)
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
