package images

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image/jpeg"
)

// jpegDecoder decodes what image/jpeg does not: every combination of sampling
// factors that libjpeg reads, and restart markers with wrong numbers. It gives
// the samples that libjpeg gives, bit for bit, but takes no data for more than
// they are: where libjpeg fills up with grey, it fails. Slower than image/jpeg,
// it is asked only about files which that refuses.
type jpegDecoder struct {
	components    []*jpegPlane
	hmax, vmax    int // largest sampling factors
	across, down  int // MCUs of a scan of several components
	progressive   bool
	quantisation  [4]*[64]int32 // in natural order
	huffman       [2][4]*jpegHuffman
	restartBlocks int // MCUs between restart markers, or 0
}

// jpegPlane is a colour component on its way to samples.
type jpegPlane struct {
	jpegComponent
	table        byte       // number of its quantisation table
	quantisation *[64]int32 // that table as it was at the component's first scan
	across, down int        // blocks that hold pixels
	stride       int        // blocks of a row, those that fill up MCUs included
	coefficients []int16    // [rows][stride][64] in natural order, if progressive
	samples      []byte     // [8*rows][8*stride]
}

// decodePlanes decodes the scans of the file that h heads.
func decodePlanes(h *jpegHeader) (*jpegDecoder, error) {
	d := &jpegDecoder{}
	for pos := 2; ; {
		n := bytes.IndexByte(h.bare[pos:], 0xff)
		if n < 0 || pos+n+4 > len(h.bare) { // EOI has no length
			break
		}
		pos += n + 2
		marker := h.bare[pos-1]
		if marker == 0 || markerRST0 <= marker && marker <= markerRST7 {
			continue
		}
		size := int(binary.BigEndian.Uint16(h.bare[pos:]))
		body := h.bare[pos+2 : pos+size]
		pos += size
		used, err := d.segment(h, marker, body, h.bare[pos:])
		if err != nil {
			return nil, err
		}
		pos += used
	}
	if d.progressive {
		for _, c := range d.components {
			c.transformAll()
		}
	}
	return d, nil
}

// segment takes a marker segment in; behind a scan's header comes its data, of
// which it returns how much was used.
func (d *jpegDecoder) segment(h *jpegHeader, marker byte, body, data []byte) (used int, err error) {
	switch marker {
	case markerSOF0, markerSOF1, markerSOF2:
		d.progressive = marker == markerSOF2
		return 0, d.frame(h, body)
	case markerDQT:
		return 0, d.tables(body)
	case markerDHT:
		return 0, parseDHT(body, &d.huffman)
	case markerDRI:
		if len(body) != 2 {
			return 0, jpeg.FormatError("a restart interval of a wrong length")
		}
		d.restartBlocks = int(binary.BigEndian.Uint16(body))
	case markerSOS:
		s, err := d.newScan(body, data)
		if err != nil {
			return 0, err
		}
		return s.bits.pos, s.decode()
	}
	return 0, nil
}

func (d *jpegDecoder) frame(h *jpegHeader, body []byte) error {
	if body[0] != 8 {
		return jpeg.UnsupportedError(fmt.Sprintf("samples of %d bits", body[0]))
	}
	n := len(h.components)
	if n != 1 && n != 3 && n != 4 {
		return jpeg.UnsupportedError(fmt.Sprintf("%d colour components", n))
	}
	factors := ""
	for i, c := range h.components {
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 {
			return jpeg.FormatError(fmt.Sprintf("a sampling factor of %dx%d", c.h, c.v))
		}
		for _, other := range d.components {
			if other.id == c.id {
				return jpeg.FormatError("two components of one name")
			}
		}
		if n == 1 {
			c.h, c.v = 1, 1 // says nothing with one component
		}
		d.hmax, d.vmax = max(d.hmax, c.h), max(d.vmax, c.v)
		factors += fmt.Sprintf(", %dx%d", c.h, c.v)
		d.components = append(d.components, &jpegPlane{jpegComponent: c, table: body[8+3*i]})
	}
	d.across, d.down = ceilDiv(h.width, 8*d.hmax), ceilDiv(h.height, 8*d.vmax)
	for _, c := range d.components {
		if d.hmax%c.h != 0 || d.vmax%c.v != 0 {
			return jpeg.UnsupportedError("sampling factors without whole ratios (" + factors[2:] + ")")
		}
		c.across, c.down = ceilDiv(ceilDiv(h.width, d.hmax/c.h), 8), ceilDiv(ceilDiv(h.height, d.vmax/c.v), 8)
		c.stride = d.across * c.h
		blocks := c.stride * d.down * c.v
		c.samples = make([]byte, 64*blocks)
		if d.progressive {
			c.coefficients = make([]int16, 64*blocks)
		}
	}
	return nil
}

// tables reads the quantisation tables of a DQT segment.
func (d *jpegDecoder) tables(body []byte) error {
	r := cutter{body}
	for len(r.data) > 0 {
		head := r.take(1)[0]
		size := 1 + int(head>>4)
		values := r.take(64 * size)
		if size > 2 || head&15 > 3 || values == nil {
			return jpeg.FormatError("a malformed quantisation table")
		}
		t := new([64]int32)
		for i, at := range zigzag {
			if size == 1 {
				t[at] = int32(values[i])
			} else {
				t[at] = int32(binary.BigEndian.Uint16(values[2*i:]))
			}
		}
		d.quantisation[head&15] = t
	}
	return nil
}

// transformAll turns a progressive component's coefficients into samples.
func (c *jpegPlane) transformAll() {
	var b [64]int32
	for i := range len(c.coefficients) / 64 {
		for k, v := range c.coefficients[64*i:][:64] {
			b[k] = int32(v)
		}
		c.transform(&b, i%c.stride, i/c.stride)
	}
}

// transform turns the coefficients of one block into samples; it overwrites b.
func (c *jpegPlane) transform(b *[64]int32, x, y int) {
	for i, q := range c.quantisation {
		b[i] *= q
	}
	inverseDCT(c.samples[8*(8*y*c.stride+x):], 8*c.stride, b)
}

// rows returns the functions that give the full-size rows of all components.
func (d *jpegDecoder) rows(h *jpegHeader) []sampleRow {
	var all []sampleRow
	for _, c := range d.components {
		all = append(all, newUpsampler(c.samples, 8*c.stride, h.width, h.height, d.hmax/c.h, d.vmax/c.v).row)
	}
	return all
}

func ceilDiv(a, b int) int { return (a + b - 1) / b }

// zigzag is the place in natural order of each coefficient in a file's order
// (T.81, figure A.6).
var zigzag = [64]byte{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}
