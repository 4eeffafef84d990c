package images

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/png"
	"io"
)

// pngMagic is the signature before a PNG file's first chunk.
const pngMagic = "\x89PNG\r\n\x1a\n"

func decodePNG(data []byte, check sizeCheck) (*image.NRGBA, int, error) {
	exif, colours, err := scanPNG(data)
	if err != nil {
		return nil, 0, err
	}
	if b := data[len(pngMagic):]; len(b) >= 16 { // the first chunk's length and name, width, height
		if err := check(int(binary.BigEndian.Uint32(b[8:])), int(binary.BigEndian.Uint32(b[12:]))); err != nil {
			return nil, 0, err
		}
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, 0, err
	}
	if m, ok := img.(*image.Paletted); ok {
		// image/png takes indices beyond the palette for black; PIL, for grey.
		for i := colours; i < len(m.Palette); i++ {
			m.Palette[i] = color.NRGBA{byte(i), byte(i), byte(i), 0xff}
		}
	}
	return opaque(img), exifOrientation(exif), nil
}

// scanPNG returns the body of a PNG file's eXIf chunk, or nil, and the number of
// its palette's colours, having seen that all chunks are there up to the one that
// ends the file.
func scanPNG(data []byte) (exif []byte, colours int, err error) {
	for b := data[len(pngMagic):]; len(b) >= 12; {
		size := int64(binary.BigEndian.Uint32(b))
		if size > int64(len(b)-12) {
			break
		}
		switch string(b[4:8]) {
		case "eXIf":
			exif = b[8 : 8+size]
		case "PLTE":
			colours = int(size / 3)
		case "IEND":
			return exif, colours, nil
		}
		b = b[12+size:]
	}
	return nil, 0, io.ErrUnexpectedEOF
}
