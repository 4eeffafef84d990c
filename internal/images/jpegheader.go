package images

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// jpegHeader is what the marker segments of a JPEG file say about its picture.
type jpegHeader struct {
	width, height int
	components    []jpegComponent
	progressive   bool
	jfif          bool
	adobe         bool
	transform     byte   // Adobe's colour transform: 0 none, 1 YCbCr, 2 YCCK
	exif          []byte // TIFF structure of the first EXIF segment, or nil
	// bare is the file up to the end of its picture without its APPn and comment
	// segments: SOI, tables, frame and scans, EOI.
	bare   []byte
	tables byte // Huffman tables that are defined: bit 4*class + number
}

type jpegComponent struct {
	id      byte
	h, v    int // sampling factors
	scanned bool
}

// maxJPEGScans bounds the work a small progressive file can ask for: each scan
// visits every block of the picture. Encoders write about ten.
const maxJPEGScans = 256

const (
	markerSOF0 = 0xc0
	markerSOF1 = 0xc1
	markerDHT  = 0xc4
	markerJPG  = 0xc8
	markerDAC  = 0xcc
	markerSOF2 = 0xc2
	markerSOFF = 0xcf
	markerRST0 = 0xd0
	markerRST7 = 0xd7
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerDQT  = 0xdb
	markerDRI  = 0xdd
	markerAPP0 = 0xe0
	markerAPP1 = 0xe1
	markerAPPE = 0xee
	markerAPPF = 0xef
	markerCOM  = 0xfe
)

// parseJPEG walks through all marker segments of a JPEG file up to its EOI
// marker (ITU-T T.81, annex B). A file without one is truncated. Bytes that are
// neither a segment nor scan data are passed over, as decoders do.
func parseJPEG(data []byte) (*jpegHeader, error) {
	h := &jpegHeader{bare: make([]byte, 0, len(data))}
	h.bare = append(h.bare, 0xff, markerSOI)
	scans := 0
	for pos := 2; ; {
		// Scan data lies between segments: an 0xff within it is followed by 0
		// or by a restart marker.
		n := bytes.IndexByte(data[pos:], 0xff)
		if n < 0 {
			return nil, io.ErrUnexpectedEOF
		}
		between := data[pos : pos+n]
		pos += n + 1
		for pos < len(data) && data[pos] == 0xff { // fill bytes
			pos++
		}
		if pos == len(data) {
			return nil, io.ErrUnexpectedEOF
		}
		marker := data[pos]
		pos++
		if scans > 0 {
			h.bare = append(h.bare, between...)
		}
		if marker == 0 || markerRST0 <= marker && marker <= markerRST7 {
			if scans > 0 {
				h.bare = append(h.bare, 0xff, marker)
			}
			continue
		}
		if marker == markerEOI {
			h.bare = append(h.bare, 0xff, markerEOI)
			break
		}
		if len(data)-pos < 2 {
			return nil, io.ErrUnexpectedEOF
		}
		size := int(binary.BigEndian.Uint16(data[pos:]))
		if size < 2 {
			return nil, fmt.Errorf("marker segment 0x%02x of %d bytes", marker, size)
		}
		if len(data)-pos < size {
			return nil, io.ErrUnexpectedEOF
		}
		body := data[pos+2 : pos+size]
		pos += size
		if marker == markerSOS {
			if scans++; scans > maxJPEGScans {
				return nil, fmt.Errorf("more than %d scans", maxJPEGScans)
			}
			if scans == 1 {
				h.addStandardTables()
			}
		}
		if err := h.segment(marker, body); err != nil {
			return nil, err
		}
		if markerAPP0 <= marker && marker <= markerAPPF || marker == markerCOM {
			continue
		}
		h.bare = append(h.bare, 0xff, marker, byte(size>>8), byte(size))
		h.bare = append(h.bare, body...)
	}
	if h.components == nil {
		return nil, errors.New("no frame header before the end of the image")
	}
	for _, c := range h.components {
		if !c.scanned {
			return nil, errors.New("a colour component has no scan: the picture is incomplete")
		}
	}
	return h, nil
}

func (h *jpegHeader) segment(marker byte, body []byte) error {
	switch {
	case markerSOF0 <= marker && marker <= markerSOF2:
		h.progressive = marker == markerSOF2
		return h.frame(body)
	case marker == markerDHT:
		h.noteTables(body)
	case markerSOF2 < marker && marker <= markerSOFF && marker != markerDHT && marker != markerJPG && marker != markerDAC:
		return fmt.Errorf("the coding process of frame marker 0x%02x (lossless, hierarchical or arithmetic) is not supported; convert the file to a baseline or progressive JPEG", marker)
	case marker == markerSOS:
		return h.scan(body)
	case marker == markerAPP0 && bytes.HasPrefix(body, []byte("JFIF\x00")):
		h.jfif = true
	case marker == markerAPP1 && h.exif == nil && bytes.HasPrefix(body, []byte("Exif\x00\x00")):
		h.exif = body[6:]
	case marker == markerAPPE && len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")):
		h.adobe, h.transform = true, body[11]
	}
	return nil
}

func (h *jpegHeader) frame(body []byte) error {
	if h.components != nil {
		return errors.New("more than one frame header")
	}
	if len(body) < 6 || len(body) != 6+3*int(body[5]) {
		return errors.New("frame header of a wrong length")
	}
	h.height = int(binary.BigEndian.Uint16(body[1:]))
	h.width = int(binary.BigEndian.Uint16(body[3:]))
	for b := body[6:]; len(b) > 0; b = b[3:] {
		h.components = append(h.components, jpegComponent{id: b[0], h: int(b[1] >> 4), v: int(b[1] & 15)})
	}
	return nil
}

func (h *jpegHeader) scan(body []byte) error {
	if len(body) < 1 || len(body) < 1+2*int(body[0]) {
		return errors.New("scan header of a wrong length")
	}
	for b := body[1 : 1+2*int(body[0])]; len(b) > 0; b = b[2:] {
		for i := range h.components {
			if h.components[i].id == b[0] {
				h.components[i].scanned = true
			}
		}
	}
	return nil
}

// isRGB says whether three components are red, green and blue rather than
// YCbCr, by the rules of libjpeg's default_decompress_parms (jdapimin.c).
func (h *jpegHeader) isRGB() bool {
	switch {
	case h.jfif:
		return false
	case h.adobe:
		return h.transform == 0
	}
	c := h.components
	return c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B'
}

// isYCCK says the same of four components: YCCK rather than CMYK.
func (h *jpegHeader) isYCCK() bool { return h.adobe && h.transform != 0 }
